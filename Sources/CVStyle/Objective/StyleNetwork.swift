import CVModels
import CVTensor
import CVWeights

/// The feature extractor, with the preprocessing of its input.
package struct StyleNetwork: Sendable {
    private let features: VGGFeatures
    /// [1, 3, 1, 1]: from RGB in 0…1 to the input.
    private let scale, shift: Tensor
    private let isBGR: Bool

    package init(_ features: VGGFeatures, _ preprocessing: Preprocessing) {
        self.features = features
        isBGR = preprocessing.channels == .bgr
        scale = Tensor(preprocessing.std.map { 255 / $0 }, shape: [1, 3, 1, 1])
        shift = Tensor(zip(preprocessing.mean, preprocessing.std).map { -$0 / $1 }, shape: [1, 3, 1, 1])
    }

    /// x: [1, 3, H, W], RGB from 0 to 1 -> the feature maps of the layers in `names`.
    package func callAsFunction(_ x: Tensor, at names: Set<String>) -> [String: Tensor] {
        let colors = isBGR ? concatenate((0..<3).reversed().map { x.sliced(channels: $0..<$0 + 1) }) : x
        return features(colors * scale + shift, at: names)
    }
}
