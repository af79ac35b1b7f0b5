import CVNN
import CVTensor

/// U-Net (Ronneberger et al. 2015, arXiv:1505.04597) whose encoder is a classifier's backbone, as in
/// `segmentation_models_pytorch`.
///
/// x: [N, channels, H, W] -> logits [N, classes, H, W], of any size. Each decoder block upsamples to the size of its
/// skip connection, at 1/16, 1/8, 1/4 and 1/2; the logits are computed at 1/2 and upsampled to the size of the image.
///
/// Keys: `encoder.` and the classifier's; `decoder.i.conv1`, `bn1`, `conv2`, `bn2` with i = 0 for 1/16; `out`.
struct EncoderUNet<Encoder: SegmentationEncoder>: Layer {
    let encoder: Encoder
    let decoder: [DecoderBlock]
    let out: Conv2d

    /// Channels of the decoder: few, because at half the size of the image each costs as much as all of the encoder's.
    private static var widths: [Int] { [128, 64, 48, 32] }

    init(channels: Int = 3, classes: Int, _ p: ParameterScope) {
        encoder = Encoder(channels: channels, p.scope("encoder"))
        let skips = Encoder.widths.dropLast().reversed()
        let below = [Encoder.widths[Encoder.widths.count - 1]] + Self.widths
        decoder = zip(zip(below, skips), Self.widths).enumerated().map { index, widths in
            DecoderBlock(widths.0.0, skip: widths.0.1, widths.1, p.scope("decoder").scope("\(index)"))
        }
        out = Conv2d(Self.widths[Self.widths.count - 1], classes, kernel: 1, p.scope("out"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        precondition(x.shape.rank == 4, "EncoderUNet: an input of \(x.shape), expected [N, C, H, W]")
        var maps = encoder.maps(x)
        var y = maps.removeLast()  // [320, H / 32, W / 32]
        for block in decoder { y = block(y, joining: maps.removeLast()) }  // [128, H / 16, W / 16] … [32, H / 2, W / 2]
        return upsampleBilinear(out(y), height: x.shape[2], width: x.shape[3])
    }
}

/// x: [N, cin, h, w], skip: [N, skip, H, W] -> [N, cout, H, W]: upsampling, concatenation, and two 3×3 convolutions.
struct DecoderBlock: Sendable {
    let conv1, conv2: ConvNorm

    init(_ cin: Int, skip: Int, _ cout: Int, _ p: ParameterScope) {
        conv1 = ConvNorm(cin + skip, cout, kernel: 3, .relu, initialized: .heNormal(), keys: ("conv1", "bn1"), p)
        conv2 = ConvNorm(cout, cout, kernel: 3, .relu, initialized: .heNormal(), keys: ("conv2", "bn2"), p)
    }

    func callAsFunction(_ x: Tensor, joining skip: Tensor) -> Tensor {
        let large = upsampleBilinear(x, height: skip.shape[2], width: skip.shape[3])
        return conv2(conv1(concatenate([large, skip])))
    }
}
