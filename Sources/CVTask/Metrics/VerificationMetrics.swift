import CVCore
import CVModels

/// How well a network tells whether two images show the same person: of pairs with known answers.
///
/// ```swift
/// let metrics = VerificationMetrics(distances: distances, isSame: isSame, measure: .euclidean)
/// print(metrics.roc.area, metrics.roc.equalError.rate, metrics.folded?.mean ?? .nan)
/// ```
public struct VerificationMetrics: Sendable {
    /// What the distances are.
    public let measure: EmbeddingMeasure
    /// Right and wrong acceptances at all thresholds.
    public let roc: ROCCurve
    /// The accuracy with thresholds that are chosen on the other folds; nil if there are too few people for folds.
    public let folded: FoldedAccuracy?
    /// All images with their people; nil if the pairs are those of a list.
    public let identities: IdentityDistances?

    /// The fractions of wrong acceptances at which right ones are reported.
    public static let falseAcceptRates = [1e-2, 1e-3, 1e-4]

    /// The metrics of a list of pairs.
    ///
    /// - Parameters:
    ///   - distances: of the pairs; finite.
    ///   - isSame: whether each pair is of the same person; both kinds must occur.
    ///   - folds: the fold of each pair; nil for ten parts of the list in its order, as LFW's list has them.
    ///   - measure: what the distances are.
    public init(distances: [Double], isSame: [Bool], folds: [Int]? = nil, measure: EmbeddingMeasure) {
        (self.measure, identities) = (measure, nil)
        roc = ROCCurve(distances: distances, isSame: isSame)
        decidability = Self.decidability(distances, isSame, measure)
        folded = FoldedAccuracy(
            distances: distances, isSame: isSame, folds: folds ?? Self.consecutiveFolds(isSame.count))
    }

    /// The metrics of all pairs of a set of images.
    ///
    /// - Parameters:
    ///   - identities: the images, of two people or more, of whom one has two images or more.
    ///   - measure: what the distances are.
    ///   - seed: of the folds: people are divided among them, and of each as many pairs of different people are drawn as there
    ///     are of the same; nil for no folds.
    public init(_ identities: IdentityDistances, measure: EmbeddingMeasure, foldSeed seed: UInt64? = nil) {
        (self.measure, self.identities) = (measure, identities)
        let (distances, isSame) = identities.pairs
        roc = ROCCurve(distances: distances, isSame: isSame)
        decidability = Self.decidability(distances, isSame, measure)
        folded = seed.flatMap { identities.foldedAccuracy(seed: $0) }
    }

    /// The decidability d′ (Daugman 2000): how far the mean distances of the two kinds of pairs are apart, in units of their
    /// deviations, √((σ₁² + σ₂²) / 2). Unlike the area under the curve, it still grows where no pair is on the wrong side.
    public let decidability: Double

    /// The threshold that decides: the mean of those of the folds, or else that of equal errors.
    public var threshold: Double { folded?.threshold ?? roc.equalError.threshold }

    /// Of probabilities their logits count: near 0 and 1 they are as good as equal.
    private static func decidability(_ distances: [Double], _ isSame: [Bool], _ measure: EmbeddingMeasure) -> Double {
        let least = 1e-12
        let values =
            measure == .probability
            ? distances.map { log(max($0, least)) - log(max(1 - $0, least)) } : distances
        func moments(_ same: Bool) -> (mean: Double, variance: Double) {
            let mine = zip(values, isSame).filter { $0.1 == same }.map(\.0)
            let mean = mine.reduce(0, +) / Double(mine.count)
            return (mean, mine.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(mine.count))
        }
        let (same, different) = (moments(true), moments(false))
        let deviation = ((same.variance + different.variance) / 2).squareRoot()
        return deviation > 0 ? (different.mean - same.mean) / deviation : 0
    }

    /// Ten folds of consecutive pairs, the first ones larger by one where it does not come out even, as scikit-learn's `KFold`;
    /// fewer folds for fewer pairs.
    private static func consecutiveFolds(_ count: Int) -> [Int] {
        let folds = min(IdentityDistances.mostFolds, count)
        return (0..<folds).flatMap { fold in
            [Int](repeating: fold, count: count / folds + (fold < count % folds ? 1 : 0))
        }
    }
}

extension IdentityDistances {
    /// As many as LFW has.
    static let mostFolds = 10

    /// The accuracy over folds of people: nobody is in two of them, and pairs across folds do not count.
    ///
    /// - Parameter seed: another one gives other folds.
    /// - Returns: nil for fewer than four people.
    func foldedAccuracy(seed: UInt64) -> FoldedAccuracy? {
        let present = Set(people).sorted()
        let count = min(Self.mostFolds, present.count / 2)
        guard count > 1 else { return nil }
        let order = Self.shuffled(present, seed: seed)
        let folds = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0 % count) })
        var same = [[Double]](repeating: [], count: count)
        var different = same
        for a in people.indices {
            for b in people.indices[(a + 1)...] where folds[people[a]] == folds[people[b]] {
                let fold = folds[people[a]] ?? 0
                if people[a] == people[b] { same[fold].append(self[a, b]) } else { different[fold].append(self[a, b]) }
            }
        }
        var distances: [Double] = []
        var (isSame, numbers): ([Bool], [Int]) = ([], [])
        for fold in 0..<count {
            let drawn = Self.shuffled(Array(different[fold].indices), seed: seed &+ UInt64(fold + 1))
                .prefix(same[fold].count)
            distances += same[fold] + drawn.map { different[fold][$0] }
            isSame += same[fold].map { _ in true } + drawn.map { _ in false }
            numbers += [Int](repeating: fold, count: same[fold].count + drawn.count)
        }
        return isSame.isEmpty ? nil : FoldedAccuracy(distances: distances, isSame: isSame, folds: numbers)
    }

    /// Different numbers in an order that depends on the seed alone.
    private static func shuffled(_ numbers: [Int], seed: UInt64) -> [Int] {
        numbers.map { (number: $0, key: SplitMix64.number(UInt64($0), seed: seed)) }
            .sorted { ($0.key, $0.number) < ($1.key, $1.number) }.map(\.number)
    }
}

/// The errors of a search in a database (1:K) at a threshold.
public struct DatabaseErrors: Sendable, Equatable {
    /// The number of people in the database, K.
    public let size: Int
    /// Distances of at most this are accepted.
    public let threshold: Double
    /// How often a stranger is recognized as somebody in the database.
    public let strangerAcceptRate: Double
    /// Whether that was measured with images of K other people; else it is computed from the rate of one pair, as if pairs were
    /// independent: 1 - (1 - FAR)^K.
    public let isMeasured: Bool
    /// How often somebody in the database is not recognized, or recognized as another; nil if there are fewer than K people.
    public let missRate: Double?
}

extension VerificationMetrics {
    /// The errors of a search among `size` people, of whom one image each is known.
    ///
    /// - Parameters:
    ///   - size: the number of people in the database, 1 or more.
    ///   - threshold: distances of at most this are accepted.
    /// - Returns: measured if there are as many people, else computed.
    public func databaseErrors(size: Int, threshold: Double) -> DatabaseErrors {
        let measured = identities?.strangerAcceptRate(databaseSize: size, threshold: threshold)
        // ln(1 - FAR), so that small rates keep their digits.
        let rate = roc.point(at: threshold).falseAcceptRate
        let computed = rate < 1 ? -expm1(Double(size) * log1p(-rate)) : 1
        return DatabaseErrors(
            size: size, threshold: threshold, strangerAcceptRate: measured ?? computed, isMeasured: measured != nil,
            missRate: identities?.missRate(databaseSize: size, threshold: threshold))
    }
}
