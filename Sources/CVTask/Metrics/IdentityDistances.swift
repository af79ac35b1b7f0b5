import CVCore

/// The distances between all images of a set of people: what one-shot recognition and search in a database are measured on.
///
/// The results are expectations over all choices of people and images, computed exactly: no trial is drawn.
public struct IdentityDistances: Sendable {
    /// The person of each image, from 0.
    public let people: [Int]
    /// Of each pair of images, the first less than the second, row by row.
    private let distances: [Double]
    /// The images of each person.
    private let images: [[Int]]
    private let logFactorials: LogFactorials

    /// - Parameters:
    ///   - people: the person of each image, from 0.
    ///   - distances: those of image 0 to all after it, then those of image 1, and so on.
    public init(people: [Int], distances: [Double]) {
        precondition(
            distances.count == people.count * max(people.count - 1, 0) / 2,
            "IdentityDistances: \(distances.count) distances of \(people.count) images")
        (self.people, self.distances) = (people, distances)
        var images = [[Int]](repeating: [], count: 1 + (people.max() ?? -1))
        for (image, person) in people.enumerated() { images[person].append(image) }
        self.images = images
        logFactorials = LogFactorials(upTo: images.count)
    }

    /// The distance of two images.
    ///
    /// - Parameters:
    ///   - a: the index of an image.
    ///   - b: that of another one.
    public subscript(a: Int, b: Int) -> Double {
        let (first, second) = (min(a, b), max(a, b))
        return distances[first * people.count - first * (first + 1) / 2 + second - first - 1]
    }

    /// All pairs: their distances, and whether both images are of the same person.
    public var pairs: (distances: [Double], isSame: [Bool]) {
        let isSame = people.indices.flatMap { a in people.indices[(a + 1)...].map { people[a] == people[$0] } }
        return (distances, isSame)
    }

    /// The number of people with images.
    public var personCount: Int { images.count { !$0.isEmpty } }

    /// N-way one-shot accuracy (Lake et al. 2011): of N people one image each is known, and another image of one of them is
    /// recognized as the nearest. A tie is an error.
    ///
    /// - Parameter ways: N, 2 or more.
    /// - Returns: nil if there are not as many people, or nobody has two images.
    public func oneShotAccuracy(ways: Int) -> Double? {
        guard ways >= 2, personCount >= ways else { return nil }
        return meanOverPairs { others, distance in
            probabilityThatAllAreFarther(than: distance, others, choosing: ways - 1)
        }
    }

    /// How often a person who is not in a database of some size is recognized as somebody in it: one image each of `size` other
    /// people, the nearest of which is within the threshold.
    ///
    /// - Parameters:
    ///   - size: the number of people in the database.
    ///   - threshold: distances of at most this are accepted.
    /// - Returns: nil if there are not as many other people.
    public func strangerAcceptRate(databaseSize size: Int, threshold: Double) -> Double? {
        guard size >= 1, personCount > size else { return nil }
        let sum = people.indices.reduce(0.0) {
            $0 + 1 - probabilityThatAllAreFarther(than: threshold, others(of: $1), choosing: size)
        }
        return sum / Double(people.count)
    }

    /// How often somebody in a database is not recognized: the person's own image is not the nearest, or not within the
    /// threshold.
    ///
    /// - Parameters:
    ///   - size: the number of people in the database, the person among them.
    ///   - threshold: distances of at most this are accepted.
    /// - Returns: nil if there are not as many people, or nobody has two images.
    public func missRate(databaseSize size: Int, threshold: Double) -> Double? {
        guard size >= 1, personCount >= size else { return nil }
        return meanOverPairs { others, distance in
            distance <= threshold ? probabilityThatAllAreFarther(than: distance, others, choosing: size - 1) : 0
        }.map { 1 - $0 }
    }

    /// The mean over all images and all other images of the same person.
    private func meanOverPairs(_ value: (_ others: [[Double]], _ distance: Double) -> Double) -> Double? {
        var (sum, count) = (0.0, 0)
        for image in people.indices {
            let mine = images[people[image]].filter { $0 != image }
            if mine.isEmpty { continue }
            let others = others(of: image)
            for other in mine { sum += value(others, self[image, other]) }
            count += mine.count
        }
        return count > 0 ? sum / Double(count) : nil
    }

    /// The distances of an image to those of each other person, ascending.
    private func others(of image: Int) -> [[Double]] {
        images.indices.filter { $0 != people[image] && !images[$0].isEmpty }.map { person in
            images[person].map { self[image, $0] }.sorted()
        }
    }

    /// The probability that one image each of `chosen` other people, all drawn at random, is farther than a distance.
    ///
    /// - Parameters:
    ///   - distance: from an image.
    ///   - others: the distances from that image to those of each other person, ascending.
    ///   - chosen: how many people are drawn.
    private func probabilityThatAllAreFarther(
        than distance: Double, _ others: [[Double]], choosing chosen: Int
    ) -> Double {
        // Of each other person the fraction of images that is farther. For most it is all of them: those are only counted.
        let near = others.filter { $0[0] <= distance }.map { distances in
            1 - Double(distances.partitioningIndex { $0 > distance }) / Double(distances.count)
        }
        let means = meanProducts(near, upTo: min(near.count, chosen))
        let far = others.count - near.count
        return means.enumerated().reduce(0) { sum, term in
            guard chosen - term.offset <= far else { return sum }
            // Hypergeometric: how likely it is that so many of the near ones are among those chosen.
            let logWays =
                logFactorials.binomial(near.count, term.offset)
                + logFactorials.binomial(far, chosen - term.offset)
                - logFactorials.binomial(others.count, chosen)
            return sum + exp(logWays) * term.element
        }
    }

    /// The mean product of k of some numbers, over all choices of k of them, for k from 0.
    private func meanProducts(_ numbers: [Double], upTo most: Int) -> [Double] {
        var means = [1.0] + [Double](repeating: 0, count: most)
        for (index, number) in numbers.enumerated() {
            // Of index + 1 numbers, the last one is among k that are chosen with the probability k / (index + 1).
            for k in stride(from: min(most, index + 1), through: 1, by: -1) {
                let share = Double(k) / Double(index + 1)
                means[k] = share * number * means[k - 1] + (1 - share) * means[k]
            }
        }
        return means
    }
}

extension Array {
    /// The first index at which a predicate holds that is false first and then true.
    fileprivate func partitioningIndex(_ predicate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// ln n!, so that ratios of large binomial coefficients neither overflow nor lose digits.
private struct LogFactorials: Sendable {
    private let values: [Double]

    init(upTo most: Int) {
        var values = [0.0]
        for number in 0..<most { values.append(values[number] + log(Double(number + 1))) }
        self.values = values
    }

    func binomial(_ n: Int, _ k: Int) -> Double { values[n] - values[k] - values[n - k] }
}
