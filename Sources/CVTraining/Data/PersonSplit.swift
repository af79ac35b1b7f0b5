import CVCore

extension DatasetSplit {
    /// Divides the images by people: nobody is in two parts, so that validation is on people that the network has never seen.
    ///
    /// The hash of a person is the SHA-256 of "<seed>:<name>": the fraction `holdout` of the people with the lowest hashes goes
    /// to validation, at least two of them. The part that a list assigns to images counts.
    ///
    /// - Parameters:
    ///   - images: with people as classes.
    ///   - holdout: the fraction of the people that goes to validation; 0 for none.
    ///   - seed: another one gives other people.
    /// - Throws: `DatasetError` if a list assigns images of a person to two parts, or a part has too few people.
    init(people images: DecodedImages, holdout: Double, seed: UInt64) throws(DatasetError) {
        let assigned = try Self.assignedParts(images)
        var held = Set(assigned.compactMap { $0.value == .validation ? $0.key : nil })
        let free = Set(images.items.compactMap(\.label)).filter { assigned[$0] ?? .train == .train }
        if held.isEmpty, holdout > 0 {
            let ranked = free.map { (person: $0, digest: Self.hash(images.classes[$0], seed)) }
                .sorted { $0.digest.lexicographicallyPrecedes($1.digest) }
            let count = Int(clamping: (holdout * Double(free.count)).rounded(.toNearestOrEven))
            held = Set(ranked.prefix(max(2, min(count, free.count - 2))).map(\.person))
        }
        try self.init(images, held: held, tested: Set(assigned.compactMap { $0.value == .test ? $0.key : nil }))
    }

    /// Divides the images by people, of whom some are named for validation.
    ///
    /// - Parameters:
    ///   - images: with people as classes.
    ///   - names: the people to hold out.
    /// - Throws: `DatasetError` for a name that is not there, or if a part has too few people.
    init(people images: DecodedImages, holdingOut names: [String]) throws(DatasetError) {
        let classes = images.classes
        let unknown = names.filter { !classes.contains($0) }
        guard unknown.isEmpty else {
            throw DatasetError(
                images.dataset.path, .unknownPeople(unknown, nearest: nearestName(to: unknown[0], in: classes)))
        }
        try self.init(images, held: Set(names.compactMap { classes.firstIndex(of: $0) }), tested: [])
    }

    private init(_ images: DecodedImages, held: Set<Int>, tested: Set<Int>) throws(DatasetError) {
        self.init()
        for (index, item) in images.items.enumerated() {
            guard let person = item.label else { continue }
            if held.contains(person) {
                validation.append(index)
            } else if tested.contains(person) {
                test.append(index)
            } else {
                train.append(index)
            }
        }
        try Self.check(images, train, .train)
        if !held.isEmpty { try Self.check(images, validation, .validation) }
    }

    /// Pairs of the same person and of different people are needed.
    private static func check(_ images: DecodedImages, _ items: [Int], _ part: DatasetPart) throws(DatasetError) {
        let counts = items.reduce(into: [Int: Int]()) { $0[images.items[$1].label ?? 0, default: 0] += 1 }
        let pairs = counts.values.count { $0 > 1 }
        // To train on, each person in a batch needs two images.
        guard counts.count >= 2, pairs >= (part == .train ? 2 : 1) else {
            throw DatasetError(images.dataset.path, .tooFewPairs(part, people: counts.count, withPairs: pairs))
        }
    }

    /// The parts of people whose images a list assigns to one.
    private static func assignedParts(_ images: DecodedImages) throws(DatasetError) -> [Int: DatasetPart] {
        var parts: [Int: DatasetPart] = [:]
        for item in images.items {
            guard let person = item.label else { continue }
            let part = item.part ?? .train
            if let other = parts.updateValue(part, forKey: person), other != part {
                throw DatasetError(
                    images.dataset.path, .personInTwoParts(images.classes[person], [other, part]))
            }
        }
        return parts
    }

    private static func hash(_ name: String, _ seed: UInt64) -> [UInt8] {
        var hash = SHA256()
        hash.update(Array("\(seed):\(name)".utf8))
        return Array(hash.digest())
    }
}
