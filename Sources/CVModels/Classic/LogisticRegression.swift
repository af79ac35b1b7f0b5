import CVNN
import CVTensor

/// Softmax regression: one linear layer over the pixels, the first classifier of any course.
///
/// x: [N, channels, height, width] -> logits [N, classes]. Key: `fc`.
public struct LogisticRegression: SlidingClassifier {
    let fc: Linear

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - inputs: channels · height · width.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(inputs: Int, classes: Int, _ p: ParameterScope) {
        fc = Linear(inputs, classes, p.scope("fc"))
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, height, width].
    /// - Returns: [N, channels · height · width].
    public func backbone(_ x: Tensor) -> Tensor { Flatten()(x) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, channels · height · width].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc(features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, height, width].
    /// - Returns: x itself.
    public func maps(_ x: Tensor) -> Tensor { x }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [Flatten(), fc] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 1 }
}
