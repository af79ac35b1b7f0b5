import CVNN
import CVTensor

/// AlexNet (Krizhevsky, Sutskever & Hinton 2012) in the version of torchvision, after Krizhevsky 2014,
/// arXiv:1404.5997: for a single device, without the local response normalization.
///
/// x: [N, channels, H, W], 224 × 224 in the paper, at least 63 -> logits [N, classes]. The keys are torchvision's:
/// `features.0`, `features.3` …, `classifier.1`, `classifier.4`, `classifier.6`.
public struct AlexNet: SlidingClassifier {
    static let minimumSide = 63

    let features: Sequential
    let classifier: Sequential
    let pool = AdaptiveAvgPool2d(height: 6, width: 6)

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
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
    /// - Returns: [N, 256, H / 32, W / 32], rounded down.
    public func maps(_ x: Tensor) -> Tensor { features(x) }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [pool, Flatten()] + classifier.layers }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 32 }
}
