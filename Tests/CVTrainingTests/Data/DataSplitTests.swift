import CVNN
import CVTraining
import CVWeights
import Testing

@Suite struct DataSplitTests {
    /// In the order of their hashes: `sorted(names, key=lambda n: hashlib.sha256(f"{seed}:{n}".encode()).digest())`
    /// of Python, for cat/00.png to cat/09.png, and for dogs.
    private static let ranked: [UInt64: [[Int]]] = [
        1: [[1, 6, 4, 5, 3, 0, 2, 8, 7, 9], [1, 2, 7, 4, 3, 8, 6, 0, 9, 5]],
        2: [[0, 6, 2, 4, 8, 1, 5, 3, 7, 9], [1, 8, 3, 9, 7, 4, 6, 0, 5, 2]],
    ]

    @Test("data set split: the lowest hashes of each class are held out", arguments: [1, 2] as [UInt64])
    func theLowestHashesOfEachClassAreHeldOut(seed: UInt64) throws {
        let scratch = try Scratch()
        try scratch.classes(["cat", "dog"], count: 10)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        let split = try dataset.split(holdout: 0.3, test: 0.2, seed: seed)
        func expected(_ range: Range<Int>) -> [Int] {
            Self.ranked[seed]!.enumerated().flatMap { label, order in order[range].map { 10 * label + $0 } }.sorted()
        }
        #expect(split.validation == expected(0..<3))
        #expect(split.test == expected(3..<5))
        #expect(split.train == expected(5..<10))
        let names = split.validation.map { dataset.items[$0].name }
        if seed == 1 {
            #expect(names == ["cat/01.png", "cat/04.png", "cat/06.png", "dog/01.png", "dog/02.png", "dog/07.png"])
        }
        // Decoded images are divided in the same way.
        let images = try dataset.decoded(for: Preprocessing(width: 4, height: 4, resize: .stretch))
        #expect(try images.split(holdout: 0.3, test: 0.2, seed: seed) == split)
    }

    /// Python's `round`: 0.25 · 10 is 2, not 3.
    @Test("data set split: halves are rounded to even") func halvesAreRoundedToEven() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 10)
        let split = try ImageDataset.classification(contentsOf: scratch.path).split(holdout: 0.25, seed: 5)
        #expect(split.validation.count == 4 && split.train.count == 16 && split.test.isEmpty)
    }

    @Test("data set split: every class keeps an image to train on") func everyClassKeepsAnImageToTrainOn() throws {
        let scratch = try Scratch()
        try scratch.classes(["large"], count: 10)
        try scratch.classes(["small"], count: 1)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        let split = try dataset.split(holdout: 0.6, test: 0.39, seed: 1)
        #expect(split.validation.count == 6 && split.test.count == 3)
        #expect(Set(split.train.map { dataset.items[$0].label }) == [0, 1])
        #expect(try dataset.split(holdout: 0, seed: 1).train == Array(0..<11))
    }

    @Test("data set split: a part that stays empty is an error") func aPartThatStaysEmptyIsAnError() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 4)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        #expect(throws: DatasetError(scratch.path, .nothingHeldOut(.validation, fraction: 0.1, largestClass: 4))) {
            try dataset.split(holdout: 0.1, seed: 1)
        }
    }

    /// A column of the list counts; what it leaves empty is drawn from the rest.
    @Test("data set split: a list may say which part an image is in") func aListMaySayWhichPartAnImageIsIn() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 6)
        let parts = ["train", "test", "", "train", "Training", "testing"]
        let rows = ["a", "b"].flatMap { label in (0..<6).map { "\(label)/0\($0).png,\(label),\(parts[$0])" } }
        let list = try scratch.write("path,label,split\n" + rows.joined(separator: "\n"), to: "list.csv")
        let split = try ImageDataset.classification(contentsOf: list).split(holdout: 0.5, test: 0.3, seed: 3)
        #expect(split.test == [1, 5, 7, 11])
        #expect(split.validation.count == 4 && split.train.count == 4)
        #expect(Set(split.train + split.validation + split.test).count == 12)
    }
}
