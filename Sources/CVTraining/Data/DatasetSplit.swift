import CVCore

/// The purpose of an image in a training.
public enum DatasetPart: String, Sendable, CaseIterable {
    /// To learn from.
    case train
    /// Held out while developing: to choose among trainings.
    case validation = "val"
    /// Evaluated once, at the end.
    case test

    /// A part by one of the names that data sets have for it, such as `dev` or `val`.
    ///
    /// - Parameter name: in any case.
    init?(named name: String) {
        switch name.lowercased() {
        case "train", "training": self = .train
        case "dev", "val", "valid", "validation": self = .validation
        case "test", "testing": self = .test
        default: return nil
        }
    }
}

/// Indices of a list of images, ascending, each in one part.
public struct DatasetSplit: Sendable, Equatable {
    /// The images to train on.
    public internal(set) var train: [Int] = []
    /// The images held out to choose among trainings.
    public internal(set) var validation: [Int] = []
    /// The images of the final evaluation.
    public internal(set) var test: [Int] = []

    /// The indices of a part.
    ///
    /// - Parameter part: one of the three.
    /// - Returns: ascending indices, possibly none.
    public subscript(part: DatasetPart) -> [Int] {
        switch part {
        case .train: train
        case .validation: validation
        case .test: test
        }
    }
}

extension DatasetSplit {
    /// Divides the images of each class by the hashes of their names.
    ///
    /// The hash of an image is the SHA-256 of "<seed>:<name>": within its class, the fraction `holdout` with the lowest
    /// hashes goes to validation, the next `test` to test, the rest to train. So the parts depend neither on the order of
    /// files nor on any generator, and other programs can find the same ones (`held_out` in Tools/reference/resnet20.py).
    /// Counts are rounded to the nearest, halves to even, and every class keeps at least one image in train. Images without
    /// a class are divided as those of one class.
    ///
    /// The part that a list or folder assigns to an image counts: only images that have none, or train, are divided, and
    /// only into parts that are not assigned to any image.
    ///
    /// Where images have a group, such as the person that they show, groups are divided instead, all of them as those of one
    /// class and by the hashes of "<seed>:<group>": no group is in two parts. The fractions are then those of the groups.
    ///
    /// - Parameters:
    ///   - items: the images.
    ///   - holdout: the fraction of each class that goes to validation.
    ///   - test: the fraction that goes to test.
    ///   - seed: another one gives other parts.
    ///   - path: of the data set, for the error.
    /// - Throws: `DatasetError` if a part that is asked for stays empty, since all classes are too small.
    init(
        _ items: [ImageDataset.Item], holdout: Double, test: Double = 0, seed: UInt64, path: String
    ) throws(DatasetError) {
        precondition(
            holdout >= 0 && test >= 0 && holdout + test < 1,
            "fractions of \(holdout) and \(test) held out: 0 or more each, and less than 1 together expected")
        let listed = Set(items.compactMap(\.part))
        let fractions = (
            validation: listed.contains(.validation) ? 0 : holdout, test: listed.contains(.test) ? 0 : test
        )
        let byClass = assign(items)
        let isGrouped = items.contains { $0.group != nil }
        // An image without a group is one of its own.
        let units =
            isGrouped
            ? [Self.grouped(byClass.flatMap { $0 }, items)]
            : byClass.map { $0.map { (name: items[$0].name, members: [$0]) } }
        for mine in units {
            let ranked = Self.ranked(mine, seed: seed)
            let validationCount = Self.count(fractions.validation, of: mine.count, atMost: mine.count - 1)
            let testCount = Self.count(fractions.test, of: mine.count, atMost: mine.count - 1 - validationCount)
            validation += ranked[..<validationCount].flatMap { $0 }
            self.test += ranked[validationCount..<validationCount + testCount].flatMap { $0 }
            train += ranked[(validationCount + testCount)...].flatMap { $0 }
        }
        for (part, fraction) in [(DatasetPart.validation, fractions.validation), (.test, fractions.test)]
        where fraction > 0 && self[part].isEmpty {
            let largest = units.map(\.count).max() ?? 0
            throw DatasetError(
                path,
                isGrouped
                    ? .noGroupHeldOut(part, fraction: fraction, groups: largest)
                    : .nothingHeldOut(part, fraction: fraction, largestClass: largest))
        }
        validation.sort()
        train.sort()
        self.test.sort()
    }

    /// Puts the images that are assigned to validation or test there, and returns the others by class.
    private mutating func assign(_ items: [ImageDataset.Item]) -> [[Int]] {
        var byClass = [[Int]](repeating: [], count: 1 + (items.compactMap(\.label).max() ?? 0))
        for (index, item) in items.enumerated() {
            switch item.part {
            case .validation: validation.append(index)
            case .test: test.append(index)
            case .train, nil: byClass[item.label ?? 0].append(index)
            }
        }
        return byClass
    }

    private static func count(_ fraction: Double, of all: Int, atMost limit: Int) -> Int {
        max(0, min(Int(clamping: (fraction * Double(all)).rounded(.toNearestOrEven)), limit))
    }

    /// What is held out together, with a name that decides in which part it is.
    private typealias Unit = (name: String, members: [Int])

    /// The images by their groups, in the order of their first images.
    private static func grouped(_ indices: [Int], _ items: [ImageDataset.Item]) -> [Unit] {
        var units: [Unit] = []
        var positions: [PathKey: Int] = [:]
        for index in indices {
            let name = items[index].group ?? items[index].name
            if let position = positions[PathKey(name)] {
                units[position].members.append(index)
            } else {
                positions[PathKey(name)] = units.count
                units.append((name, [index]))
            }
        }
        return units
    }

    /// The members of the units, ascending by the hashes, as bytes.
    private static func ranked(_ units: [Unit], seed: UInt64) -> [[Int]] {
        units.map { unit in
            var hash = SHA256()
            hash.update(Array("\(seed):\(unit.name)".utf8))
            return (members: unit.members, digest: hash.digest())
        }.sorted { $0.digest.lexicographicallyPrecedes($1.digest) }.map(\.members)
    }
}

extension ImageDataset {
    /// Train, validation and test, within each class by the hashes of the names; see `DecodedImages.split`.
    ///
    /// - Parameters:
    ///   - holdout: the fraction of each class that goes to validation, from 0 to below 1; 0 for none.
    ///   - test: the fraction that goes to test.
    ///   - seed: another one gives other parts.
    /// - Returns: indices of `items`.
    /// - Throws: `DatasetError` if a part that is asked for stays empty, since all classes are too small.
    public func split(holdout: Double, test: Double = 0, seed: UInt64) throws(DatasetError) -> DatasetSplit {
        try DatasetSplit(items, holdout: holdout, test: test, seed: seed, path: path)
    }
}

extension DecodedImages {
    /// Train, validation and test, within each class by the hashes of the names.
    ///
    /// The hash of an image is the SHA-256 of "<seed>:<name>": within its class, the fraction `holdout` with the lowest
    /// hashes goes to validation, the next `test` to test, the rest to train; at least one stays in train. If a list or
    /// folder assigns images to parts, that counts.
    ///
    /// - Parameters:
    ///   - holdout: the fraction of each class that goes to validation, from 0 to below 1; 0 for none.
    ///   - test: the fraction that goes to test.
    ///   - seed: another one gives other parts.
    /// - Returns: indices of `items`, those that decode.
    /// - Throws: `DatasetError` if a part that is asked for stays empty, since all classes are too small.
    public func split(holdout: Double, test: Double = 0, seed: UInt64) throws(DatasetError) -> DatasetSplit {
        try DatasetSplit(items, holdout: holdout, test: test, seed: seed, path: dataset.path)
    }
}
