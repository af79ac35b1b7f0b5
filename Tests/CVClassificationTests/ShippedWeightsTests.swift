import CVClassification
import CVImage
import CVNN
import Foundation
import TestSupport
import Testing

/// The weights that come with the library, against a PyTorch twin with the same: `Tools/golden.py cifar`.
@Suite struct ShippedWeightsTests {
    @Test func resnet20SeesInPicturesWhatItsTwinSees() throws {
        let classifier = try Classifier("resnet20-cifar10")
        #expect(classifier.labels.count == 10)
        let expected = try decoded("Golden/resnet20-cifar10.json", as: [String: [Float]].self)
        #expect(expected.count >= 7)
        for (name, probabilities) in expected {
            let path = packageFolder.appending(path: "SampleImages/\(name)").path
            let found = classifier(try Image(contentsOf: path), top: 10)
            for answer in found {
                let difference = abs(answer.probability - probabilities[answer.index])
                #expect(difference < 1e-4, "\(name), \(answer.label)")
            }
        }
    }
}
