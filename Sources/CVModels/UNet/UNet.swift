import CVNN
import CVTensor

/// U-Net (Ronneberger, Fischer & Brox 2015, arXiv:1505.04597): a contracting and an expanding path with skip
/// connections.
///
/// x: [N, channels, H, W] -> logits [N, classes, H, W], for any H and W of at least `minimumSide`. The convolutions are
/// padded so that the sizes agree; if a side is odd, the upsampled feature maps are padded with zeros below and on the
/// right.
///
/// Keys, with i counting the stages in the order of execution, and a block being a `torch.nn.Sequential` of two
/// convolutions (0 and 2, or, with batch-norm, 0 and 3 with the norms 1 and 4):
/// `down.i.0`, … blocks of the contracting path (i = 0 … depth); `up.i` the upsampling convolutions (i = 0 … depth -
/// 1); `dec.i.0`, … the blocks after them; `out` the 1×1 convolution to the classes.
public struct UNet: Layer {
    /// How the expanding path upsamples.
    public enum Upsampling: Sendable, Equatable {
        /// A transposed convolution of 2 × 2 with stride 2, as in the paper.
        case transposedConvolution
        /// A 1×1 convolution, and bilinear interpolation: no checkerboards (Odena et al. 2016). The two commute,
        /// and the convolution is cheaper first.
        case bilinear
    }

    let down, dec: [DoubleConvolution]
    let up: [any Layer]
    let out: Conv2d
    let pool = MaxPool2d(2)

    /// The smallest height and width, 2 to the depth: each halving must leave a pixel.
    public let minimumSide: Int

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - depth: number of halvings, 1 to 10.
    ///   - width: channels at full size, doubled with each halving.
    ///   - upsampling: of the expanding path.
    ///   - batchNorm: whether each convolution is followed by batch-norm.
    ///   - p: the scope of the parameters.
    public init(
        channels: Int = 3, classes: Int, depth: Int = 4, width: Int = 64,
        upsampling: Upsampling = .transposedConvolution, batchNorm: Bool = false, _ p: ParameterScope
    ) {
        precondition((1...10).contains(depth) && width > 0, "UNet: depth \(depth) of 1 to 10, width \(width)")
        let widths = (0...depth).map { width << $0 }
        down = zip([channels] + widths, widths).enumerated().map { index, widths in
            DoubleConvolution(widths.0, widths.1, batchNorm: batchNorm, p.scope("down").scope("\(index)"))
        }
        up = (0..<depth).map { index in
            let (cin, cout) = (widths[depth - index], widths[depth - index - 1])
            let position = p.scope("up").scope("\(index)")
            return switch upsampling {
            case .transposedConvolution: ConvTranspose2d(cin, cout, kernel: 2, stride: 2, position)
            case .bilinear: BilinearUpsample(cin, cout, position)
            }
        }
        dec = (0..<depth).map { index in
            let cout = widths[depth - index - 1]
            return DoubleConvolution(2 * cout, cout, batchNorm: batchNorm, p.scope("dec").scope("\(index)"))
        }
        out = Conv2d(width, classes, kernel: 1, p.scope("out"))
        minimumSide = 1 << depth
    }

    /// The logits of each pixel.
    ///
    /// - Parameter x: [N, channels, H, W], sides of at least `minimumSide`.
    /// - Returns: [N, classes, H, W].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        precondition(
            x.shape.rank == 4 && min(x.shape[2], x.shape[3]) >= minimumSide,
            "UNet: an input of \(x.shape), expected [N, C, H, W] with sides of at least \(minimumSide)")
        var skips: [Tensor] = []
        var y = down[0](x)  // [64, H, W]
        for block in down.dropFirst() {
            skips.append(y)
            y = block(pool(y))  // [128, H / 2, W / 2] … [1024, H / 16, W / 16]
        }
        for (upsample, block) in zip(up, dec) {
            let skip = skips.removeLast()
            y = block(concatenate([skip, filled(upsample(y), to: skip)]))  // [512, H / 8, W / 8] … [64, H, W]
        }
        return out(y)
    }

    /// Rows below and columns on the right, to the size of `skip`.
    private func filled(_ y: Tensor, to skip: Tensor) -> Tensor {
        let (rows, columns) = (skip.shape[2] - y.shape[2], skip.shape[3] - y.shape[3])
        return rows == 0 && columns == 0 ? y : pad2d(y, bottom: rows, right: columns)
    }
}

/// Two 3×3 convolutions, each followed by ReLU, optionally with batch-norm before it. [N, cin, H, W] -> [N, cout, H,
/// W].
struct DoubleConvolution: Layer {
    let conv1, conv2: ConvNorm

    init(_ cin: Int, _ cout: Int, batchNorm: Bool, _ p: ParameterScope) {
        func layer(_ cin: Int, _ key: Int) -> ConvNorm {
            ConvNorm(
                Conv2d(
                    cin, cout, kernel: 3, padding: 1, bias: !batchNorm, initialized: .heNormal(), p.scope("\(key)")),
                batchNorm ? BatchNorm2d(cout, p.scope("\(key + 1)")) : nil, .relu)
        }
        conv1 = layer(cin, 0)
        conv2 = layer(cout, batchNorm ? 3 : 2)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        conv2(conv1(x))
    }
}

/// [N, cin, H, W] -> [N, cout, 2 · H, 2 · W]: a 1×1 convolution, then bilinear interpolation.
struct BilinearUpsample: Layer {
    let conv: Conv2d

    init(_ cin: Int, _ cout: Int, _ p: ParameterScope) { conv = Conv2d(cin, cout, kernel: 1, p) }

    func callAsFunction(_ x: Tensor) -> Tensor { upsampleBilinear(conv(x), factor: 2) }
}
