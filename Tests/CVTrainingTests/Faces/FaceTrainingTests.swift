import CVCore
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVTraining
import CVWeights
import TestSupport
import Testing

/// Trainings of a few steps on drawn faces.
@Suite("Training of siamese networks", .serialized) struct FaceTrainingTests {
    private let scratch: Scratch
    private let dataset: ImageDataset

    init() throws {
        scratch = try Scratch()
        for person in 0..<6 {
            for index in 0..<4 {
                let image = drawnFace(person: person, index: index, side: 16)
                try scratch.write(image.encoded(as: .png()), to: "p\(person)/\(index).png")
            }
        }
        dataset = try ImageDataset.faces(contentsOf: scratch.path)
    }

    private func recipe(_ loss: FaceLoss, epochs: Int = 4) -> FaceRecipe {
        var recipe = FaceRecipe(loss)
        recipe.input = .init(channels: 1, height: 16, width: 16)
        (recipe.peoplePerBatch, recipe.imagesPerPerson) = (4, 3)
        recipe.settings.epochs = epochs
        recipe.settings.warmup = 0
        return recipe
    }

    @Test("faces: every loss trains, and its weights load as an embedder", arguments: FaceLoss.allCases)
    func everyLossTrains(_ loss: FaceLoss) throws {
        let training = try FaceTraining(recipe(loss, epochs: 12), dataset)
        let (best, metadata) = (scratch.path + "/\(loss).safetensors", training.metadata)
        let trainer = training.trainer(files: TrainingFiles(best: best, bestMetadata: { _ in metadata }))
        let rows = try trainer.run().rows
        #expect(rows.last!.loss < rows[0].loss, "\(rows.map(\.loss))")
        #expect(rows.allSatisfy { $0.metrics.names == ["AUC", "EER", "decidability", "threshold"] })
        let embedder = try ImageEmbedder(best)
        #expect(embedder.name == training.recipe.model)
        #expect(embedder.network.measure == ([.logistic, .chiSquared].contains(loss) ? .probability : .euclidean))
        // The distance of an image from itself is the least.
        let faces = (0..<2).map { drawnFace(person: $0, index: 0, side: 16) }
        let (same, other) = (try embedder.distance(faces[0], faces[0]), try embedder.distance(faces[0], faces[1]))
        #expect(same < other)
        #expect(try embedder.distance(faces[1], faces[0]) == other)
        #expect(ModelFile.isWhole(best))
    }

    @Test("faces: interrupted and resumed is as uninterrupted, to the bit", arguments: [FaceLoss.triplet, .arcFace])
    func resumedIsAsUninterrupted(_ loss: FaceLoss) throws {
        var recipe = recipe(loss)
        if loss == .triplet { recipe.mining = .random }
        let whole = try FaceTraining(recipe, dataset)
        let rows = try whole.trainer().run().rows.map { [$0.loss] + $0.metrics.map(\.value) }
        let checkpoint = scratch.path + "/\(loss)-checkpoint.safetensors"
        let first = try FaceTraining(recipe, dataset)
        var steps = 0
        let interrupted = try first.trainer(files: TrainingFiles(checkpoint: checkpoint)).run(
            shouldStop: { steps >= 3 }, onEvent: { if case .step = $0 { steps += 1 } })
        #expect(interrupted.reason == .interrupted)
        let second = try FaceTraining(recipe, dataset)
        let trainer = second.trainer(files: TrainingFiles(checkpoint: checkpoint))
        try trainer.resume(from: checkpoint)
        #expect(try trainer.run().rows.map { [$0.loss] + $0.metrics.map(\.value) } == rows)
        for (a, b) in zip(whole.parameters, second.parameters) {
            #expect(a.value.values == b.value.values, "\(a.name)")
        }
    }

    @Test("faces: the last epoch is kept; with a patience the one of the highest decidability")
    func theLastEpochIsKept() throws {
        let last = try FaceTraining(recipe(.triplet, epochs: 6), dataset).trainer().run()
        #expect(last.best?.epoch == 6)
        var all = recipe(.triplet, epochs: 6)
        all.settings.holdout = 0
        #expect(try FaceTraining(all, dataset).trainer().run().best?.epoch == 6)
        var patient = recipe(.triplet, epochs: 6)
        patient.settings.patience = 6
        let summary = try FaceTraining(patient, dataset).trainer().run()
        let decidability = summary.rows.map { $0.metrics["decidability"] ?? .nan }
        #expect(summary.best?.metrics["decidability"] == decidability.max())
        // The epochs are the same: the weights that are kept are another choice among them.
        #expect(decidability == last.rows.map { $0.metrics["decidability"] ?? .nan })
    }

    @Test("faces: the weights that are evaluated and kept are averages")
    func averagesAreKept() throws {
        #expect(FaceRecipe(.logistic).averageDecay == 0.98)
        let path = scratch.path + "/average.safetensors"
        let training = try FaceTraining(recipe(.triplet), dataset)
        let trainer = training.trainer(files: TrainingFiles(best: path))
        let row = try #require(try trainer.run().best)
        let average = try #require(trainer.average).stateDictionary
        let kept = try Safetensors(path: path).stateDictionary()
        #expect(kept["branch2.fc.weight"]?.values == average["branch2.fc.weight"]?.values)
        #expect(kept["branch2.fc.weight"]?.values != training.parameters["branch2.fc.weight"]?.value.values)
        try training.parameters.load(kept)
        #expect(try training.evaluate(training.split.validation).roc.area == row.metrics["AUC"])
    }

    @Test("faces: a checkpoint of another loss or other people is refused")
    func aCheckpointOfOtherSettingsIsRefused() throws {
        let checkpoint = scratch.path + "/checkpoint.safetensors"
        let files = TrainingFiles(checkpoint: checkpoint)
        try FaceTraining(recipe(.triplet, epochs: 1), dataset).trainer(files: files).run()
        let changes: [(inout FaceRecipe) -> Void] = [
            { $0.margin = 0.77 }, { $0.mining = .hardest }, { $0.squared = false },
        ]
        for change in changes {
            var other = recipe(.triplet, epochs: 1)
            change(&other)
            #expect(throws: TrainingError.self) { try FaceTraining(other, dataset).trainer().resume(from: checkpoint) }
        }
        try FaceTraining(recipe(.triplet, epochs: 1), dataset).trainer().resume(from: checkpoint)
    }

    @Test("faces: the recipe has all that the losses depend on")
    func theRecipeIsWhole() {
        var recipe = FaceRecipe(.triplet)
        (recipe.validationPeople, recipe.personPattern) = (["a", "b"], "x(.)")
        #expect(recipe.batchSize == recipe.peoplePerBatch * recipe.imagesPerPerson)
        let json = recipe.json
        #expect(json["task"]?.string == "faces" && json["model"]?.string == "siamese-small")
        #expect(json["alignment"] == nil)
        recipe.alignment = .tight
        #expect(recipe.json["alignment"]?.string == "tight")
        #expect(json["mining"]?.string == "semi-hard" && json["squared"]?.bool == true)
        #expect(json["val_persons"]?.array?.count == 2 && json["person_pattern"]?.string == "x(.)")
        #expect(FaceRecipe(.logistic).json["margin"] == nil && FaceRecipe(.logistic).model == "siamese-small-logistic")
        #expect(FaceRecipe(.chiSquared).model == "siamese-small-chi-squared")
    }

    @Test("faces: too few people or images are errors that say so")
    func tooFewAreErrors() throws {
        let few = try Scratch()
        for person in 0..<3 { try few.image("p\(person)/0.png", width: 16, height: 16, seed: UInt64(person)) }
        let set = try ImageDataset.faces(contentsOf: few.path)
        #expect { try FaceTraining(recipe(.triplet), set) } throws: { "\($0)".contains("two images") }
        let images = try FaceTraining.decoded(recipe(.triplet), set)
        let embedder = ImageEmbedder(
            try FaceTraining(recipe(.triplet), dataset).network, name: "x", preprocessing: images.preprocessing)
        #expect(throws: DatasetError.self) { try embedder.evaluate(images, items: [0, 1, 2]) }
    }
}

extension ModelFile {
    /// Whether every check of the file passes.
    fileprivate static func isWhole(_ path: String) -> Bool { (try? verify(path: path).isOK) == true }
}

/// A face of a person, drawn: the places of eyes and mouth are the person's, the light is the image's.
func drawnFace(person: Int, index: Int, side: Int) -> Image {
    var own = SplitMix64(seed: 77, stream: person)
    let (eyes, apart, mouth, skin) = (own.uniform(), own.uniform(), own.uniform(), own.uniform())
    var random = SplitMix64(seed: UInt64(person), stream: index)
    let light = 20 * random.uniform()
    let size = Float(side)
    var pixels: [UInt8] = []
    for row in 0..<side {
        for column in 0..<side {
            let (x, y) = (abs(Float(column) + 0.5 - size / 2) / size, (Float(row) + 0.5) / size)
            let isEye = abs(x - 0.12 - 0.2 * apart) < 0.08 && abs(y - 0.2 - 0.2 * eyes) < 0.07
            let isMouth = x < 0.15 + 0.15 * mouth && abs(y - 0.7 - 0.15 * mouth) < 0.06
            let level = (isEye || isMouth ? 30 : 110 + 80 * skin) + light + 12 * random.uniform()
            pixels += [UInt8](repeating: UInt8(clamping: level), count: 3)
        }
    }
    return Image(width: side, height: side, format: .rgb, pixels: pixels)
}
