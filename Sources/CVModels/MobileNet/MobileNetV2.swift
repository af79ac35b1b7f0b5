import CVNN
import CVTensor

/// MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381): inverted residuals with linear bottlenecks: blocks are narrow
/// at their ends, wide and depthwise inside.
///
/// x: [N, channels, H, W], 224 × 224 in the paper -> logits [N, classes]. The keys are torchvision's: `features.0.0`,
/// `features.1.conv.0.0`, …, `features.18.1`, `classifier.1`.
public struct MobileNetV2: SlidingClassifier {
    let features: Sequential
    let classifier: Sequential

    /// Table 2 of the paper: expansion, channels, number of blocks, and the stride of the first.
    private static let settings = [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(channels: Int = 3, classes: Int = 1000, _ p: ParameterScope) {
        features = Sequential(
            Self.blocks(channels: channels) + [{ ConvNorm(320, 1280, kernel: 1, .relu6, $0) }],
            p.scope("features"))
        classifier = Sequential(
            [{ _ in Dropout(0.2) }, { Linear(1280, classes, initialized: .normal(deviation: 0.01), $0) }],
            p.scope("classifier"))
    }

    /// All of `features` but the last: the first convolution, and the 17 blocks.
    static func blocks(
        channels: Int, _ convention: InvertedResidual.Convention = .pyTorch
    ) -> [(ParameterScope) -> any Layer] {
        var layers: [(ParameterScope) -> any Layer] = [
            { convention.layer(channels, 32, kernel: 3, stride: 2, .relu6, $0) }
        ]
        var cin = 32
        for (expansion, cout, count, stride) in settings {
            for index in 0..<count {
                let from = cin
                layers.append {
                    InvertedResidual(
                        from, cout, stride: index == 0 ? stride : 1, expansion: expansion, convention, $0)
                }
                cin = cout
            }
        }
        return layers
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1280].
    public func backbone(_ x: Tensor) -> Tensor { GlobalAvgPool()(features(x)) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 1280].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { classifier(features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "classifier" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1280, H / 32, W / 32], rounded up.
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [GlobalAvgPool()] + classifier.layers }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }
}

/// An inverted residual: 1×1 expansion, 3×3 depthwise, 1×1 projection; the sum with x if the shape stays.
///
/// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], rounded up.
struct InvertedResidual: Layer {
    /// The expansion, where there is one, and the depthwise convolution.
    let wide: [ConvNorm]
    let project: ConvNorm
    let hasShortcut: Bool

    /// Whose padding and whose normalization the convolutions have.
    enum Convention {
        /// The same padding on all sides, an epsilon of 1e-5.
        case pyTorch
        /// SAME, an epsilon of 1e-3.
        case tensorFlow

        /// A convolution with this padding and its normalization.
        func layer(
            _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, groups: Int = 1, _ activation: Activation,
            keys: (conv: String, bn: String) = ("0", "1"), _ p: ParameterScope
        ) -> ConvNorm {
            let isTensorFlow = self == .tensorFlow
            return ConvNorm(
                cin, cout, kernel: kernel, stride: stride, groups: groups, samePadding: isTensorFlow,
                epsilon: isTensorFlow ? 1e-3 : 1e-5, activation, keys: keys, p)
        }
    }

    init(
        _ cin: Int, _ cout: Int, stride: Int, expansion: Int, _ convention: Convention = .pyTorch, _ p: ParameterScope
    ) {
        let (width, p) = (cin * expansion, p.scope("conv"))
        let expand = expansion == 1 ? [] : [convention.layer(cin, width, kernel: 1, .relu6, p.scope("0"))]
        let depthwise = convention.layer(
            width, width, kernel: 3, stride: stride, groups: width, .relu6, p.scope("\(expand.count)"))
        wide = expand + [depthwise]
        project = convention.layer(
            width, cout, kernel: 1, .linear, keys: ("\(wide.count)", "\(wide.count + 1)"), p)
        hasShortcut = stride == 1 && cin == cout
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        project(wide.reduce(x) { $1($0) }, adding: hasShortcut ? x : nil)
    }
}
