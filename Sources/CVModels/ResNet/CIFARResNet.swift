import CVNN
import CVTensor

/// The residual networks for CIFAR-10 (He et al. 2015, arXiv:1512.03385, section 4.2): 6n + 2 layers, shortcuts without
/// weights (option A).
///
/// x: [N, channels, H, W], 32 × 32 in the paper -> logits [N, classes]. ResNet-20 has 0.27 million parameters.
/// Keys: `conv1`, `bn1`, `layer1.0.conv1`, `layer1.0.bn1`, …, `layer3.2.bn2`, `fc`.
///
/// Without shortcuts it is the plain network of the same section, which learns worse the deeper it is.
public struct CIFARResNet: SlidingClassifier {
    let conv1: ConvNorm
    let layer1, layer2, layer3: [CIFARBlock]
    let fc: Linear

    public enum Depth: Int, Sendable, CaseIterable {
        case resnet20 = 20
        case resnet32 = 32
        case resnet44 = 44
        case resnet56 = 56
    }

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

    public func maps(_ x: Tensor) -> Tensor {
        var y = conv1(x)  // [16, 32, 32]
        for block in layer1 { y = block(y) }  // [16, 32, 32]
        for block in layer2 { y = block(y) }  // [32, 16, 16]
        for block in layer3 { y = block(y) }  // [64, 8, 8]
        return y
    }

    public func backbone(_ x: Tensor) -> Tensor { GlobalAvgPool()(maps(x)) }

    public func head(_ features: Tensor) -> Tensor { fc(features) }

    public var headScope: String { "fc" }

    public var classificationHead: [any Layer] { [GlobalAvgPool(), fc] }

    public var outputStride: Int { 4 }
}

/// Two 3×3 convolutions, plain or beside a shortcut without weights: where the block halves the picture, the shortcut takes every
/// other pixel and fills up with channels of zeros, half of them on each side.
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
        if extraChannels == 0 { return subsampled(x, stride: stride) }
        let before = extraChannels / 2
        return padChannels(subsampled(x, stride: stride), before: before, after: extraChannels - before)
    }
}
