import CVNN
import CVTensor

/// VGG-11 to VGG-19 (Simonyan & Zisserman 2014, arXiv:1409.1556): 3×3 convolutions, and a pooling after each stage; with or
/// without batch normalisation, which is younger than the paper.
///
/// x: [N, channels, H, W], 224 × 224 in the paper, at least 32 -> logits [N, classes]. The keys are torchvision's:
/// `features.0`, …, `classifier.0`, `classifier.3`, `classifier.6`.
public struct VGG: SlidingClassifier {
    static let minimumSide = 32

    /// Layers with weights: table 1 of the paper, configurations A, B, D and E.
    public enum Depth: Int, Sendable, CaseIterable {
        case vgg11 = 11
        case vgg13 = 13
        case vgg16 = 16
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

    public func backbone(_ x: Tensor) -> Tensor { classifier[..<6](Flatten()(pool(features(x)))) }

    public func head(_ features: Tensor) -> Tensor { classifier[6...](features) }

    public var headScope: String { "classifier.6" }

    public func maps(_ x: Tensor) -> Tensor { features(x) }

    public var classificationHead: [any Layer] { [pool, Flatten()] + classifier.layers }

    public var outputStride: Int { 32 }
}
