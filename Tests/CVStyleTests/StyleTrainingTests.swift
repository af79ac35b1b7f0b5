import CVImage
import CVModels
import CVNN
import CVStyle
import CVTensor
import CVTraining
import CVWeights
import Foundation
import TestSupport
import Testing

/// The training of a feed-forward style network.
@Suite struct StyleTrainingTests {
    /// The output of `Tools/golden.py style-training`.
    private struct Golden: Decodable {
        let seed: UInt64
        /// Before each step: content, style, variation, total.
        let losses: [[Float]]
    }

    private static let variant = ImageTransformNet.Variant(width: 4)

    private func objective() throws -> StyleObjective {
        StyleObjective(
            try StyleFixture.network(through: "conv3_2"),
            styles: [StyleSource(StyleFixture.image(seed: 3, width: 32, height: 36))], StyleFixture.options())
    }

    /// Two images of 32 × 32.
    private var batch: Tensor {
        let images = [1, 5].map { StyleFixture.image(seed: $0, width: 32, height: 32).unitTensor }
        return Tensor(images.flatMap(\.values), shape: [2, 3, 32, 32])
    }

    @Test("style training: the losses of the first steps match PyTorch") func theFirstStepsAreThoseOfPyTorch() throws {
        let golden = try decoded("Golden/style-training.json", as: Golden.self)
        let state = seededState(ParameterSet.shapes { ImageTransformNet(Self.variant, $0) }, seed: golden.seed)
        let (network, parameters) = try ParameterSet.load({ ImageTransformNet(Self.variant, $0) }, from: state)
        let adam = Adam(parameters.trainable, learningRate: 1e-3)
        let objective = try objective()
        for (step, row) in golden.losses.enumerated() {
            parameters.clearGradients()
            let tape = Tape(.training)
            let x = tape.watch(batch)
            let (total, losses) = objective.looking(at: x)(network(x))
            for (value, expected) in zip([losses.content, losses.style, losses.variation, losses.total], row) {
                #expect(abs(value - expected) <= 1e-3 * expected, "step \(step): \(losses), expected \(row)")
            }
            tape.gradients(of: total)
            adam.step()
        }
    }

    @Test("style training objective: gradient matches finite differences")
    func theGradientWithRespectToTheImageIsTheSlope() throws {
        let objective = try objective().looking(at: batch)
        let start = seededTensor(seed: 11, batch.shape) * 0.2 + 0.5
        checkGradient(of: [start], step: 5e-4, tolerance: 2e-2) { objective($0[0]).total * 100 }
    }

    /// The loss of a batch of the same image twice is that of the image.
    @Test("style training objective: the loss of a batch is the mean of its images") func batchLossIsTheMean() throws {
        let objective = try objective()
        let (content, stylized) = (batch, seededTensor(seed: 12, [1, 3, 32, 32]) * 0.2 + 0.5)
        let one = Tensor(Array(content.values.prefix(3 * 32 * 32)), shape: [1, 3, 32, 32])
        func twice(_ x: Tensor) -> Tensor { x.broadcast(to: [2, 3, 32, 32]) }
        let alone = objective.looking(at: one)(stylized).losses
        let both = objective.looking(at: twice(one))(twice(stylized)).losses
        for (a, b) in [(alone.content, both.content), (alone.style, both.style), (alone.total, both.total)] {
            #expect(abs(a - b) < 1e-5 * a)
        }
    }

    /// A data set of files, one of which is missing.
    private func training(_ change: (inout StyleRecipe) -> Void = { _ in }) throws -> StyleTraining {
        let folder = NSTemporaryDirectory() + "style-training-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var files: [String] = []
        for number in 0..<12 {
            let path = folder + "/\(number).png"
            try StyleFixture.image(seed: UInt64(50 + number), width: 40, height: 36).write(to: path)
            files.append(path)
        }
        files.append(folder + "/missing.png")
        var recipe = StyleRecipe(style: "blocks")
        (recipe.width, recipe.size, recipe.batchSize, recipe.steps, recipe.stepsPerEpoch) = (2, 32, 3, 10, 5)
        recipe.contentLayers = [StyleLayer("conv3_2")]
        recipe.styleLayers = ["conv1_1", "conv2_1"].map { StyleLayer($0) }
        recipe.learningRate = 1e-2
        change(&recipe)
        let dataset = ImageDataset.unlabeled(files, of: folder)
        return try StyleTraining(
            recipe, StyleFixture.image(seed: 3, width: 32, height: 36), StyleTraining.decoded(recipe, dataset),
            StyleFixture.transfer)
    }

    @Test("style training: the loss decreases over epochs") func lossDecreasesOverEpochs() throws {
        let training = try self.training()
        #expect(training.images.broken.count == 1)
        #expect(training.validation.count == 1 && training.train.count == 11)
        #expect(!training.train.contains(training.validation[0]))
        // Three batches per pass over the data: epochs of five steps end within one.
        let summary = try training.trainer().run()
        #expect(summary.rows.count == 2 && summary.reason == .completed)
        #expect(summary.rows[1].loss < summary.rows[0].loss)
        #expect(summary.rows[1].metrics.names == ["loss"])
        #expect(summary.rows[1].trainingMetrics.names == ["content", "style", "variation"])
        let stylized = try training.stylizer(StyleFixture.image(seed: 60, width: 20, height: 13))
        #expect((stylized.width, stylized.height) == (20, 13))
    }

    @Test("style training: metadata and recipe describe the weights") func metadataDescribesTheWeights() throws {
        let metadata = try WeightsMetadata(try training { $0.width = 32 }.metadata)
        #expect(metadata.model == "fast-style" && metadata.task == "stylize" && metadata.labels == ["blocks"])
        let recipe = try training { $0.steps = 11 }.recipe
        #expect(recipe.epochs == 3 && recipe.json["epochs"]?.integer == 3)
        #expect(recipe.json["style_layers"]?.string == "conv1_1,conv2_1")
    }

    @Test("style training: invalid layers and style images are rejected") func invalidStylesAreRejected() throws {
        #expect(throws: StyleError.self) { try training { $0.styleLayers = [StyleLayer("conv9_1")] } }
        let made = try training()
        let dot = Image(width: 3, height: 3, fill: .white)
        #expect(throws: StyleError.tooSmall(.style(0), width: 3, height: 3, minimum: 8, layer: "conv3_2")) {
            try StyleTraining(made.recipe, dot, made.images, StyleFixture.transfer)
        }
        let plain = Image(width: 30, height: 30, fill: .white)
        #expect(throws: StyleError.oneColor(.style(0))) {
            try StyleTraining(made.recipe, plain, made.images, StyleFixture.transfer)
        }
    }
}
