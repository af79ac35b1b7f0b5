import CVNN
import CVTensor

/// MobileNet (Howard et al. 2017, arXiv:1704.04861) of width 1: depthwise separable convolutions instead of full
/// ones.
///
/// x: [N, channels, H, W], 224 × 224 in the paper -> logits [N, classes]. 4,231,976 parameters for 1000 classes. Keys:
/// `features.0.0`, `features.1.depthwise.0`, `features.1.pointwise.0`, …, `fc`.
public struct MobileNetV1: SlidingClassifier {
    let features: Sequential
    let fc: Linear

    /// Table 1 of the paper: the channels of each block, and the stride of its depthwise convolution.
    private static let settings = [
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
        (1024, 2), (1024, 1),
    ]

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(channels: Int = 3, classes: Int = 1000, _ p: ParameterScope) {
        var layers: [(ParameterScope) -> any Layer] = [
            { ConvNorm(channels, 32, kernel: 3, stride: 2, .relu, $0) }  // [32, 112, 112]
        ]
        var cin = 32
        for (cout, stride) in Self.settings {
            let from = cin
            layers.append { SeparableConv(from, cout, stride: stride, $0) }
            cin = cout
        }
        features = Sequential(layers, p.scope("features"))
        fc = Linear(cin, classes, p.scope("fc"))
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1024].
    public func backbone(_ x: Tensor) -> Tensor { GlobalAvgPool()(features(x)) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 1024].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc(features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1024, H / 32, W / 32], rounded up.
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [GlobalAvgPool(), fc] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }
}

/// A depthwise separable convolution: 3×3 on each channel, then 1×1 over all of them.
///
/// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], rounded up.
struct SeparableConv: Layer {
    let depthwise, pointwise: ConvNorm

    init(_ cin: Int, _ cout: Int, stride: Int, _ p: ParameterScope) {
        depthwise = ConvNorm(cin, cin, kernel: 3, stride: stride, groups: cin, .relu, p.scope("depthwise"))
        pointwise = ConvNorm(cin, cout, kernel: 1, .relu, p.scope("pointwise"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { pointwise(depthwise(x)) }
}
