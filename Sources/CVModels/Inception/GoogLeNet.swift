import CVNN
import CVTensor

/// GoogLeNet, or Inception v1 (Szegedy et al. 2014, arXiv:1409.4842), in the version of torchvision: with batch
/// normalization, which is newer than the paper, and 3×3 convolutions instead of the paper's 5×5.
///
/// x: [N, channels, H, W], 224 × 224 in the paper, at least 15 -> logits [N, classes]. 6.6 million parameters, and 6.4
/// million in the two auxiliary heads, which a checkpoint may leave out. The keys are torchvision's: `conv1.conv`,
/// `conv1.bn`, `inception3a.branch1.conv`, …, `aux1.conv.conv`, `aux1.fc1`, …, `fc`.
public struct GoogLeNet: AuxiliaryClassifier, SlidingClassifier {
    static let minimumSide = 15

    let conv1, conv2, conv3: ConvNorm
    let inception3a, inception3b: Inception
    let inception4a, inception4b, inception4c, inception4d, inception4e: Inception
    let inception5a, inception5b: Inception
    /// nil if the checkpoint has none.
    let aux1, aux2: GoogLeNetAuxiliary?
    let dropout: Dropout
    let fc: Linear
    let pool = MaxPool2d(3, stride: 2, ceilMode: true)
    let lastPool = MaxPool2d(2, stride: 2, ceilMode: true)

    static let deviation: Float = 0.01

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - dropout: the probability before the last layer: 0.2 as in torchvision; 0.4 in the paper.
    ///   - auxiliaryDropout: the probability before the last layer of an auxiliary head.
    ///   - p: the scope of the parameters.
    public init(
        channels: Int = 3, classes: Int = 1000, dropout: Float = 0.2, auxiliaryDropout: Float = 0.7, _ p: ParameterScope
    ) {
        func conv(_ name: String, _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1) -> ConvNorm {
            .inception(
                cin, cout, kernel: (kernel, kernel), stride: stride, deviation: Self.deviation, p.scope(name))
        }
        func inception(
            _ name: String, _ cin: Int, _ one: Int, _ three: (Int, Int), _ five: (Int, Int), pool: Int
        ) -> Inception {
            Inception(cin, one: one, three: three, five: five, pool: pool, p.scope("inception\(name)"))
        }
        conv1 = conv("conv1", channels, 64, kernel: 7, stride: 2)
        conv2 = conv("conv2", 64, 64, kernel: 1)
        conv3 = conv("conv3", 64, 192, kernel: 3)
        // Table 1 of the paper.
        inception3a = inception("3a", 192, 64, (96, 128), (16, 32), pool: 32)
        inception3b = inception("3b", 256, 128, (128, 192), (32, 96), pool: 64)
        inception4a = inception("4a", 480, 192, (96, 208), (16, 48), pool: 64)
        inception4b = inception("4b", 512, 160, (112, 224), (24, 64), pool: 64)
        inception4c = inception("4c", 512, 128, (128, 256), (24, 64), pool: 64)
        inception4d = inception("4d", 512, 112, (144, 288), (32, 64), pool: 64)
        inception4e = inception("4e", 528, 256, (160, 320), (32, 128), pool: 128)
        inception5a = inception("5a", 832, 256, (160, 320), (32, 128), pool: 128)
        inception5b = inception("5b", 832, 384, (192, 384), (48, 128), pool: 128)
        func auxiliary(_ name: String, _ cin: Int) -> GoogLeNetAuxiliary? {
            let position = p.scope(name)
            guard position.isOffered else { return nil }
            return GoogLeNetAuxiliary(cin, classes: classes, dropout: auxiliaryDropout, position)
        }
        aux1 = auxiliary("aux1", 512)
        aux2 = auxiliary("aux2", 528)
        self.dropout = Dropout(dropout)
        fc = Linear(1024, classes, initialized: .normal(deviation: Self.deviation), p.scope("fc"))
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1024].
    public func backbone(_ x: Tensor) -> Tensor { GlobalAvgPool()(features(x)) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 1024].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc(dropout(features)) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1024, h, w].
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [GlobalAvgPool(), dropout, fc] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }

    /// The last feature maps.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 1024, H / 32, W / 32], rounded up.
    public func features(_ x: Tensor) -> Tensor { stages(x).last }

    /// The logits of the main head and, on a tape in training, of the auxiliary heads.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: logits, [N, classes] each.
    public func outputs(_ x: Tensor) -> (logits: Tensor, auxiliary: [Tensor]) {
        let maps = stages(x)
        let logits = head(GlobalAvgPool()(maps.last))
        guard x.tape?.mode == .training else { return (logits, []) }
        return (logits, [aux1?(maps.first), aux2?(maps.middle)].compactMap { $0 })
    }

    /// 0.3, as in section 5 of the paper.
    public var auxiliaryWeight: Float { 0.3 }

    /// The key prefixes of the auxiliary heads.
    public var auxiliaryScopes: [String] { ["aux1", "aux2"] }

    /// The inputs of the auxiliary heads, after 4a and 4d, and the last feature maps.
    private func stages(_ x: Tensor) -> (first: Tensor, middle: Tensor, last: Tensor) {
        var y = pool(conv1(x))  // [64, 56, 56]
        y = pool(conv3(conv2(y)))  // [192, 28, 28]
        y = pool(inception3b(inception3a(y)))  // [480, 14, 14]
        let first = inception4a(y)  // [512, 14, 14]
        let middle = inception4d(inception4c(inception4b(first)))  // [528, 14, 14]
        y = lastPool(inception4e(middle))  // [832, 7, 7]
        return (first, middle, inception5b(inception5a(y)))  // [1024, 7, 7]
    }
}

/// The Inception module: 1×1, 3×3, a larger window, and max pooling side by side, each with a 1×1 reduction.
///
/// x: [N, cin, H, W] -> [N, one + three.1 + five.1 + pool, H, W]. Keys: `branch1`, `branch2.0`, `branch2.1`,
/// `branch3.0`, `branch3.1`, `branch4.1`.
struct Inception: Layer {
    let branch1: ConvNorm
    let branch2, branch3, branch4: Sequential

    /// `three` and `five` are the channels of the 1×1 convolution and of the window after it. `five` is the name in the
    /// paper; the window is 3×3 in torchvision, and so in all checkpoints (pytorch/vision issue 906).
    init(_ cin: Int, one: Int, three: (Int, Int), five: (Int, Int), pool: Int, _ p: ParameterScope) {
        func conv(_ cin: Int, _ cout: Int, kernel: Int) -> (ParameterScope) -> any Layer {
            { ConvNorm.inception(cin, cout, kernel: (kernel, kernel), deviation: GoogLeNet.deviation, $0) }
        }
        branch1 = .inception(cin, one, kernel: (1, 1), deviation: GoogLeNet.deviation, p.scope("branch1"))
        branch2 = Sequential([conv(cin, three.0, kernel: 1), conv(three.0, three.1, kernel: 3)], p.scope("branch2"))
        branch3 = Sequential([conv(cin, five.0, kernel: 1), conv(five.0, five.1, kernel: 3)], p.scope("branch3"))
        branch4 = Sequential(
            [{ _ in MaxPool2d(3, stride: 1, padding: 1) }, conv(cin, pool, kernel: 1)], p.scope("branch4"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { concatenate([branch1(x), branch2(x), branch3(x), branch4(x)]) }
}

/// An auxiliary head: [N, cin, H, W], 14 × 14 in the paper -> logits [N, classes].
struct GoogLeNetAuxiliary: Layer {
    let conv: ConvNorm
    let fc1, fc2: Linear
    let dropout: Dropout
    let pool = AdaptiveAvgPool2d(height: 4, width: 4)

    init(_ cin: Int, classes: Int, dropout: Float, _ p: ParameterScope) {
        let normal = Initializer.normal(deviation: GoogLeNet.deviation)
        conv = .inception(cin, 128, kernel: (1, 1), deviation: GoogLeNet.deviation, p.scope("conv"))
        fc1 = Linear(128 * 4 * 4, 1024, initialized: normal, p.scope("fc1"))
        fc2 = Linear(1024, classes, initialized: normal, p.scope("fc2"))
        self.dropout = Dropout(dropout)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = conv(pool(x))  // [128, 4, 4]
        return fc2(dropout(Activation.relu(fc1(Flatten()(y)))))
    }
}
