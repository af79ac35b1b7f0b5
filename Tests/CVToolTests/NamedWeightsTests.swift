import CVCore
import CVModels
import CVNN
import CVTask
import CVWeights
import Foundation
import Testing

@Suite struct NamedWeightsTests {
    @Test("cvtool: weights that are found by their name are inputs, never replaced") func weightsByNameAreInputs()
        throws
    {
        let scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "x.jpg")
        let spec = try ModelRegistry.spec(named: "resnet20")
        let parameters = ParameterSet.initialize(seed: 1) { spec.make(classes: 2, $0) }.parameters
        let metadata = WeightsMetadata(
            model: "resnet20", task: "classify", preprocessing: .init(width: 32, height: 32, resize: .stretch),
            labels: ["a", "b"])
        let bytes = Data(try parameters.safetensors(metadata: metadata.dictionary))
        try scratch.write(bytes, to: "library/mine.safetensors")
        let result = try runCommand(
            ["detect", "x.jpg", "--classifier", "mine", "--coco", "library/mine.safetensors", "--force"],
            environment: ["CVTOOL_WEIGHTS": scratch.path + "/library"], in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains("would replace the input"), "\(result.errors)")
        #expect(try scratch.bytes("library/mine.safetensors") == bytes)
    }

    @Test("cvtool benchmark: of weights and a network of one name the weights are measured")
    func weightsAreMeasuredBeforeNetworks() throws {
        let scratch = try DetectScratch()
        let spec = try ModelRegistry.spec(named: "resnet20")
        let parameters = ParameterSet.initialize(seed: 1) { spec.make(classes: 2, $0) }.parameters
        let metadata = WeightsMetadata(
            model: "resnet20", task: "classify", preprocessing: .init(width: 40, height: 40, resize: .stretch),
            labels: ["a", "b"])
        try scratch.write(
            Data(parameters.safetensors(metadata: metadata.dictionary)), to: "library/resnet20.safetensors")
        let result = try runCommand(
            ["benchmark", "--model", "resnet20", "--runs", "1", "--json"],
            environment: ["CVTOOL_WEIGHTS": scratch.path + "/library"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try JSONValue.parse(result.output)
        #expect(json["width"] == 40 && json["height"] == 40)
    }
}
