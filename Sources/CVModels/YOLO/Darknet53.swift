import CVNN
import CVTensor

/// Darknet-53 without its classifier (Redmon & Farhadi 2018, arXiv:1804.02767, table 1): 52 convolutions in residual
/// blocks, 40.6 million parameters.
///
/// x: [N, 3, H, W]. Keys: `conv1`, then for each stage the halving `layer1.conv` and the blocks `layer1.0.conv1`,
/// `layer1.0.conv2`, …, `layer5.3.conv2`, each with `conv` and `bn` within.
struct Darknet53: Sendable {
    let conv1: ConvNorm
    let layer1, layer2, layer3, layer4, layer5: DarknetStage

    /// - Parameter width: channels of the first convolution; they double with each stage.
    init(width: Int = 32, _ p: ParameterScope) {
        func stage(_ number: Int, blocks: Int) -> DarknetStage {
            DarknetStage(width << (number - 1), blocks: blocks, p.scope("layer\(number)"))
        }
        conv1 = .darknet(3, width, kernel: 3, p.scope("conv1"))
        layer1 = stage(1, blocks: 1)
        layer2 = stage(2, blocks: 2)
        layer3 = stage(3, blocks: 8)
        layer4 = stage(4, blocks: 8)
        layer5 = stage(5, blocks: 4)
    }

    /// The feature maps at 1/8, 1/16 and 1/32 of the size. The shapes are those for 416 × 416.
    func callAsFunction(_ x: Tensor) -> (fine: Tensor, middle: Tensor, coarse: Tensor) {
        let y = layer2(layer1(conv1(x)))  // [128, 104, 104]
        let fine = layer3(y)  // [256, 52, 52]
        let middle = layer4(fine)  // [512, 26, 26]
        return (fine, middle, layer5(middle))  // [1024, 13, 13]
    }
}

/// A convolution that halves the size and doubles the channels, then residual blocks.
///
/// x: [N, cin, H, W] -> [N, 2 · cin, H / 2, W / 2], rounded up.
struct DarknetStage: Layer {
    let conv: ConvNorm
    let blocks: [DarknetResidual]

    init(_ cin: Int, blocks: Int, _ p: ParameterScope) {
        conv = .darknet(cin, 2 * cin, kernel: 3, stride: 2, p.scope("conv"))
        self.blocks = (0..<blocks).map { DarknetResidual(2 * cin, p.scope("\($0)")) }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { blocks.reduce(conv(x)) { $1($0) } }
}

/// 1×1 to half of the channels, 3×3 back, and the sum with x, without an activation after it. The shape stays.
struct DarknetResidual: Layer {
    let conv1, conv2: ConvNorm

    init(_ channels: Int, _ p: ParameterScope) {
        conv1 = .darknet(channels, channels / 2, kernel: 1, p.scope("conv1"))
        conv2 = .darknet(channels / 2, channels, kernel: 3, p.scope("conv2"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x + conv2(conv1(x)) }
}
