import CVNN
import CVTensor

/// VGG-11 to VGG-19 (Simonyan & Zisserman 2014, arXiv:1409.1556): 3×3 convolutions, and a pooling after each stage;
/// with or without batch normalization, which is newer than the paper.
///
/// x: [N, channels, H, W], 224 × 224 in the paper, at least 32 -> logits [N, classes]. The keys are torchvision's:
/// `features.0`, …, `classifier.0`, `classifier.3`, `classifier.6`.
public struct VGG: SlidingClassifier {
    static let minimumSide = 32

    /// Number of layers with weights: configurations A, B, D and E of table 1 of the paper.
    public enum Depth: Int, Sendable, CaseIterable {
        /// Configuration A.
        case vgg11 = 11
        /// Configuration B.
        case vgg13 = 13
        /// Configuration D.
        case vgg16 = 16
        /// Configuration E.
        case vgg19 = 19

        /// Convolutions in each of the five stages.
        var convolutions: [Int] {
            switch self {
            case .vgg11: [1, 1, 2, 2, 2]
            case .vgg13: [2, 2, 2, 2, 2]
            case .vgg16: [2, 2, 3, 3, 3]
            case .vgg19: [2, 2, 4, 4, 4]
            }
        }
    }

    let features: Sequential
    let classifier: Sequential
    let pool = AdaptiveAvgPool2d(height: 7, width: 7)

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - depth: number of layers.
    ///   - batchNorm: whether each convolution is followed by batch-norm.
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(
        _ depth: Depth, batchNorm: Bool = false, channels: Int = 3, classes: Int = 1000, _ p: ParameterScope
    ) {
        features = Sequential(Self.stages(depth, batchNorm: batchNorm, channels), p.scope("features"))
        let normal = Initializer.normal(deviation: 0.01)
        classifier = Sequential(
            [
                { Linear(512 * 7 * 7, 4096, initialized: normal, $0) }, { _ in Activation.relu }, { _ in Dropout() },
                { Linear(4096, 4096, initialized: normal, $0) }, { _ in Activation.relu }, { _ in Dropout() },
                { Linear(4096, classes, initialized: normal, $0) },
            ], p.scope("classifier"))
    }

    /// [64, 112, 112], [128, 56, 56], [256, 28, 28], [512, 14, 14], [512, 7, 7] after the stages.
    private static func stages(
        _ depth: Depth, batchNorm: Bool, _ channels: Int
    ) -> [(ParameterScope) -> any Layer] {
        var layers: [(ParameterScope) -> any Layer] = []
        var cin = channels
        for (count, cout) in zip(depth.convolutions, [64, 128, 256, 512, 512]) {
            for _ in 0..<count {
                let from = cin
                layers.append {
                    Conv2d(from, cout, kernel: 3, padding: 1, initialized: .heNormal(fan: .output), $0)
                }
                if batchNorm { layers.append { BatchNorm2d(cout, $0) } }
                layers.append { _ in Activation.relu }
                cin = cout
            }
            layers.append { _ in MaxPool2d(2) }
        }
        return layers
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 4096].
    public func backbone(_ x: Tensor) -> Tensor { classifier[..<6](Flatten()(pool(features(x)))) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 4096].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { classifier[6...](features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "classifier.6" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 512, H / 32, W / 32], rounded down.
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [pool, Flatten()] + classifier.layers }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }
}
