import CVImage
import CVModels
import CVNN
import CVStyle
import CVTensor
import CVWeights
import Foundation
import TestSupport
import Testing

/// The losses of 50 steps compared with PyTorch's: `Tools/golden.py style`.
@Suite struct StyleOptimizationTests {
    private let content = StyleFixture.image(seed: 1, width: 40, height: 32)
    private let style = StyleFixture.image(seed: 3, width: 32, height: 36)

    /// Compares the total at each of 50 steps, and each term in the first `terms` of them.
    private func compare(_ name: String, _ objective: StyleObjective, _ start: Image, terms: Int = 50) throws {
        let expected = try #require(try StyleGolden.read().descents.first { $0.name == name }).losses
        let optimization = StyleOptimization(
            OptimizedImage(start.unitTensor), objective, StyleFixture.options(), steps: expected.count
        ) { _, _, _ in true }
        try optimization.optimize()
        #expect(optimization.losses.count == 50)
        for (step, (found, row)) in zip(optimization.losses, expected).enumerated() {
            let values = [found.content, found.style, found.variation, found.total]
            for (value, number) in Array(zip(values, row)).dropFirst(step < terms ? 0 : 3) {
                #expect(abs(value - number) <= 1e-3 * number, "\(name), step \(step): \(values), expected \(row)")
            }
        }
    }

    private func smallObjective(_ pooling: VGGFeatures.Pooling) throws -> StyleObjective {
        var options = StyleFixture.options()
        (options.contentWeight, options.styleWeight, options.variationWeight) = (0.05, 1, 1)
        return StyleObjective(
            try StyleFixture.network(through: "conv3_2", pooling: pooling), content: content,
            styles: [StyleSource(style)], options)
    }

    @Test("style optimization: the losses of 50 steps match PyTorch") func fiftyStepsAreThoseOfPyTorch() throws {
        try compare("max", smallObjective(.max), content)
        try compare("average", smallObjective(.average), content)
    }

    @Test("style optimization: the losses of 50 steps with vgg16-hed match PyTorch")
    func fiftyStepsWithTheShippedWeightsAreThoseOfPyTorch() throws {
        let path = packageFolder.appending(path: "Weights/vgg16-hed.safetensors").path
        let file = try Safetensors(path: path)
        let network = StyleNetwork(
            try VGGFeatures.load(.vgg16, through: "conv4_2", pooling: .average, from: file.stateDictionary()),
            try WeightsMetadata(file.metadata).preprocessing)
        func image(_ name: String, _ width: Int, _ height: Int) throws -> Image {
            try Image(contentsOf: packageFolder.appending(path: "SampleImages/\(name)").path)
                .resized(width: width, height: height, filter: .bicubic)
        }
        var options = StyleOptions()
        (options.contentWeight, options.styleWeight, options.variationWeight) = (0.05, 1, 1)
        options.contentLayers = [StyleLayer("conv4_2")]
        options.styleLayers = ["conv1_1", "conv2_1", "conv3_1", "conv4_1"].map { StyleLayer($0) }
        let portrait = try image("portrait.jpg", 48, 48)
        let objective = StyleObjective(
            network, content: portrait, styles: [StyleSource(try image("coffee.jpg", 48, 32))], options)
        // Adam amplifies rounding errors to full steps: after about 30 of them single terms differ by up to 2e-3.
        try compare("vgg16-hed", objective, portrait, terms: 30)
    }

    @Test("style objective: gradient matches finite differences", arguments: VGGFeatures.Pooling.allCases)
    func theGradientWithRespectToPixelsIsTheSlope(pooling: VGGFeatures.Pooling) throws {
        let objective = try smallObjective(pooling)
        // Small steps: across the kink of a ReLU or of a maximum the slope differs.
        let start = seededTensor(seed: 11, content.unitTensor.shape) * 0.2 + 0.5
        checkGradient(of: [start], step: 5e-4, tolerance: 2e-2) { objective($0[0]).total * 100 }
    }

    @Test("style optimization: L-BFGS decreases the loss and reports why it stopped") func lbfgsDecreasesTheLoss()
        throws
    {
        var options = StyleFixture.options()
        options.optimizer = .lbfgs
        let optimization = StyleOptimization(
            OptimizedImage(content.unitTensor), try smallObjective(.max), options, steps: 12
        ) { _, _, _ in true }
        try optimization.optimize()
        #expect(optimization.reason == LBFGS.Reason.iterations.rawValue)
        #expect(optimization.losses.count == 12)
        #expect(optimization.losses[11].total < 0.3 * optimization.losses[0].total)
    }

    @Test("style optimization: L-BFGS stops on request") func lbfgsStopsOnRequest() throws {
        var options = StyleFixture.options()
        options.optimizer = .lbfgs
        let optimization = StyleOptimization(
            OptimizedImage(content.unitTensor), try smallObjective(.max), options, steps: 12
        ) { step, _, _ in step < 3 }
        try optimization.optimize()
        #expect(optimization.wasStopped && optimization.losses.count == 3)
        #expect(optimization.reason == LBFGS.Reason.stopped.rawValue)
    }
}
