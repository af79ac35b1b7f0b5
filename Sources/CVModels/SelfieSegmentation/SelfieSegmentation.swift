import CVNN
import CVTensor

/// MediaPipe's selfie segmentation: which pixels are a person. A MobileNetV3 encoder (Howard et al. 2019,
/// arXiv:1905.02244) of output stride 16, and a light decoder with skips and channel attention.
///
/// x: [N, 3, 256, 256], values 0 … 1; sides that are multiples of 16 work as well -> logits [N, 1, 256, 256], whose
/// sigmoid is the probability of a person.
///
/// The network has no published source: it follows the graph in `selfie_segmentation.tflite` of MediaPipe 0.10.
/// Batch-norms are folded into its convolutions. Strides of 2 pad as TensorFlow's SAME: after the image, not before.
/// Keys: `stem`, `blocks.0.expand`, `.depthwise`, `.se.fc1`, `.se.fc2`, `.project`, …, `head.conv`, `head.gate`,
/// `decoder.0.reduce`, `.se.fc1`, `.se.fc2`, `.conv`, `.depthwise`, …, `segment`.
public struct SelfieSegmentation: Layer {
    let stem: Conv2d
    let blocks: [GatedInvertedResidual]
    let head: GatedHead
    let decoder: [GatedDecoder]
    let segment: ConvTranspose2d

    private static let settings: [GatedInvertedResidual.Setting] = [
        .init(cin: 16, width: 16, cout: 16, kernel: 3, stride: 2, squeeze: 8, activation: .relu),
        .init(cin: 16, width: 72, cout: 24, kernel: 3, stride: 2, squeeze: nil, activation: .relu),
        .init(cin: 24, width: 88, cout: 24, kernel: 3, stride: 1, squeeze: nil, activation: .relu),
        .init(cin: 24, width: 96, cout: 32, kernel: 5, stride: 2, squeeze: 24, activation: .hardSwish),
        .init(cin: 32, width: 128, cout: 32, kernel: 5, stride: 1, squeeze: 32, activation: .hardSwish),
        .init(cin: 32, width: 128, cout: 32, kernel: 5, stride: 1, squeeze: 32, activation: .hardSwish),
        .init(cin: 32, width: 96, cout: 32, kernel: 5, stride: 1, squeeze: 24, activation: .hardSwish),
        .init(cin: 32, width: 96, cout: 32, kernel: 5, stride: 1, squeeze: 24, activation: .hardSwish),
    ]

    /// The input's sides are multiples of it: each of four halvings must leave whole pixels.
    public static let sideMultiple = 16

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        stem = Conv2d(3, 16, kernel: 3, stride: 2, samePadding: true, p.scope("stem"))
        blocks = Self.settings.enumerated().map { GatedInvertedResidual($1, p.scope("blocks").scope("\($0)")) }
        head = GatedHead(32, 128, p.scope("head"))
        decoder = [(128, 24), (24, 16), (16, 16)].enumerated().map { index, channels in
            GatedDecoder(channels.0, channels.1, p.scope("decoder").scope("\(index)"))
        }
        segment = ConvTranspose2d(16, 1, kernel: 2, stride: 2, p.scope("segment"))
    }

    /// The segmentation.
    ///
    /// - Parameter x: [N, 3, H, W], values 0 … 1, sides that are multiples of `sideMultiple`.
    /// - Returns: logits, [N, 1, H, W].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        precondition(
            x.shape.rank == 4 && x.shape[1] == 3 && x.shape[2] % Self.sideMultiple == 0
                && x.shape[3] % Self.sideMultiple == 0,
            "SelfieSegmentation: an input of \(x.shape), expected [N, 3, H, W] with sides that are multiples of "
                + "\(Self.sideMultiple)")
        let full = Activation.hardSwish(stem(x))  // [16, 128, 128]
        let half = blocks[0](full)  // [16, 64, 64]
        let quarter = blocks[2](blocks[1](half))  // [24, 32, 32]
        var y = blocks[3...].reduce(quarter) { $1($0) }  // [32, 16, 16]
        y = head(y)  // [128, 16, 16]
        for (stage, skip) in zip(decoder, [quarter, half, full]) { y = stage(y, skip: skip) }  // [16, 128, 128]
        return segment(y)
    }
}

/// The block of MobileNetV3: 1×1 expansion, depthwise, squeeze-excite, 1×1 projection; the sum with x if the shape
/// stays. Its batch-norms are folded. [N, cin, H, W] -> [N, cout, ⌈H / stride⌉, ⌈W / stride⌉].
struct GatedInvertedResidual: Layer {
    struct Setting {
        let cin, width, cout, kernel, stride: Int
        /// Channels in the middle of the squeeze-excite block; nil for none.
        let squeeze: Int?
        let activation: Activation
    }

    let expand, depthwise, project: Conv2d
    let se: SqueezeExcitation?
    let activation: Activation
    let hasShortcut: Bool

    init(_ setting: Setting, _ p: ParameterScope) {
        let width = setting.width
        expand = Conv2d(setting.cin, width, kernel: 1, p.scope("expand"))
        depthwise = Conv2d(
            width, width, kernel: setting.kernel, stride: setting.stride, groups: width, samePadding: true,
            p.scope("depthwise"))
        se = setting.squeeze.map { SqueezeExcitation(width, squeeze: $0, p.scope("se")) }
        project = Conv2d(width, setting.cout, kernel: 1, p.scope("project"))
        activation = setting.activation
        hasShortcut = setting.stride == 1 && setting.cin == setting.cout
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = activation(depthwise(activation(expand(x))))
        let narrow = project(se?(y) ?? y)
        return hasShortcut ? narrow + x : narrow
    }
}

/// Features of each position, gated by global features of the image. [N, cin, H, W] -> [N, cout, H, W].
struct GatedHead: Layer {
    let conv, gate: Conv2d

    init(_ cin: Int, _ cout: Int, _ p: ParameterScope) {
        conv = Conv2d(cin, cout, kernel: 1, p.scope("conv"))
        gate = Conv2d(cin, cout, kernel: 1, p.scope("gate"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        Activation.relu(conv(x)) * Activation.sigmoid(gate(globalAveragePool2d(x)))
    }
}

/// A decoder stage: the coarse feature maps upsampled, plus the skip with channel attention from both.
///
/// x: [N, cin, H, W], skip: [N, cout, 2H, 2W] -> [N, cout, 2H, 2W].
struct GatedDecoder: Sendable {
    let reduce, fc1, fc2, conv, depthwise: Conv2d

    init(_ cin: Int, _ cout: Int, _ p: ParameterScope) {
        reduce = Conv2d(cin, cout, kernel: 1, p.scope("reduce"))
        fc1 = Conv2d(cout, cout, kernel: 1, p.scope("se").scope("fc1"))
        fc2 = Conv2d(cout, cout, kernel: 1, p.scope("se").scope("fc2"))
        conv = Conv2d(cout, cout, kernel: 1, p.scope("conv"))
        depthwise = Conv2d(cout, cout, kernel: 3, padding: 1, groups: cout, p.scope("depthwise"))
    }

    func callAsFunction(_ x: Tensor, skip: Tensor) -> Tensor {
        let relu = Activation.relu
        // A 1×1 convolution and the interpolation commute; in this order the convolution runs on a quarter of the
        // pixels.
        let coarse = upsampleBilinear(reduce(x), factor: 2)
        let weights = Activation.sigmoid(fc2(relu(fc1(globalAveragePool2d(skip + coarse)))))
        let y = relu(conv(skip * weights + coarse))
        return y + relu(depthwise(y))
    }
}
