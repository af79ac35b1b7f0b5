import CVImage
import CVModels
import CVNN
import CVSegmentation
import CVTensor
import TestSupport
import Testing

/// The matting network against MediaPipe's own runtime: `Tools/golden.py selfie`.
@Suite struct SelfieSegmentationTests {
    @Test("selfie segmentation: raw matte matches MediaPipe", arguments: ["portrait", "moonwalk"])
    func rawMatteMatchesMediaPipe(_ name: String) throws {
        let segmenter = try PersonSegmenter(detector: nil)
        let image = try Image(contentsOf: packageFolder.appending(path: "SampleImages/\(name).jpg").path)
        let expected = try Image(contentsOf: besideTest("Golden/selfie-\(name).png").path)
        let found = Activation.sigmoid(try segmenter.run(segmenter.prepare(image)))
        #expect(found.shape == [1, 1, 256, 256])
        var (sum, largest): (Float, Float) = (0, 0)
        for (index, value) in found.values.enumerated() {
            let difference = abs(value * 255 - Float(expected.pixels[3 * index]))
            sum += difference
            largest = max(largest, difference)
        }
        // Rounding to 256 levels contributes a quarter of a level.
        #expect(sum / 65536 < 0.3)
        #expect(largest < 8)
    }

    @Test("selfie segmentation: other input sizes are multiples of 16") func otherSizesAreMultiplesOfSixteen() {
        let (network, parameters) = ParameterSet.initialize(seed: 1, SelfieSegmentation.init)
        #expect(parameters.count == 110)
        #expect(network(seededTensor(seed: 2, [1, 3, 32, 48])).shape == [1, 1, 32, 48])
    }

    /// For fine-tuning.
    @Test("selfie segmentation: gradients reach all weights") func gradientsReachAllWeights() {
        let (network, parameters) = ParameterSet.initialize(seed: 3, SelfieSegmentation.init)
        let tape = Tape(.training)
        let y = network(tape.watch(seededTensor(seed: 4, [2, 3, 32, 32]), gradient: true))
        _ = tape.gradients(of: y, seed: seededTensor(seed: 5, y.shape))
        for parameter in parameters { #expect(parameter.gradient?.isFinite == true, "\(parameter.name)") }
    }
}
