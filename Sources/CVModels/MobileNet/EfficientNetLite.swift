import CVNN
import CVTensor

/// EfficientNet-Lite0 (Liu 2020, "Higher accuracy on vision models with EfficientNet-Lite", after Tan & Le 2019,
/// arXiv:1905.11946): EfficientNet-B0 for small devices, with ReLU6 and without squeeze-excite blocks.
///
/// x: [N, channels, H, W], 224 × 224 as a rule -> logits [N, classes]. 4,652,008 parameters for 1000 classes. The keys
/// are those of the PyTorch package `efficientnet_lite_pytorch`: `_conv_stem`, `_bn0`, `_blocks.0._depthwise_conv`, …,
/// `_fc`. The padding is TensorFlow's SAME. There is no stochastic depth in training.
public struct EfficientNetLite: SlidingClassifier {
    let convStem: ConvNorm
    let blocks: Sequential
    let convHead: ConvNorm
    let dropout = Dropout(0.2)
    let fc: Linear

    /// Kernel, expansion, channels, number of blocks, and the stride of the first.
    private static let settings = [
        (3, 1, 16, 1, 1),  // [16, 112, 112]
        (3, 6, 24, 2, 2),  // [24, 56, 56]
        (5, 6, 40, 2, 2),  // [40, 28, 28]
        (3, 6, 80, 3, 2), (5, 6, 112, 3, 1),  // [112, 14, 14]
        (5, 6, 192, 4, 2), (3, 6, 320, 1, 1),  // [320, 7, 7]
    ]

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(channels: Int = 3, classes: Int = 1000, _ p: ParameterScope) {
        convStem = Self.stem(channels: channels, p)
        blocks = Sequential(Self.blocks, p.scope("_blocks"))
        convHead = MBConvBlock.layer(320, 1280, kernel: 1, .relu6, keys: ("_conv_head", "_bn1"), p)
        fc = Linear(1280, classes, p.scope("_fc"))
    }

    static func stem(channels: Int, _ p: ParameterScope) -> ConvNorm {
        MBConvBlock.layer(channels, 32, kernel: 3, stride: 2, .relu6, keys: ("_conv_stem", "_bn0"), p)
    }

    /// All 16, in their order.
    static var blocks: [(ParameterScope) -> any Layer] {
        var layers: [(ParameterScope) -> any Layer] = []
        var cin = 32
        for (kernel, expansion, cout, count, stride) in settings {
            for index in 0..<count {
                let from = cin
                layers.append {
                    MBConvBlock(
                        from, cout, kernel: kernel, stride: index == 0 ? stride : 1, expansion: expansion, $0)
                }
                cin = cout
            }
        }
        return layers
    }

    /// The last feature maps.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1280, H / 32, W / 32], rounded up.
    public func features(_ x: Tensor) -> Tensor {
        var y = convStem(x)  // [32, 112, 112]
        y = blocks(y)  // [320, 7, 7]
        return convHead(y)  // [1280, 7, 7]
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
    public func head(_ features: Tensor) -> Tensor { fc(dropout(features)) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "_fc" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1280, H / 32, W / 32], rounded up.
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [GlobalAvgPool(), dropout, fc] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }
}

/// MobileNetV2's inverted residual: 1×1 expansion, k×k depthwise, 1×1 projection; the sum with x if the shape stays.
///
/// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], rounded up.
struct MBConvBlock: Layer {
    /// nil without an expansion.
    let expandConv: ConvNorm?
    let depthwiseConv, projectConv: ConvNorm
    let hasShortcut: Bool

    init(_ cin: Int, _ cout: Int, kernel: Int, stride: Int, expansion: Int, _ p: ParameterScope) {
        let wide = cin * expansion
        expandConv =
            expansion == 1 ? nil : Self.layer(cin, wide, kernel: 1, .relu6, keys: ("_expand_conv", "_bn0"), p)
        depthwiseConv = Self.layer(
            wide, wide, kernel: kernel, stride: stride, groups: wide, .relu6, keys: ("_depthwise_conv", "_bn1"), p)
        projectConv = Self.layer(wide, cout, kernel: 1, .linear, keys: ("_project_conv", "_bn2"), p)
        hasShortcut = stride == 1 && cin == cout
    }

    /// A convolution with TensorFlow's padding, and its normalization.
    static func layer(
        _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, groups: Int = 1, _ activation: Activation,
        keys: (conv: String, bn: String), _ p: ParameterScope
    ) -> ConvNorm {
        ConvNorm(
            Conv2d(
                cin, cout, kernel: kernel, stride: stride, groups: groups, samePadding: true, bias: false,
                initialized: .heNormal(fan: .output), p.scope(keys.conv)),
            BatchNorm2d(cout, epsilon: 1e-3, momentum: 0.01, p.scope(keys.bn)), activation)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        projectConv(depthwiseConv(expandConv?(x) ?? x), adding: hasShortcut ? x : nil)
    }
}
