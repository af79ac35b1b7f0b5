import CVCore
import CVImage
import CVTask
import CVTraining
import CVWeights
import Testing

/// Faces from folders and names, their batches, and their split by people.
@Suite("Face data sets") struct FaceDataTests {
    private let scratch: Scratch
    private static let size = Preprocessing(width: 4, height: 4, resize: .stretch)

    init() throws { scratch = try Scratch() }

    private func names(_ files: [String], pattern: String? = nil) throws -> [String: [String]] {
        for (index, file) in files.enumerated() { try scratch.image("names/\(file)", seed: UInt64(index)) }
        let dataset = try ImageDataset.faces(contentsOf: scratch.path + "/names", personPattern: pattern)
        let people = try #require(dataset.classes)
        return Dictionary(grouping: dataset.items, by: { people[$0.label ?? 0] }).mapValues { $0.map(\.name) }
    }

    @Test("faces: the person is what stands before the last digits of the name")
    func thePersonStandsBeforeTheDigits() throws {
        let found = try names([
            "Ada_Lovelace_01.png", "Ada_Lovelace_02.png", "Ada_Lovelace_12.png", "s1_3.png", "s1_4.png", "bob-1.png",
            "bob 2.png", "eve7.png", "Zoe.png",
        ])
        #expect(found["Ada_Lovelace"]?.count == 3)
        #expect(found["s1"] == ["s1_3.png", "s1_4.png"])
        #expect(found["bob"]?.count == 2 && found["eve"] == ["eve7.png"] && found["Zoe"] == ["Zoe.png"])
        #expect(found.count == 5)
    }

    @Test("faces: a name of digits alone says nothing, and is named")
    func aNameOfDigitsSaysNothing() throws {
        #expect {
            try names(["ada_1.png", "0002.png", "0003.png"])
        } throws: { error in
            "\(error)".contains("2 of 3 images") && "\(error)".contains("\"0002.png\"")
        }
    }

    @Test("faces: a pattern finds the person in the path, by its group or its match")
    func aPatternFindsThePerson() throws {
        let files = ["a/x_ada_1.png", "a/x_bob_1.png", "b/y_ada_1.png"]
        let byGroup = try names(files, pattern: "[xy]_([a-z]+)_")
        #expect(byGroup["ada"]?.count == 2 && byGroup["bob"]?.count == 1)
        #expect(try names(files, pattern: "^[ab]").keys.sorted() == ["a", "b"])
        #expect { try names(files, pattern: "nobody") } throws: { "\($0)".contains("3 of 3 images") }
        #expect { try names(files, pattern: "(") } throws: { "\($0)".contains("regular expression") }
    }

    @Test("faces: folders of people, and one of a single person")
    func foldersOfPeople() throws {
        try scratch.classes(["s1", "s2"], count: 3)
        #expect(try ImageDataset.faces(contentsOf: scratch.path).classes == ["s1", "s2"])
        let alone = try Scratch()
        try alone.classes(["s1"], count: 3)
        #expect { try ImageDataset.faces(contentsOf: alone.path) } throws: {
            "\($0)".contains("only the person \"s1\"") && "\($0)".contains("2 people or more")
        }
    }

    // MARK: Batches

    private func batches(
        _ counts: [Int], people: Int, images: Int, seed: UInt64 = 1, epoch: Int = 0, from step: Int = 0
    ) throws -> (steps: Int, batches: [ImageBatch]) {
        let folder = try Scratch()
        for (person, count) in counts.enumerated() {
            for index in 0..<count { try folder.image("p\(person)/\(index).png", seed: UInt64(100 * person + index)) }
        }
        let decoded = try ImageDataset.faces(contentsOf: folder.path).decoded(for: Self.size)
        let loader = BatchLoader(
            decoded, items: Array(decoded.items.indices),
            classesPerBatch: people, imagesPerClass: images, collation: ImageCollation(Self.size), seed: seed)
        let stream = loader.batches(epoch: epoch, startingAt: step)
        var found: [ImageBatch] = []
        while let batch = try stream.next() { found.append(batch) }
        return (loader.steps, found)
    }

    @Test("P×K sampling: each batch has P people with K different images, and all come equally often")
    func eachBatchHasPeopleWithImages() throws {
        let (steps, found) = try batches([6, 6, 6, 6, 6], people: 3, images: 2)
        #expect(steps == 5 && found.count == 5)
        for batch in found {
            #expect(Set(batch.items).count == 6)
            let counts = Dictionary(grouping: batch.labels, by: { $0 }).mapValues(\.count)
            #expect(counts.count == 3 && counts.values.allSatisfy { $0 == 2 })
        }
        let all = found.flatMap(\.items)
        #expect(Set(all).count == all.count)
        #expect(Dictionary(grouping: found.flatMap(\.labels), by: { $0 }).values.allSatisfy { $0.count == 6 })
    }

    @Test("P×K sampling: people with one image take no part, those with few give all they have")
    func peopleWithOneImageTakeNoPart() throws {
        let (steps, found) = try batches([1, 2, 8, 8], people: 16, images: 4)
        #expect(steps == 1)
        let counts = Dictionary(grouping: found[0].labels, by: { $0 }).mapValues(\.count)
        #expect(counts == [1: 2, 2: 4, 3: 4])
    }

    @Test("P×K sampling: depends on seed and epoch alone, and begins at any step")
    func samplingDependsOnSeedAndEpoch() throws {
        func items(seed: UInt64 = 1, epoch: Int = 0, from step: Int = 0) throws -> [[Int]] {
            try batches([6, 6, 6, 6], people: 2, images: 3, seed: seed, epoch: epoch, from: step).batches.map(\.items)
        }
        let first = try items()
        #expect(first.count == 4)
        #expect(try items() == first)
        #expect(try items(from: 2) == Array(first[2...]))
        #expect(try items(epoch: 1) != first && items(seed: 2) != first)
    }

    // MARK: Split

    private func training(_ recipe: FaceRecipe, people count: Int = 12) throws -> FaceTraining {
        try scratch.classes((0..<count).map { "p\($0)" }, count: 3, side: 8)
        var recipe = recipe
        recipe.input = .init(channels: 1, height: 16, width: 16)
        return try FaceTraining(recipe, ImageDataset.faces(contentsOf: scratch.path))
    }

    @Test("faces: nobody is both in train and in validation, at least two are held out")
    func nobodyIsInTwoParts() throws {
        for (holdout, expected) in [(0.1, 2), (0.25, 3), (0.9, 10)] {
            var recipe = FaceRecipe()
            recipe.settings.holdout = holdout
            let training = try training(recipe)
            let split = training.split
            let (train, held) = (
                Set(split.train.map { training.images.items[$0].label }),
                Set(split.validation.map { training.images.items[$0].label })
            )
            #expect(train.isDisjoint(with: held) && held.count == expected && train.count == 12 - expected)
            #expect(split.train.count + split.validation.count == 36)
        }
    }

    @Test("faces: another seed holds out other people; named people are held out; unknown names are errors")
    func namedPeopleAreHeldOut() throws {
        func held(_ change: (inout FaceRecipe) -> Void) throws -> Set<String> {
            var recipe = FaceRecipe()
            change(&recipe)
            let training = try training(recipe)
            return Set(training.split.validation.map { training.images.classes[training.images.items[$0].label!] })
        }
        #expect(try held { $0.settings.seed = 1 } == held { ($0.settings.seed, $0.settings.splitSeed) = (5, 1) })
        #expect(try (2...6).contains { seed in try held { $0.settings.seed = 1 } != held { $0.settings.seed = seed } })
        #expect(try held { $0.validationPeople = ["p3", "p10"] } == ["p3", "p10"])
        #expect { try held { $0.validationPeople = ["p3", "p99"] } } throws: { "\($0)".contains("\"p99\"") }
        #expect { try held { $0.validationPeople = (0..<11).map { "p\($0)" } } } throws: {
            "\($0)".contains("2 people or more")
        }
    }

    @Test("pairs: by names in the set or paths from the list; same is checked against the set")
    func pairsOfAList() throws {
        try scratch.classes(["s1", "s2"], count: 2)
        let dataset = try ImageDataset.faces(contentsOf: scratch.path)
        let list = try scratch.write("a,b,same,fold\ns1/00.png,s1/01.png,1,0\ns1/00.png,s2/01.png,0,1\n", to: "x.csv")
        let pairs = try FacePairs(contentsOf: list, in: dataset).pairs
        #expect(pairs.map(\.isSame) == [true, false] && pairs.map(\.fold) == [0, 1])
        let other = try Scratch()
        let paths = try other.write("a,b\n\(scratch.path)/s1/00.png,s2/00.png\n", to: "y.csv")
        #expect(try FacePairs(contentsOf: paths, in: dataset).pairs.map(\.a) == ["s1/00.png"])
        func problem(_ text: String) throws -> String {
            let path = try scratch.write(text, to: "z.csv")
            do {
                _ = try FacePairs(contentsOf: path, in: dataset)
                return ""
            } catch { return "\(error)" }
        }
        #expect(try problem("a,b,same\ns1/00.png,s2/01.png,1\n").contains("line 2"))
        #expect(try problem("a,b\ns1/00.png,s9/01.png\n").contains("\"s9/01.png\""))
        #expect(try problem("path,label\n").contains("\"a\" and \"b\""))
        #expect(try problem("a,b,same\ns1/00.png,s2/01.png,maybe\n").contains("maybe"))
        #expect(try problem("a,b\n").contains("is empty"))
    }
}
