import CVNN
import CVTensor

/// Inception v3 (Szegedy et al. 2015, arXiv:1512.00567): large windows factorized into small and
/// asymmetric ones, batch normalization everywhere.
///
/// x: [N, channels, H, W], 299 × 299 in the paper, at least 75 -> logits [N, classes]. 23.8 million parameters, and 3.3
/// million in the auxiliary head, which a checkpoint may leave out. The keys are torchvision's: `Conv2d_1a_3x3.conv`,
/// `Mixed_5b.branch1x1.conv`, …, `AuxLogits.conv0.conv`, …, `fc`.
public struct InceptionV3: AuxiliaryClassifier, SlidingClassifier {
    static let minimumSide = 75

    let conv1a, conv2a, conv2b, conv3b, conv4a: ConvNorm
    let mixed5b, mixed5c, mixed5d: InceptionA
    let mixed6a: InceptionB
    let mixed6b, mixed6c, mixed6d, mixed6e: InceptionC
    /// nil if the checkpoint has none.
    let auxLogits: InceptionV3Auxiliary?
    let mixed7a: InceptionD
    let mixed7b, mixed7c: InceptionE
    let dropout: Dropout
    let fc: Linear
    let pool = MaxPool2d(3, stride: 2)

    static let deviation: Float = 0.1

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - dropout: the probability before the last layer: 0.5 as in torchvision; 0.2 in the code of the authors.
    ///   - p: the scope of the parameters.
    public init(channels: Int = 3, classes: Int = 1000, dropout: Float = 0.5, _ p: ParameterScope) {
        func conv(
            _ name: String, _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, padded: Bool = false
        ) -> ConvNorm {
            .inception(
                cin, cout, kernel: (kernel, kernel), stride: stride, padded: padded, deviation: Self.deviation,
                p.scope("Conv2d_\(name)"))
        }
        conv1a = conv("1a_3x3", channels, 32, kernel: 3, stride: 2)
        conv2a = conv("2a_3x3", 32, 32, kernel: 3)
        conv2b = conv("2b_3x3", 32, 64, kernel: 3, padded: true)
        conv3b = conv("3b_1x1", 64, 80, kernel: 1)
        conv4a = conv("4a_3x3", 80, 192, kernel: 3)
        mixed5b = InceptionA(192, pool: 32, p.scope("Mixed_5b"))
        mixed5c = InceptionA(256, pool: 64, p.scope("Mixed_5c"))
        mixed5d = InceptionA(288, pool: 64, p.scope("Mixed_5d"))
        mixed6a = InceptionB(288, p.scope("Mixed_6a"))
        mixed6b = InceptionC(768, width: 128, p.scope("Mixed_6b"))
        mixed6c = InceptionC(768, width: 160, p.scope("Mixed_6c"))
        mixed6d = InceptionC(768, width: 160, p.scope("Mixed_6d"))
        mixed6e = InceptionC(768, width: 192, p.scope("Mixed_6e"))
        let auxiliary = p.scope("AuxLogits")
        auxLogits = auxiliary.isOffered ? InceptionV3Auxiliary(768, classes: classes, auxiliary) : nil
        mixed7a = InceptionD(768, p.scope("Mixed_7a"))
        mixed7b = InceptionE(1280, p.scope("Mixed_7b"))
        mixed7c = InceptionE(2048, p.scope("Mixed_7c"))
        self.dropout = Dropout(dropout)
        fc = Linear(2048, classes, initialized: .normal(deviation: Self.deviation), p.scope("fc"))
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 2048].
    public func backbone(_ x: Tensor) -> Tensor { GlobalAvgPool()(features(x)) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 2048].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc(dropout(features)) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 2048, h, w].
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [GlobalAvgPool(), dropout, fc] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }

    /// The last feature maps.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 2048, h, w], 8 × 8 for 299 × 299 pixels.
    public func features(_ x: Tensor) -> Tensor { stages(x).last }

    /// The logits of the main head and, on a tape in training, of the auxiliary head.
    ///
    /// The auxiliary head needs feature maps of 17 × 17, from images of about 299 × 299. For smaller ones it is
    /// skipped, and not trained.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: logits, [N, classes] each.
    public func outputs(_ x: Tensor) -> (logits: Tensor, auxiliary: [Tensor]) {
        let maps = stages(x)
        let logits = head(GlobalAvgPool()(maps.last))
        guard x.tape?.mode == .training, let auxLogits, auxLogits.takes(maps.middle) else { return (logits, []) }
        return (logits, [auxLogits(maps.middle)])
    }

    /// 0.4, as in the code of the authors; the paper does not state a value.
    public var auxiliaryWeight: Float { 0.4 }

    /// The key prefixes of the auxiliary heads.
    public var auxiliaryScopes: [String] { ["AuxLogits"] }

    /// The input of the auxiliary head, and the last feature maps.
    private func stages(_ x: Tensor) -> (middle: Tensor, last: Tensor) {
        var y = conv2b(conv2a(conv1a(x)))  // [64, 147, 147]
        y = conv4a(conv3b(pool(y)))  // [192, 71, 71]
        y = mixed5d(mixed5c(mixed5b(pool(y))))  // [288, 35, 35]
        let middle = mixed6e(mixed6d(mixed6c(mixed6b(mixed6a(y)))))  // [768, 17, 17]
        return (middle, mixed7c(mixed7b(mixed7a(middle))))  // [2048, 8, 8]
    }
}

/// The auxiliary head: [N, cin, 17, 17] or more -> logits [N, classes].
struct InceptionV3Auxiliary: Layer {
    let conv0, conv1: ConvNorm
    let fc: Linear
    let pool = AvgPool2d(5, stride: 3)

    init(_ cin: Int, classes: Int, _ p: ParameterScope) {
        conv0 = .inception(cin, 128, kernel: (1, 1), deviation: InceptionV3.deviation, p.scope("conv0"))
        conv1 = .inception(128, 768, kernel: (5, 5), padded: false, deviation: 0.01, p.scope("conv1"))
        fc = Linear(768, classes, initialized: .normal(deviation: 0.001), p.scope("fc"))
    }

    /// Whether a pixel is left after the pooling and the 5×5 convolution.
    func takes(_ x: Tensor) -> Bool {
        [(x.shape[2], pool.geometry.y), (x.shape[3], pool.geometry.x)].allSatisfy { $1.outputSize($0) >= 5 }
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = conv1(conv0(pool(x)))  // [768, 1, 1]
        return fc(GlobalAvgPool()(y))
    }
}
