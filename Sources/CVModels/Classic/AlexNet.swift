import CVNN
import CVTensor

/// AlexNet (Krizhevsky, Sutskever & Hinton 2012) as torchvision has it, after Krizhevsky 2014, arXiv:1404.5997: on one
/// processor, without the local response normalisation.
///
/// x: [N, channels, H, W], 224 × 224 in the paper, at least 63 -> logits [N, classes]. The keys are torchvision's:
/// `features.0`, `features.3` …, `classifier.1`, `classifier.4`, `classifier.6`.
public struct AlexNet: SlidingClassifier {
    static let minimumSide = 63

    let features: Sequential
    let classifier: Sequential
    let pool = AdaptiveAvgPool2d(height: 6, width: 6)

    public init(channels: Int = 3, classes: Int = 1000, _ p: ParameterScope) {
        features = Sequential(
            [
                // [64, 55, 55]
                { Conv2d(channels, 64, kernel: 11, stride: 4, padding: 2, $0) }, { _ in Activation.relu },
                { _ in MaxPool2d(3, stride: 2) },  // [64, 27, 27]
                { Conv2d(64, 192, kernel: 5, padding: 2, $0) }, { _ in Activation.relu },
                { _ in MaxPool2d(3, stride: 2) },  // [192, 13, 13]
                { Conv2d(192, 384, kernel: 3, padding: 1, $0) }, { _ in Activation.relu },
                { Conv2d(384, 256, kernel: 3, padding: 1, $0) }, { _ in Activation.relu },
                { Conv2d(256, 256, kernel: 3, padding: 1, $0) }, { _ in Activation.relu },
                { _ in MaxPool2d(3, stride: 2) },  // [256, 6, 6]
            ], p.scope("features"))
        classifier = Sequential(
            [
                { _ in Dropout() }, { Linear(256 * 6 * 6, 4096, $0) }, { _ in Activation.relu },
                { _ in Dropout() }, { Linear(4096, 4096, $0) }, { _ in Activation.relu },
                { Linear(4096, classes, $0) },
            ], p.scope("classifier"))
    }

    public func backbone(_ x: Tensor) -> Tensor { classifier[..<6](Flatten()(pool(features(x)))) }

    public func head(_ features: Tensor) -> Tensor { classifier[6...](features) }

    public var headScope: String { "classifier.6" }

    public func maps(_ x: Tensor) -> Tensor { features(x) }

    public var classificationHead: [any Layer] { [pool, Flatten()] + classifier.layers }

    public var outputStride: Int { 32 }
}
