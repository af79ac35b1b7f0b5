import CVNN
import CVTensor

/// MobileNetV3 small and large (Howard et al. 2019, arXiv:1905.02244): the blocks of MobileNetV2 with hard-swish and
/// squeeze-excite blocks where the architecture search found them useful.
///
/// x: [N, channels, H, W], 224 × 224 in the paper -> logits [N, classes]. The keys are torchvision's: `features.0.0`,
/// `features.1.block.0.0`, `features.1.block.1.fc1`, …, `classifier.0`, `classifier.3`.
public struct MobileNetV3: ClassifierNetwork {
    /// The variants of the paper.
    public enum Size: String, Sendable, CaseIterable {
        /// Table 2 of the paper.
        case small
        /// Table 1.
        case large
    }

    /// Of its batch norms.
    static let epsilon: Float = 1e-3, momentum: Float = 0.01

    let features: Sequential
    let classifier: Sequential

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - size: the variant.
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(_ size: Size, channels: Int = 3, classes: Int = 1000, _ p: ParameterScope) {
        var layers: [(ParameterScope) -> any Layer] = [
            {
                // [16, 112, 112]
                ConvNorm(
                    channels, 16, kernel: 3, stride: 2, epsilon: Self.epsilon, momentum: Self.momentum,
                    .hardSwish, $0)
            }
        ]
        var cin = 16
        for shape in size.blocks {
            let from = cin
            layers.append { SearchedBlock(from, shape, $0) }
            cin = shape.cout
        }
        let (last, wide) = (cin, 6 * cin)
        layers.append {
            // [576 or 960, 7, 7]
            ConvNorm(
                last, wide, kernel: 1, epsilon: Self.epsilon, momentum: Self.momentum, .hardSwish, $0)
        }
        features = Sequential(layers, p.scope("features"))
        let normal = Initializer.normal(deviation: 0.01)
        classifier = Sequential(
            [
                { Linear(wide, size.hiddenUnits, initialized: normal, $0) }, { _ in Activation.hardSwish },
                { _ in Dropout(0.2) }, { Linear(size.hiddenUnits, classes, initialized: normal, $0) },
            ], p.scope("classifier"))
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1024] of the small network, [N, 1280] of the large one.
    public func backbone(_ x: Tensor) -> Tensor { classifier[..<2](GlobalAvgPool()(features(x))) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 1024] of the small network, [N, 1280] of the large one.
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { classifier[2...](features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "classifier.3" }
}

extension MobileNetV3.Size {
    /// A row of the paper's table.
    struct Block {
        let kernel, expanded, cout: Int
        let squeezes: Bool
        let activation: Activation
        let stride: Int
    }

    fileprivate var hiddenUnits: Int { self == .small ? 1024 : 1280 }

    fileprivate var blocks: [Block] {
        func block(
            _ kernel: Int, _ expanded: Int, _ cout: Int, _ activation: Activation, stride: Int = 1, se: Bool = false
        ) -> Block {
            Block(
                kernel: kernel, expanded: expanded, cout: cout, squeezes: se, activation: activation, stride: stride)
        }
        switch self {
        case .small:
            return [
                block(3, 16, 16, .relu, stride: 2, se: true),  // [16, 56, 56]
                block(3, 72, 24, .relu, stride: 2), block(3, 88, 24, .relu),  // [24, 28, 28]
                block(5, 96, 40, .hardSwish, stride: 2, se: true), block(5, 240, 40, .hardSwish, se: true),
                block(5, 240, 40, .hardSwish, se: true),  // [40, 14, 14]
                block(5, 120, 48, .hardSwish, se: true), block(5, 144, 48, .hardSwish, se: true),  // [48, 14, 14]
                block(5, 288, 96, .hardSwish, stride: 2, se: true), block(5, 576, 96, .hardSwish, se: true),
                block(5, 576, 96, .hardSwish, se: true),  // [96, 7, 7]
            ]
        case .large:
            return [
                block(3, 16, 16, .relu),  // [16, 112, 112]
                block(3, 64, 24, .relu, stride: 2), block(3, 72, 24, .relu),  // [24, 56, 56]
                block(5, 72, 40, .relu, stride: 2, se: true), block(5, 120, 40, .relu, se: true),
                block(5, 120, 40, .relu, se: true),  // [40, 28, 28]
                block(3, 240, 80, .hardSwish, stride: 2), block(3, 200, 80, .hardSwish),
                block(3, 184, 80, .hardSwish), block(3, 184, 80, .hardSwish),  // [80, 14, 14]
                block(3, 480, 112, .hardSwish, se: true), block(3, 672, 112, .hardSwish, se: true),  // [112, 14, 14]
                block(5, 672, 160, .hardSwish, stride: 2, se: true), block(5, 960, 160, .hardSwish, se: true),
                block(5, 960, 160, .hardSwish, se: true),  // [160, 7, 7]
            ]
        }
    }
}

/// An inverted residual: 1×1 expansion unless it is 1, k×k depthwise, an optional squeeze-excite block, 1×1 projection;
/// the sum with x if the shape stays. The keys number the layers under `block`.
///
/// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], rounded up.
struct SearchedBlock: Layer {
    let expanded: [any Layer]
    let project: ConvNorm
    let hasShortcut: Bool

    init(_ cin: Int, _ shape: MobileNetV3.Size.Block, _ p: ParameterScope) {
        func conv(
            _ cin: Int, _ cout: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1, then activation: Activation,
            _ p: ParameterScope
        ) -> ConvNorm {
            ConvNorm(
                cin, cout, kernel: kernel, stride: stride, groups: groups, epsilon: MobileNetV3.epsilon,
                momentum: MobileNetV3.momentum, activation, p)
        }
        let wide = shape.expanded
        var layers: [(ParameterScope) -> any Layer] = []
        if wide != cin { layers.append { conv(cin, wide, then: shape.activation, $0) } }
        layers.append {
            conv(
                wide, wide, kernel: shape.kernel, stride: shape.stride, groups: wide, then: shape.activation, $0)
        }
        if shape.squeezes {
            layers.append { SqueezeExcitation(wide, squeeze: Self.squeezed(wide), gate: .hardSigmoid, $0) }
        }
        let block = p.scope("block")
        expanded = Sequential(layers, block).layers
        project = conv(wide, shape.cout, then: .linear, block.scope("\(layers.count)"))
        hasShortcut = shape.stride == 1 && cin == shape.cout
    }

    /// A quarter, as a multiple of 8 that is not less than nine tenths of it.
    private static func squeezed(_ width: Int) -> Int {
        let quarter = width / 4
        let nearest = max(8, (quarter + 4) / 8 * 8)
        return 10 * nearest < 9 * quarter ? nearest + 8 : nearest
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        project(expanded.reduce(x) { $1($0) }, adding: hasShortcut ? x : nil)
    }
}
