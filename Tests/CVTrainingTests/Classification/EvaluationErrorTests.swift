import CVClassification
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVTraining
import CVWeights
import Testing

@Suite struct EvaluationErrorTests {
    /// An evaluation takes a hundred images at a time.
    @Test("evaluation: an image whose result is not finite is named, also in a later batch", arguments: [3, 130])
    func theImageIsNamedInAnyBatch(position: Int) throws {
        let scratch = try Scratch()
        let (dark, bright) = (
            Image(width: 28, height: 28, fill: .black), Image(width: 28, height: 28, fill: .white)
        )
        try scratch.write(dark.encoded(as: .png()), to: "a/dark.png")
        try scratch.write(bright.encoded(as: .png()), to: "b/bright.png")
        let spec = try ModelRegistry.spec(named: "small-cnn")
        let (network, parameters) = ParameterSet.initialize(seed: 1) { spec.makeClassifier(classes: 2, $0) }
        let weight = try #require(parameters.first { $0.name == "conv1.weight" })
        weight.value = Tensor(repeating: 3e38, shape: weight.shape)
        parameters.setTrainable(false)
        let preprocessing = Preprocessing(width: 28, height: 28, resize: .stretch, channels: .gray, std: [1 / 255])
        let classifier = Classifier(network, name: "small-cnn", labels: ["a", "b"], preprocessing: preprocessing)
        let images = try ImageDataset.classification(contentsOf: scratch.path).decoded(for: preprocessing)
        var items = [Int](repeating: 0, count: 140)
        #expect(try classifier.evaluate(images, items: items).count == 140)
        items[position] = 1
        let error = #expect(throws: NonFiniteOutput.self) { try classifier.evaluate(images, items: items) }
        #expect(error?.image == "b/bright.png")
    }
}
