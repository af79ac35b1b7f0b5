import CVNN
import CVTensor

/// The residual networks for CIFAR-10 (He et al. 2015, arXiv:1512.03385, section 4.2): 6n + 2 layers, shortcuts without
/// weights (option A).
///
/// x: [N, channels, H, W], 32 × 32 in the paper -> logits [N, classes]. ResNet-20 has 0.27 million parameters.
/// Keys: `conv1`, `bn1`, `layer1.0.conv1`, `layer1.0.bn1`, …, `layer3.2.bn2`, `fc`.
///
/// Without shortcuts it is the plain network of the same section, whose accuracy degrades with depth.
public struct CIFARResNet: SlidingClassifier {
    let conv1: ConvNorm
    let layer1, layer2, layer3: [CIFARBlock]
    let fc: Linear

    /// Number of layers with weights.
    public enum Depth: Int, Sendable, CaseIterable {
        /// 3 blocks in each of the three stages.
        case resnet20 = 20
        /// 5 blocks in each of the three stages.
        case resnet32 = 32
        /// 7 blocks in each of the three stages.
        case resnet44 = 44
        /// 9 blocks in each of the three stages.
        case resnet56 = 56
    }

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - depth: number of layers.
    ///   - shortcuts: false for the plain network.
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(
        _ depth: Depth, shortcuts: Bool = true, channels: Int = 3, classes: Int = 10, _ p: ParameterScope
    ) {
        let blocks = (depth.rawValue - 2) / 6
        func stage(_ cin: Int, _ cout: Int, stride: Int, _ p: ParameterScope) -> [CIFARBlock] {
            (0..<blocks).map { index in
                CIFARBlock(
                    index == 0 ? cin : cout, cout, stride: index == 0 ? stride : 1, shortcut: shortcuts,
                    p.scope("\(index)"))
            }
        }
        conv1 = ConvNorm(channels, 16, kernel: 3, .relu, keys: ("conv1", "bn1"), p)
        layer1 = stage(16, 16, stride: 1, p.scope("layer1"))
        layer2 = stage(16, 32, stride: 2, p.scope("layer2"))
        layer3 = stage(32, 64, stride: 2, p.scope("layer3"))
        fc = Linear(64, classes, p.scope("fc"))
    }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 64, H / 4, W / 4], rounded up.
    public func maps(_ x: Tensor) -> Tensor {
        var y = conv1(x)  // [16, 32, 32]
        for block in layer1 { y = block(y) }  // [16, 32, 32]
        for block in layer2 { y = block(y) }  // [32, 16, 16]
        for block in layer3 { y = block(y) }  // [64, 8, 8]
        return y
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 64].
    public func backbone(_ x: Tensor) -> Tensor { GlobalAvgPool()(maps(x)) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 64].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc(features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc" }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [GlobalAvgPool(), fc] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 4 }
}

/// Two 3×3 convolutions, plain or with a shortcut without weights: if the block halves the size, the shortcut
/// subsamples x and pads the channels with zeros, half of them on each side.
///
/// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], rounded up.
struct CIFARBlock: Layer {
    let conv1, conv2: ConvNorm
    let stride, extraChannels: Int, hasShortcut: Bool

    init(_ cin: Int, _ cout: Int, stride: Int, shortcut: Bool, _ p: ParameterScope) {
        conv1 = ConvNorm(cin, cout, kernel: 3, stride: stride, .relu, keys: ("conv1", "bn1"), p)
        conv2 = ConvNorm(cout, cout, kernel: 3, .relu, keys: ("conv2", "bn2"), p)
        self.stride = stride
        extraChannels = cout - cin
        hasShortcut = shortcut
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        conv2(conv1(x), adding: hasShortcut ? shortcut(x) : nil)
    }

    private func shortcut(_ x: Tensor) -> Tensor {
        if extraChannels == 0 { return x.subsampled(stride: stride) }
        let before = extraChannels / 2
        return x.subsampled(stride: stride).paddedChannels(before: before, after: extraChannels - before)
    }
}
