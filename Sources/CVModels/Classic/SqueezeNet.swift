import CVNN
import CVTensor

/// SqueezeNet 1.0 and 1.1 (Iandola et al. 2016, arXiv:1602.07360): AlexNet's accuracy with a fiftieth of its weights.
///
/// x: [N, channels, H, W], 224 × 224 as a rule, at least 21 -> logits [N, classes]. The keys are torchvision's:
/// `features.0`, `features.3.squeeze`, `features.3.expand1x1`, …, `classifier.1`.
public struct SqueezeNet: SlidingClassifier {
    static let minimumSide = 21

    /// The variants of torchvision.
    public enum Version: String, Sendable, CaseIterable {
        /// The network of the paper.
        case version10 = "1_0"
        /// As accurate with less than half of the computation: a smaller first convolution and earlier pooling.
        case version11 = "1_1"
    }

    let features: Sequential
    let classifier: Sequential

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - version: the variant.
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(_ version: Version, channels: Int = 3, classes: Int = 1000, _ p: ParameterScope) {
        let layers: [(ParameterScope) -> any Layer] =
            switch version {
            case .version10:
                [
                    // [96, 54, 54]
                    { Conv2d(channels, 96, kernel: 7, stride: 2, $0) }, { _ in Activation.relu }, Self.pool,
                    // [256, 27, 27]
                    { Fire(96, 16, 64, $0) }, { Fire(128, 16, 64, $0) }, { Fire(128, 32, 128, $0) }, Self.pool,
                    { Fire(256, 32, 128, $0) }, { Fire(256, 48, 192, $0) }, { Fire(384, 48, 192, $0) },
                    { Fire(384, 64, 256, $0) }, Self.pool, { Fire(512, 64, 256, $0) },  // [512, 13, 13]
                ]
            case .version11:
                [
                    // [64, 55, 55]
                    { Conv2d(channels, 64, kernel: 3, stride: 2, $0) }, { _ in Activation.relu }, Self.pool,
                    { Fire(64, 16, 64, $0) }, { Fire(128, 16, 64, $0) }, Self.pool,  // [128, 27, 27]
                    { Fire(128, 32, 128, $0) }, { Fire(256, 32, 128, $0) }, Self.pool,  // [256, 13, 13]
                    { Fire(256, 48, 192, $0) }, { Fire(384, 48, 192, $0) }, { Fire(384, 64, 256, $0) },
                    { Fire(512, 64, 256, $0) },  // [512, 13, 13]
                ]
            }
        features = Sequential(layers, p.scope("features"))
        classifier = Sequential(
            [
                { _ in Dropout() },
                { Conv2d(512, classes, kernel: 1, initialized: .normal(deviation: 0.01), $0) },
                { _ in Activation.relu }, { _ in GlobalAvgPool() },
            ], p.scope("classifier"))
    }

    private static func pool(_: ParameterScope) -> any Layer { MaxPool2d(3, stride: 2, ceilMode: true) }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 512, h, w].
    public func backbone(_ x: Tensor) -> Tensor { features(x) }

    /// The classification head.
    ///
    /// - Parameter maps: the features, [N, 512, h, w].
    /// - Returns: logits, [N, classes].
    public func head(_ maps: Tensor) -> Tensor { classifier(maps) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "classifier" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 512, H / 16, W / 16], about.
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { classifier.layers }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 16 }
}

/// The fire module: a squeezing 1×1 convolution, then expanding 1×1 and 3×3 convolutions side by side.
///
/// x: [N, cin, H, W] -> [N, 2 · expand, H, W].
struct Fire: Layer {
    let squeeze, expand1x1, expand3x3: Conv2d

    init(_ cin: Int, _ width: Int, _ expand: Int, _ p: ParameterScope) {
        squeeze = Conv2d(cin, width, kernel: 1, p.scope("squeeze"))
        expand1x1 = Conv2d(width, expand, kernel: 1, p.scope("expand1x1"))
        expand3x3 = Conv2d(width, expand, kernel: 3, padding: 1, p.scope("expand3x3"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = Activation.relu(squeeze(x))
        return concatenate([Activation.relu(expand1x1(y)), Activation.relu(expand3x3(y))])
    }
}
