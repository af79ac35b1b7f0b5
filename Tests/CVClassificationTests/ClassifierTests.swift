import CVClassification
import CVCore
import CVImage
import CVNN
import CVTask
import CVTensor
import CVWeights
import Foundation
import Testing

/// A classifier of 2×1 gray images by their lighter side: its logits are the left and the right pixel.
@Suite final class ClassifierTests {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "classifier-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func weights(
        model: String = "logistic", task: String = "classify", labels: [String] = ["left", "right"], width: Int = 2,
        weight: [Float] = [1, 0, 0, 1]
    ) throws -> String {
        let preprocessing = Preprocessing(
            width: width, height: 1, resize: .stretch, channels: .gray, mean: [0], std: [255])
        let metadata = WeightsMetadata(model: model, task: task, preprocessing: preprocessing, labels: labels)
        let tensors = [
            SafetensorsTensor("fc.weight", shape: [2, weight.count / 2], values: weight),
            SafetensorsTensor("fc.bias", shape: [2], values: [0, 0]),
        ]
        let path = folder + "/\(UUID().uuidString).safetensors"
        try FileOutput.write(Safetensors.encode(tensors, metadata: metadata.dictionary), to: path)
        return path
    }

    private func image(_ left: UInt8, _ right: UInt8) -> Image {
        Image(width: 2, height: 1, format: .rgb, pixels: [left, left, left, right, right, right])
    }

    @Test("classifier: the most probable class comes first") func mostProbableClassComesFirst() throws {
        let classifier = try Classifier(weights())
        let found = try classifier(image(0, 255))
        #expect(found.map(\.label) == ["right", "left"] && found.map(\.index) == [1, 0])
        let expected = 1 / (1 + exp(Float(-1)))
        #expect(abs(found[0].probability - expected) < 1e-6)
        #expect(abs(found[0].probability + found[1].probability - 1) < 1e-6)
        #expect(try classifier(image(9, 9)).map(\.index) == [0, 1])
        #expect(try classifier(image(0, 255), top: 1).count == 1)
    }

    @Test("classifier: a batch gives the results of single images") func batchMatchesSingleImages() throws {
        let classifier = try Classifier(weights())
        let images = [image(0, 255), image(200, 100), image(3, 3)]
        #expect(try classifier(images) == images.map { try classifier($0) })
        #expect(try classifier([]).isEmpty)
    }

    @Test("classifier: probabilities of several views are averaged") func viewsAreAveraged() throws {
        let classifier = try Classifier(weights())
        let right = 1 / (1 + exp(Float(-1)))
        // The mirror image shows the other class with the same probability.
        #expect(try classifier(image(0, 255), views: .flip).allSatisfy { abs($0.probability - 0.5) < 1e-6 })
        #expect(try abs(classifier(image(0, 255), views: .whole)[0].probability - right) < 1e-6)
        let images = [image(0, 255), image(60, 10)]
        #expect(try classifier(images, views: .tenCrop) == images.map { try classifier($0, views: .tenCrop) })
        let views = try classifier.read(classifier.logits(classifier.preprocessing.tenCrops(image(0, 200))), top: 2)
        let mean = views.reduce(0) { $0 + $1.first { $0.index == 1 }!.probability } / 10
        let found = try classifier(image(0, 200), views: .tenCrop)
        #expect(abs(found.first { $0.index == 1 }!.probability - mean) < 1e-6)
    }

    @Test("classifier: weights of another task or network are rejected") func otherWeightsAreRejected() throws {
        func problem(_ path: String) -> ModelFileError.Problem? {
            do {
                _ = try Classifier(path)
                return nil
            } catch {
                return (error as? ModelFileError)?.problem
            }
        }
        let detector = try problem(weights(model: "yolov3-tiny", task: "detect"))
        #expect(detector == .otherTask(model: "yolov3-tiny", task: "detect", expected: .classify))
        #expect(try problem(weights(labels: [])) == .noLabels)
        guard
            case .architecture(.unknown("logistik", nearest: "logistic", known: _)) =
                try problem(weights(model: "logistik"))
        else {
            Issue.record("an unknown network is to be refused")
            return
        }
        guard case .otherParameters(let mismatch) = try problem(weights(labels: ["a", "b", "c"])) else {
            Issue.record("weights for two classes do not fit three")
            return
        }
        #expect(mismatch.difference.misshapen.map(\.key) == ["fc.bias", "fc.weight"])
        // The file claims a large width: nothing is allocated for missing weights.
        guard case .otherParameters = try problem(weights(model: "fully-connected", width: 4096)) else {
            Issue.record("the weights are those of another network")
            return
        }
    }

    @Test("classifier: the error for NaN weights names the tensor") func nanWeightsAreNamed() throws {
        let path = try weights(weight: [1, .nan, 0, 1])
        #expect {
            try Classifier(path)
        } throws: {
            "\($0)".contains("fc.weight")
        }
    }

    @Test("classification record: one line of JSON") func recordIsOneLineOfJSON() throws {
        var record = ClassificationRecord(
            input: "a\n.jpg", width: 2, height: 1,
            results: [Classification(label: "cat", index: 3, probability: 0.1)])
        #expect(
            record.json
                == #"{"input":"a\n.jpg","width":2,"height":1,"classes":[{"label":"cat","class":3,"probability":0.1}],"error":null}"#
        )
        record = ClassificationRecord(input: "b", error: "no")
        #expect(record.json == #"{"input":"b","width":null,"height":null,"classes":[],"error":"no"}"#)
    }
}
