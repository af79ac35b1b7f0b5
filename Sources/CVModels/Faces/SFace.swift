import CVNN
import CVTensor

/// The network of SFace (Zhong et al. 2021, arXiv:2205.12010) as OpenCV publishes it: a face as 128 numbers, which are
/// compared by their cosine.
///
/// x: [N, 3, 112, 112], RGB, (level - 127.5) / 128, aligned by five points as for ArcFace -> [N, 128], not normalized.
///
/// MobileNet (Howard et al. 2017, arXiv:1704.04861) without its first stride and with parametric ReLUs, as InsightFace's
/// `fmobilenet`; the feature maps are flattened, not averaged: a position of an aligned face means something. Keys are those
/// of the published file, with dots: `conv_1.conv2d`, `conv_1.batchnorm`, `conv_1.relu`, `conv_2_dw.conv2d`, …, `bn1`,
/// `pre_fc1`, `fc1`.
public struct SFace: EmbeddingNetwork {
    /// 128.
    public let dimension = 128

    let layers: [NormalizedPReLU]
    let bn1: BatchNorm2d
    let preFC1: Linear
    let fc1: BatchNorm2d
    let dropout = Dropout(0.5)

    /// Channels, and the stride, of the depthwise separable layers.
    private static let settings = [
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
        (1024, 2), (1024, 1),
    ]

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        var layers = [NormalizedPReLU(3, 32, kernel: 3, p.scope("conv_1"))]
        var cin = 32
        for (index, (cout, stride)) in Self.settings.enumerated() {
            let name = "conv_\(index + 2)"
            layers.append(
                NormalizedPReLU(cin, cin, kernel: 3, stride: stride, groups: cin, p.scope(name + "_dw")))
            layers.append(NormalizedPReLU(cin, cout, kernel: 1, p.scope(name)))
            cin = cout
        }
        self.layers = layers
        bn1 = BatchNorm2d(1024, epsilon: 2e-5, p.scope("bn1"))
        preFC1 = Linear(1024 * 7 * 7, 128, p.scope("pre_fc1"))
        fc1 = BatchNorm2d(128, epsilon: 2e-5, p.scope("fc1"))
    }

    /// The embeddings of aligned faces.
    ///
    /// - Parameter x: [N, 3, 112, 112], RGB, (level - 127.5) / 128.
    /// - Returns: [N, 128], not normalized.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let maps = bn1(layers.reduce(x) { $1($0) })  // [1024, 7, 7]
        let y = preFC1(Flatten()(dropout(maps)))  // [128]
        return fc1(y.reshaped([y.shape[0], dimension, 1, 1])).reshaped(y.shape)
    }
}

/// Convolution, batch normalization, parametric ReLU. [N, cin, H, W] -> [N, cout, ⌈H / stride⌉, ⌈W / stride⌉].
struct NormalizedPReLU: Layer {
    let conv: ConvNorm
    let relu: PReLU

    init(_ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, groups: Int = 1, _ p: ParameterScope) {
        conv = ConvNorm(
            cin, cout, kernel: kernel, stride: stride, groups: groups, epsilon: 1e-3, .linear,
            keys: ("conv2d", "batchnorm"), p)
        relu = PReLU(cout, p.scope("relu"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { relu(conv(x)) }
}
