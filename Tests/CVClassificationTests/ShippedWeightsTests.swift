import CVClassification
import CVImage
import CVNN
import Foundation
import TestSupport
import Testing

/// The weights that ship with the library, against a PyTorch reference implementation: `Tools/golden.py cifar` and
/// `imagenet`.
@Suite struct ShippedWeightsTests {
    @Test("ResNet-20: probabilities match PyTorch") func resnet20MatchesPyTorch() throws {
        let classifier = try Classifier("resnet20-cifar10")
        #expect(classifier.labels.count == 10)
        let expected = try decoded("Golden/resnet20-cifar10.json", as: [String: [Float]].self)
        #expect(expected.count >= 7)
        for (name, probabilities) in expected {
            let path = packageFolder.appending(path: "SampleImages/\(name)").path
            let found = try classifier(Image(contentsOf: path), top: 10)
            for answer in found {
                let difference = abs(answer.probability - probabilities[answer.index])
                #expect(difference < 1e-4, "\(name), \(answer.label)")
            }
        }
    }

    private struct Best: Decodable {
        let indices: [Int], values: [Float]
    }

    @Test("EfficientNet-Lite0: probabilities match PyTorch") func efficientNetMatchesPyTorch() throws {
        let classifier = try Classifier("efficientnet-lite0")
        #expect(classifier.labels.count == 1000)
        let expected = try decoded("Golden/efficientnet-lite0.json", as: [String: Best].self)
        #expect(expected.count >= 7)
        for (name, best) in expected {
            let path = packageFolder.appending(path: "SampleImages/\(name)").path
            let found = try classifier(Image(contentsOf: path), top: 1000)
            let probabilities = Dictionary(uniqueKeysWithValues: found.map { ($0.index, $0.probability) })
            for (index, probability) in zip(best.indices, best.values) {
                let difference = abs(probabilities[index]! - probability)
                #expect(difference < 5e-4, "\(name), \(classifier.labels[index])")
            }
            switch name {
            case "coffee.jpg": #expect(found[0].label == "espresso" && found[0].probability >= 0.9)
            case "cat.jpg": #expect(["tabby, tabby cat", "tiger cat", "Egyptian cat"].contains(found[0].label))
            case "parrot.jpg": #expect(found[0].label == "lorikeet")
            case "retriever.jpg": #expect(found[0].label == "golden retriever")
            default: break
            }
        }
    }
}
