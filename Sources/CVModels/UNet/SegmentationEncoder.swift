import CVNN
import CVTensor

/// The backbone of a classifier as the encoder of a U-Net. It keeps the classifier's keys, so weights pretrained on
/// ImageNet can be loaded.
///
/// x: [N, channels, H, W] -> feature maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size, rounded up.
protocol SegmentationEncoder: Sendable {
    /// Channels of the five feature maps, the finest first.
    static var widths: [Int] { get }

    init(channels: Int, _ p: ParameterScope)

    func maps(_ x: Tensor) -> [Tensor]
}

extension SegmentationEncoder {
    /// The results of the layers at `positions`, in a single pass.
    static func results(_ x: Tensor, of layers: [any Layer], at positions: [Int]) -> [Tensor] {
        var (y, found) = (x, [Tensor]())
        for (index, layer) in layers.enumerated() {
            y = layer(y)
            if positions.contains(index) { found.append(y) }
        }
        return found
    }
}

/// MobileNetV2 without its last convolution and without its head: `features.0` to `features.17`.
struct MobileNetV2Encoder: SegmentationEncoder {
    static let widths = [16, 24, 32, 96, 320]
    let features: Sequential

    init(channels: Int, _ p: ParameterScope) {
        features = Sequential(MobileNetV2.blocks(channels: channels), p.scope("features"))
    }

    func maps(_ x: Tensor) -> [Tensor] { Self.results(x, of: features.layers, at: [1, 3, 6, 13, 17]) }
}

/// EfficientNet-Lite0 without its last convolution and without its head: `_conv_stem`, `_bn0` and `_blocks`.
struct EfficientNetLiteEncoder: SegmentationEncoder {
    static let widths = [16, 24, 40, 112, 320]
    let convStem: ConvNorm
    let blocks: Sequential

    init(channels: Int, _ p: ParameterScope) {
        convStem = EfficientNetLite.stem(channels: channels, p)
        blocks = Sequential(EfficientNetLite.blocks, p.scope("_blocks"))
    }

    func maps(_ x: Tensor) -> [Tensor] {
        Self.results(convStem(x), of: blocks.layers, at: [0, 2, 4, 10, 15])
    }
}
