import CVCore

/// What a picture is for.
public enum DatasetPart: String, Sendable, CaseIterable {
    /// To learn from.
    case train
    /// Held back while developing: to choose among trainings.
    case validation = "dev"
    /// Looked at once, at the end.
    case test
}

/// What the division of a set into parts depends on.
package protocol DividedItem {
    /// What the lots are drawn with.
    var name: String { get }
    /// Each class is divided for itself.
    var label: Int { get }
    /// The part that it belongs to in any case; nil where the lots decide.
    var part: DatasetPart? { get }
}

extension ClassificationDataset.Item: DividedItem {}

/// Places in a list of pictures, ascending, each in one part.
public struct DatasetSplit: Sendable, Equatable {
    public internal(set) var train: [Int] = []
    public internal(set) var validation: [Int] = []
    public internal(set) var test: [Int] = []
}

extension DatasetSplit {
    /// Divides the pictures of each class by lot.
    ///
    /// A picture's lot is the SHA-256 of "<seed>:<name>": within its class, the fraction `holdout` with the lowest
    /// goes to dev, the next `test` to test, the rest to train. So the parts do not depend on the order of files or
    /// on any generator, and other programs can find the same ones (`held_out` in Tools/reference/resnet20.py).
    /// Numbers are rounded to the nearest, halves to even, and every class keeps at least one picture in train.
    ///
    /// Where a list says which part a picture is in, that counts: only pictures it says nothing of, or has in train, are
    /// drawn, and only for parts that the list leaves empty.
    ///
    /// - Throws: `DatasetError` when a part that is asked for stays empty, since all classes are too small.
    package init(
        _ items: [some DividedItem], classes: Int, holdout: Double, test: Double = 0, seed: UInt64, path: String
    ) throws(DatasetError) {
        precondition(
            holdout >= 0 && test >= 0 && holdout + test < 1,
            "parts of \(holdout) and \(test) held back: 0 or more each, and less than 1 together expected")
        let listed = Set(items.compactMap(\.part))
        let fractions = (
            validation: listed.contains(.validation) ? 0 : holdout, test: listed.contains(.test) ? 0 : test
        )
        var byClass = [[Int]](repeating: [], count: classes)
        for (index, item) in items.enumerated() {
            switch item.part {
            case .validation: validation.append(index)
            case .test: self.test.append(index)
            case .train, nil: byClass[item.label].append(index)
            }
        }
        for mine in byClass {
            let ranked = Self.ranked(mine, items, seed: seed)
            let validationCount = Self.count(fractions.validation, of: mine.count, atMost: mine.count - 1)
            let testCount = Self.count(fractions.test, of: mine.count, atMost: mine.count - 1 - validationCount)
            validation += ranked[..<validationCount]
            self.test += ranked[validationCount..<validationCount + testCount]
            train += ranked[(validationCount + testCount)...]
        }
        for (part, fraction, found) in [
            (DatasetPart.validation, fractions.validation, validation), (.test, fractions.test, self.test),
        ]
        where fraction > 0 && found.isEmpty {
            let largest = byClass.map(\.count).max() ?? 0
            throw DatasetError(path, .nothingHeldOut(part, fraction: fraction, largestClass: largest))
        }
        train.sort()
        validation.sort()
        self.test.sort()
    }

    private static func count(_ fraction: Double, of all: Int, atMost limit: Int) -> Int {
        max(0, min(Int((fraction * Double(all)).rounded(.toNearestOrEven)), limit))
    }

    /// By the digests, as bytes.
    private static func ranked(_ indices: [Int], _ items: [some DividedItem], seed: UInt64) -> [Int] {
        indices.map { index in
            var hash = SHA256()
            hash.update(Array("\(seed):\(items[index].name)".utf8))
            return (index: index, digest: hash.digest())
        }.sorted { $0.digest.lexicographicallyPrecedes($1.digest) }.map(\.index)
    }
}

extension ClassificationDataset {
    /// Train, dev and test, within each class by the hashes of the names; see `DecodedImages.split`.
    ///
    /// - Parameters:
    ///   - holdout: the part of each class that goes to dev, from 0 to below 1; 0 for none.
    ///   - test: the part that goes to test.
    /// - Returns: places in `items`.
    public func split(holdout: Double, test: Double = 0, seed: UInt64) throws(DatasetError) -> DatasetSplit {
        try DatasetSplit(items, classes: classes.count, holdout: holdout, test: test, seed: seed, path: path)
    }
}

extension DecodedImages {
    /// Train, dev and test, by lot within each class.
    ///
    /// A picture's lot is the SHA-256 of "<seed>:<name>": within its class, the fraction `holdout` with the lowest
    /// goes to dev, the next `test` to test, the rest to train; at least one stays in train. Where a list has its own
    /// column for the parts, that counts.
    ///
    /// - Parameters:
    ///   - holdout: the part of each class that goes to dev, from 0 to below 1; 0 for none.
    ///   - test: the part that goes to test.
    /// - Returns: places in `items`, those that decode.
    /// - Throws: `DatasetError` when a part that is asked for stays empty, since all classes are too small.
    public func split(holdout: Double, test: Double = 0, seed: UInt64) throws(DatasetError) -> DatasetSplit {
        try DatasetSplit(items, classes: classes.count, holdout: holdout, test: test, seed: seed, path: dataset.path)
    }
}
