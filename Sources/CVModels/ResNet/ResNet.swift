import CVNN
import CVTensor

/// ResNet-18 to ResNet-152 (He et al. 2015, arXiv:1512.03385), v1.5: in a bottleneck the 3×3 convolution carries the
/// stride.
///
/// x: [N, channels, H, W], 224 × 224 in the paper -> logits [N, classes]. The keys are torchvision's: `conv1`, `bn1`,
/// `layer1.0.conv1`, …, `layer2.0.downsample.0`, …, `fc`.
///
/// Without shortcuts it is the plain network of the paper's section 4.1, whose accuracy degrades with depth.
public struct ResNet: SlidingClassifier {
    let conv1: ConvNorm
    let layer1, layer2, layer3, layer4: [any Layer]
    let fc: Linear
    let pool = MaxPool2d(3, stride: 2, padding: 1)

    /// Number of layers with weights.
    public enum Depth: Int, Sendable, CaseIterable {
        /// 18 layers: basic blocks, 11.7 million parameters.
        case resnet18 = 18
        /// 34 layers: basic blocks, 21.8 million parameters.
        case resnet34 = 34
        /// 50 layers: bottlenecks, 25.6 million parameters.
        case resnet50 = 50
        /// 101 layers: bottlenecks, 44.5 million parameters.
        case resnet101 = 101
        /// 152 layers: bottlenecks, 60.2 million parameters.
        case resnet152 = 152

        /// Blocks in each of the four stages: table 1 of the paper.
        var blocks: [Int] {
            switch self {
            case .resnet18: [2, 2, 2, 2]
            case .resnet34, .resnet50: [3, 4, 6, 3]
            case .resnet101: [3, 4, 23, 3]
            case .resnet152: [3, 8, 36, 3]
            }
        }

        /// From 50 layers on the blocks are bottlenecks, whose output has four times their width.
        var isDeep: Bool { rawValue >= 50 }
    }

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - depth: number of layers.
    ///   - shortcuts: false for the plain network, of 18 or 34 layers.
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(
        _ depth: Depth, shortcuts: Bool = true, channels: Int = 3, classes: Int = 1000, _ p: ParameterScope
    ) {
        precondition(shortcuts || !depth.isDeep, "a plain network of \(depth.rawValue) layers: 18 or 34 expected")
        let expansion = depth.isDeep ? Bottleneck.expansion : 1
        func stage(_ number: Int, _ cin: Int, width: Int) -> [any Layer] {
            (0..<depth.blocks[number - 1]).map { index in
                let cin = index == 0 ? cin : width * expansion
                let stride = index == 0 && number > 1 ? 2 : 1
                let position = p.scope("layer\(number)").scope("\(index)")
                return depth.isDeep
                    ? Bottleneck(cin, width: width, stride: stride, position)
                    : BasicBlock(cin, width, stride: stride, shortcut: shortcuts, position)
            }
        }
        conv1 = ConvNorm(channels, 64, kernel: 7, stride: 2, .relu, keys: ("conv1", "bn1"), p)
        layer1 = stage(1, 64, width: 64)
        layer2 = stage(2, 64 * expansion, width: 128)
        layer3 = stage(3, 128 * expansion, width: 256)
        layer4 = stage(4, 256 * expansion, width: 512)
        fc = Linear(512 * expansion, classes, p.scope("fc"))
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 512], or [N, 2048] from 50 layers on.
    public func backbone(_ x: Tensor) -> Tensor { GlobalAvgPool()(features(x)) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 512], or [N, 2048] from 50 layers on.
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc(features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 512, H / 32, W / 32], rounded up; 2048 channels from 50 layers on.
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [GlobalAvgPool(), fc] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }

    /// The last feature maps.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 512, H / 32, W / 32], rounded up; 2048 channels from 50 layers on.
    public func features(_ x: Tensor) -> Tensor {
        var y = pool(conv1(x))  // [64, 56, 56]
        for block in layer1 { y = block(y) }  // [64 · expansion, 56, 56]
        for block in layer2 { y = block(y) }  // [128 · expansion, 28, 28]
        for block in layer3 { y = block(y) }  // [256 · expansion, 14, 14]
        for block in layer4 { y = block(y) }  // [512 · expansion, 7, 7]
        return y
    }
}

/// Two 3×3 convolutions, with a shortcut or plain. x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], rounded up.
struct BasicBlock: Layer {
    let conv1, conv2: ConvNorm
    /// nil if the shortcut is x itself.
    let downsample: ConvNorm?
    let hasShortcut: Bool

    init(_ cin: Int, _ cout: Int, stride: Int, shortcut: Bool, _ p: ParameterScope) {
        conv1 = ConvNorm(cin, cout, kernel: 3, stride: stride, .relu, keys: ("conv1", "bn1"), p)
        conv2 = ConvNorm(cout, cout, kernel: 3, .relu, keys: ("conv2", "bn2"), p)
        downsample = shortcut ? .downsample(cin, cout, stride: stride, p.scope("downsample")) : nil
        hasShortcut = shortcut
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let shortcut = hasShortcut ? downsample?(x) ?? x : nil
        return conv2(conv1(x), adding: shortcut)
    }
}

/// 1×1 to a quarter of the channels, 3×3, 1×1 back, with a shortcut.
/// x: [N, cin, H, W] -> [N, 4 · width, H / stride, W / stride], rounded up.
struct Bottleneck: Layer {
    static let expansion = 4

    let conv1, conv2, conv3: ConvNorm
    /// nil if the shortcut is x itself.
    let downsample: ConvNorm?

    init(_ cin: Int, width: Int, stride: Int, _ p: ParameterScope) {
        let cout = width * Self.expansion
        conv1 = ConvNorm(cin, width, kernel: 1, .relu, keys: ("conv1", "bn1"), p)
        conv2 = ConvNorm(width, width, kernel: 3, stride: stride, .relu, keys: ("conv2", "bn2"), p)
        conv3 = ConvNorm(width, cout, kernel: 1, .relu, keys: ("conv3", "bn3"), p)
        downsample = .downsample(cin, cout, stride: stride, p.scope("downsample"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        conv3(conv2(conv1(x)), adding: downsample?(x) ?? x)
    }
}

extension ConvNorm {
    /// The shortcut of a block that changes the size or the channels: a 1×1 convolution, key `0`, and batch-norm, key
    /// `1`.
    ///
    /// nil if the shortcut is the identity.
    fileprivate static func downsample(_ cin: Int, _ cout: Int, stride: Int, _ p: ParameterScope) -> ConvNorm? {
        stride == 1 && cin == cout ? nil : ConvNorm(cin, cout, kernel: 1, stride: stride, .linear, p)
    }
}
