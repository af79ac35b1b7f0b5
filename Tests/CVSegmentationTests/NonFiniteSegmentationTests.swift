import CVImage
import CVNN
import CVSegmentation
import CVTask
import CVTensor
import CVWeights
import TestSupport
import Testing

@Suite struct NonFiniteSegmentationTests {
    /// A convolution whose bias overflows only for bright images.
    private struct Overflowing: Layer {
        let first: Conv2d, second: Conv2d

        init(_ p: ParameterScope) {
            first = Conv2d(3, 2, kernel: 1, p.scope("first"))
            second = Conv2d(2, 2, kernel: 1, p.scope("second"))
        }

        func callAsFunction(_ x: Tensor) -> Tensor { second(first(x)) }
    }

    private func segmenter() throws -> Segmenter {
        let state: StateDictionary = [
            "first.weight": Tensor([Float](repeating: 1e38, count: 6), shape: [2, 3, 1, 1]),
            "first.bias": Tensor([0, 0], shape: [2]),
            "second.weight": Tensor([1, 0, 0, -1], shape: [2, 2, 1, 1]), "second.bias": Tensor([0, 0], shape: [2]),
        ]
        let network = try ParameterSet.load(Overflowing.init, from: state).network
        let preprocessing = Preprocessing(width: 16, height: 16, resize: .stretch, std: [0.2, 0.2, 0.2])
        return Segmenter(network: network, labels: SegmentationLabels(["a", "b"]), preprocessing: preprocessing)
    }

    @Test(
        "segmentation: infinity is an error that names the first layer, not a class",
        arguments: [
            Segmenter.Scale.trained, .full,
        ]) func infinityIsAnError(scale: Segmenter.Scale) throws
    {
        let segmenter = try segmenter()
        let dark = Image(width: 20, height: 12, fill: .black)
        #expect(try segmenter(dark, scale: scale).mask.values.allSatisfy { $0 == 0 })
        var image = dark
        image[7, 5] = .white
        let error = #expect(throws: NonFiniteOutput.self) { try segmenter(image, scale: scale) }
        guard case .layer("first", operation: "conv2d", nan: 0, infinite: _, count: _)? = error?.cause else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(error!.named("a.png").description.hasPrefix("a.png: "))
        #expect(throws: NonFiniteOutput.self) { try segmenter.probabilities(image) }
    }
}
