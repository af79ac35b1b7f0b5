import CVNN
import CVTensor

/// CSPDarknet and the pyramid on it: features of three scales that know of each other (PANet, arXiv:1803.01534).
///
/// x: [N, 3, H, W] -> features at 1/8, 1/16 and 1/32 of the size. The comments give shapes for `yolox-nano` and 416 × 416.
struct YOLOXPyramid: Sendable {
    let backbone: CSPDarknet
    let lateral0, reduce1: ConvNorm
    let p4, p3, n3, n4: CSPStage
    let down2, down1: YOLOXConv

    init(_ size: YOLOX.Size, _ p: ParameterScope) {
        let (fine, middle, coarse) = (size.channels(256), size.channels(512), size.channels(1024))
        func stage(_ cin: Int, _ cout: Int, _ key: String) -> CSPStage {
            CSPStage(cin, cout, blocks: size.blocks(3), adds: false, size.isDepthwise, p.scope(key))
        }
        func halving(_ channels: Int, _ key: String) -> YOLOXConv {
            YOLOXConv(channels, channels, stride: 2, isDepthwise: size.isDepthwise, p.scope(key))
        }
        backbone = CSPDarknet(size, p.scope("backbone"))
        lateral0 = .yolox(coarse, middle, p.scope("lateral_conv0"))
        p4 = stage(2 * middle, middle, "C3_p4")
        reduce1 = .yolox(middle, fine, p.scope("reduce_conv1"))
        p3 = stage(2 * fine, fine, "C3_p3")
        down2 = halving(fine, "bu_conv2")
        n3 = stage(2 * fine, middle, "C3_n3")
        down1 = halving(middle, "bu_conv1")
        n4 = stage(2 * middle, coarse, "C3_n4")
    }

    func callAsFunction(_ x: Tensor) -> [Tensor] {
        let maps = backbone(x)  // [64, 52, 52], [128, 26, 26], [256, 13, 13]
        let deep = lateral0(maps.coarse)  // [128, 13, 13]
        let middle = reduce1(p4(concatenate([upsampleNearest(deep, factor: 2), maps.middle])))  // [64, 26, 26]
        let fine = p3(concatenate([upsampleNearest(middle, factor: 2), maps.fine]))  // [64, 52, 52]
        let second = n3(concatenate([down2(fine), middle]))  // [128, 26, 26]
        let third = n4(concatenate([down1(second), deep]))  // [256, 13, 13]
        return [fine, second, third]
    }
}

/// Darknet of cross-stage-partial blocks (Wang et al. 2019, arXiv:1911.11929), as in YOLOv5.
///
/// Keys: `stem.conv`, then the halving `dark2.0` and the blocks `dark2.1`, …; `dark5.1` pools with windows of several sizes.
struct CSPDarknet: Sendable {
    let stem: ConvNorm
    let halvings: [YOLOXConv]
    let stages: [CSPStage]
    let pooling: PyramidPooling

    init(_ size: YOLOX.Size, _ p: ParameterScope) {
        let (base, count, isDepthwise) = (size.channels(64), size.baseBlocks, size.isDepthwise)
        stem = .yolox(12, base, kernel: 3, p.scope("stem").scope("conv"))
        var (halvings, stages): ([YOLOXConv], [CSPStage]) = ([], [])
        var pooling: PyramidPooling?
        for (index, blocks) in [count, 3 * count, 3 * count, count].enumerated() {
            let (channels, scope, isLast) = (base << index, p.scope("dark\(index + 2)"), index == 3)
            halvings.append(
                YOLOXConv(channels, 2 * channels, stride: 2, isDepthwise: isDepthwise, scope.scope("0")))
            if isLast { pooling = PyramidPooling(2 * channels, scope.scope("1")) }
            stages.append(
                CSPStage(
                    2 * channels, 2 * channels, blocks: blocks, adds: !isLast, isDepthwise,
                    scope.scope(isLast ? "2" : "1")))
        }
        guard let pooling else { preconditionFailure("the last stage pools") }
        (self.halvings, self.stages, self.pooling) = (halvings, stages, pooling)
    }

    /// The feature maps at 1/8, 1/16 and 1/32 of the size.
    func callAsFunction(_ x: Tensor) -> (fine: Tensor, middle: Tensor, coarse: Tensor) {
        let y = stage(0, stem(focused(x)))  // [32, 104, 104]
        let fine = stage(1, y)  // [64, 52, 52]
        let middle = stage(2, fine)  // [128, 26, 26]
        return (fine, middle, stages[3](pooling(halvings[3](middle))))  // [256, 13, 13]
    }

    private func stage(_ index: Int, _ x: Tensor) -> Tensor { stages[index](halvings[index](x)) }
}

/// Each 2×2 pixels as channels of one: [N, C, H, W] -> [N, 4 · C, H / 2, W / 2]. First all channels of the pixels at the upper left,
/// then those at the lower left, upper right, lower right.
func focused(_ x: Tensor) -> Tensor {
    let (height, width) = (x.shape[2], x.shape[3])
    func every(_ start: Int, _ end: Int) -> [Int] { Array(stride(from: start, to: end, by: 2)) }
    return concatenate(
        [(0, 0), (1, 0), (0, 1), (1, 1)].map { row, column in
            gathered(x, rows: every(row, height), columns: every(column, width))
        })
}

/// Two halves of the channels, of which one goes through the blocks (arXiv:1911.11929).
///
/// x: [N, cin, H, W] -> [N, cout, H, W].
struct CSPStage: Layer {
    let conv1, conv2, conv3: ConvNorm
    let blocks: [CSPBlock]

    init(_ cin: Int, _ cout: Int, blocks: Int, adds: Bool, _ isDepthwise: Bool, _ p: ParameterScope) {
        let hidden = cout / 2
        conv1 = .yolox(cin, hidden, p.scope("conv1"))
        conv2 = .yolox(cin, hidden, p.scope("conv2"))
        conv3 = .yolox(2 * hidden, cout, p.scope("conv3"))
        self.blocks = (0..<blocks).map {
            CSPBlock(hidden, adds: adds, isDepthwise, p.scope("m").scope("\($0)"))
        }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv3(concatenate([blocks.reduce(conv1(x)) { $1($0) }, conv2(x)])) }
}

/// 1×1, 3×3, and the sum with x where `adds`. The shape stays.
struct CSPBlock: Layer {
    let conv1: ConvNorm
    let conv2: YOLOXConv
    let adds: Bool

    init(_ channels: Int, adds: Bool, _ isDepthwise: Bool, _ p: ParameterScope) {
        conv1 = .yolox(channels, channels, p.scope("conv1"))
        conv2 = YOLOXConv(channels, channels, isDepthwise: isDepthwise, p.scope("conv2"))
        self.adds = adds
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = conv2(conv1(x))
        return adds ? y + x : y
    }
}

/// Maxima under windows of 5, 9 and 13 pixels beside the features themselves (He et al. 2014, arXiv:1406.4729). The shape stays.
struct PyramidPooling: Layer {
    let conv1, conv2: ConvNorm

    init(_ channels: Int, _ p: ParameterScope) {
        conv1 = .yolox(channels, channels / 2, p.scope("conv1"))
        conv2 = .yolox(channels / 2 * 4, channels, p.scope("conv2"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = conv1(x)
        return conv2(
            concatenate([y] + [5, 9, 13].map { maxPool2d(y, ConvGeometry(kernel: $0, stride: 1, padding: $0 / 2)) }))
    }
}

/// A 3×3 convolution with normalization and SiLU, or depthwise and then 1×1.
///
/// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride]. Keys: `conv` and `bn`, or those under `dconv` and `pconv`.
struct YOLOXConv: Layer {
    let convs: [ConvNorm]

    init(_ cin: Int, _ cout: Int, stride: Int = 1, isDepthwise: Bool, _ p: ParameterScope) {
        convs =
            isDepthwise
            ? [
                .yolox(cin, cin, kernel: 3, stride: stride, groups: cin, p.scope("dconv")),
                .yolox(cin, cout, p.scope("pconv")),
            ] : [.yolox(cin, cout, kernel: 3, stride: stride, p)]
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convs.reduce(x) { $1($0) } }
}

extension ConvNorm {
    /// Convolution, batch normalization, SiLU: the building block of YOLOX. Keys: `conv.weight`, `bn.weight`, ….
    static func yolox(
        _ cin: Int, _ cout: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1, _ p: ParameterScope
    ) -> ConvNorm {
        ConvNorm(
            cin, cout, kernel: kernel, stride: stride, groups: groups, epsilon: 1e-3, momentum: 0.03, .silu,
            initialized: .pyTorchWeight, keys: ("conv", "bn"), p)
    }
}
