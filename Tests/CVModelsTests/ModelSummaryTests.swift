import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct ModelSummaryTests {
    private struct Counted: Decodable {
        let input: [Int], parameters: Int, multiplyAdds: Int
    }

    /// Made by `Tools/golden.py summaries`, which counts while PyTorch's networks run.
    @Test("summary: parameters and multiply-adds match PyTorch") func parametersAndMultiplyAddsAreThoseOfPyTorch()
        throws
    {
        let golden = try decoded("Golden/summaries.json", as: [String: Counted].self)
        #expect(golden.count >= 29)
        for (name, expected) in golden {
            let model = try ModelRegistry.spec(named: name)
            let input = ModelSpec.Input(
                channels: expected.input[0], height: expected.input[1], width: expected.input[2])
            let summary = try model.summary(input: input)
            #expect(summary.multiplyAdds == expected.multiplyAdds, "\(name)")
            #expect(summary.parameters == expected.parameters, "\(name)")
            #expect(summary.rows.reduce(0) { $0 + $1.parameters } == expected.parameters, "\(name)")
            #expect(model.parameterCount(input: input) == expected.parameters, "\(name)")
        }
    }

    /// In billions, as papers and torchvision's table of models give them.
    @Test(
        "summary: multiply-adds match the published ones",
        arguments: [("alexnet", 0.71), ("vgg16", 15.47), ("resnet50", 4.09), ("mobilenet_v2", 0.30)])
    func multiplyAddsAreThePublishedOnes(_ name: String, _ billions: Double) throws {
        let count = try ModelRegistry.spec(named: name).summary().multiplyAdds
        #expect(abs(Double(count) / 1e9 - billions) < 0.005)
    }

    @Test("summary: rows list layers and shapes in execution order")
    func rowsNameLayersAndShapesInTheOrderOfTheComputation() throws {
        let summary = try ModelRegistry.spec(named: "lenet5").summary()
        let rows = summary.rows.map { "\($0.layer) \($0.operation) \($0.shape) \($0.parameters) \($0.multiplyAdds)" }
        #expect(
            rows == [
                "conv1 conv2d [6, 28, 28] 156 117600", " tanh [6, 28, 28] 0 0", " averagePool2d [6, 14, 14] 0 0",
                "conv2 conv2d [16, 10, 10] 2416 240000", " tanh [16, 10, 10] 0 0", " averagePool2d [16, 5, 5] 0 0",
                "conv3 conv2d [120, 1, 1] 48120 48000", " tanh [120, 1, 1] 0 0", " reshaped [120] 0 0",
                "fc1 linear [84] 10164 10080", " tanh [84] 0 0", "fc2 linear [10] 850 840",
            ])
        #expect(summary.activationBytes == 4 * (4704 * 2 + 1176 + 1600 * 2 + 400 + 120 * 3 + 84 * 2 + 10))
    }

    @Test("summary: batch norm and residual sum have their own rows")
    func batchNormAndTheSumOfABlockHaveRowsOfTheirOwn() throws {
        let rows = try ModelRegistry.spec(named: "resnet20").summary().rows
        #expect(
            rows[3...9].map { "\($0.layer) \($0.operation)" } == [
                "layer1.0.conv1 conv2d", "layer1.0.bn1 batchNorm", " relu", "layer1.0.conv2 conv2d",
                "layer1.0.bn2 batchNorm", " +", " relu",
            ])
        #expect(rows.contains { $0.operation == "subsampled" } && rows.contains { $0.operation == "padChannels" })
    }

    /// A parameter that is used twice is counted once, its work twice.
    @Test("summary: shared weights are counted once") func sharedWeightsAreCountedOnce() {
        let input = ModelSpec.Input(channels: 2, height: 4, width: 4)
        let summary = ModelSummary(
            input: input, { Conv2d(2, 2, kernel: 1, bias: false, $0.scope("conv")) }, running: { _ = $0($0($1)) })
        #expect(summary.rows.map(\.parameters) == [4, 0] && summary.parameters == 4)
        #expect(summary.rows.map(\.layer) == ["conv", "conv"] && summary.multiplyAdds == 2 * 16 * 4)
    }

    @Test("summary: impossible requests throw") func whatCannotBeIsRefused() throws {
        func error(
            _ name: String, classes: Int? = nil, _ input: ModelSpec.Input? = nil
        ) throws -> ArchitectureError? {
            let model = try ModelRegistry.spec(named: name)
            return #expect(throws: ArchitectureError.self) { try model.summary(classes: classes, input: input) }
        }
        let odd = ModelSpec.Input(channels: 3, height: 416, width: 400)
        #expect(try error("yolov3-tiny", odd) == .multiple(architecture: "yolov3-tiny", found: odd, of: 32))
        #expect(try error("unet", .init(channels: 3, height: 15, width: 32)) != nil)
        #expect(try error("resnet18", classes: 0) != nil)
        #expect(try error("vgg16", .init(channels: 3, height: 4097, width: 32)) != nil)
        #expect(try error("resnet18", classes: 100_001) != nil)
        #expect(throws: ArchitectureError.self) { try ModelRegistry.spec(named: "yolov3-tny") }
    }
}
