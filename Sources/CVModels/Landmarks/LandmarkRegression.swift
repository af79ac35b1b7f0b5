import CVNN
import CVTensor

/// Landmarks by direct regression: a classifier's backbone, and one fully connected layer to p_c, l_1x, l_1y, l_2x, …
///
/// x: [N, channels, H, W] -> [N, 1 + 2K]: the logit of p_c, then x and y of each point as fractions of the input's width and
/// height, 0.5 being the middle. Points may be outside of 0 … 1. The layer sees the feature maps at 1/16 and 1/32 of the size, each
/// with its positions, as PFLD (Guo et al. 2019, arXiv:1902.10859) sees several; so the size of the input belongs to the weights.
///
/// Keys: `encoder.` and the classifier's; `out.fine`, `out.coarse`, 1×1 convolutions to a few channels; `out.fc`.
struct LandmarkRegression<Encoder: SegmentationEncoder>: LandmarkNetwork {
    let encoder: Encoder
    let fine, coarse: ConvNorm
    let dropout = Dropout(0.1)
    let fc: Linear
    /// What the numbers of the layer are multiplied by, and what is then added: nothing for p_c. A step of Adam moves all weights by
    /// about the learning rate; with over a thousand inputs that would be half of the image if coordinates were not scaled down.
    private let scales, offsets: Tensor

    var head: LandmarkHead { .regression }

    /// Channels of the two feature maps before the fully connected layer.
    private static var widths: (fine: Int, coarse: Int) { (24, 64) }
    private static var scale: Float { 1.0 / 16 }

    /// - Parameters:
    ///   - points: K.
    ///   - input: the size of one image.
    ///   - p: the scope of the parameters.
    init(points: Int, input: ModelSpec.Input, _ p: ParameterScope) {
        encoder = Encoder(channels: input.channels, p.scope("encoder"))
        let widths = Encoder.widths
        let head = p.scope("out")
        fine = ConvNorm(widths[3], Self.widths.fine, kernel: 1, .relu, head.scope("fine"))
        coarse = ConvNorm(widths[4], Self.widths.coarse, kernel: 1, .relu, head.scope("coarse"))
        func cells(_ stride: Int) -> Int {
            ((input.height + stride - 1) / stride) * ((input.width + stride - 1) / stride)
        }
        fc = Linear(
            Self.widths.fine * cells(16) + Self.widths.coarse * cells(32), 1 + 2 * points,
            initialized: .normal(deviation: 0.01), head.scope("fc"))
        func row(_ first: Float, _ rest: Float) -> Tensor {
            Tensor([first] + [Float](repeating: rest, count: 2 * points), shape: [1, 1 + 2 * points])
        }
        (scales, offsets) = (row(1, Self.scale), row(0, 0.5))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let maps = encoder.maps(x)
        let parts = [fine(maps[3]), coarse(maps[4])].map { map in  // [24, H / 16, W / 16], [64, H / 32, W / 32]
            map.reshaped([map.shape[0], map.shape.count / map.shape[0], 1, 1])
        }
        let features = concatenate(parts)
        return fc(dropout(features.reshaped([features.shape[0], features.shape[1]]))) * scales + offsets
    }
}
