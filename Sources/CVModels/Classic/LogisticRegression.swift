import CVNN
import CVTensor

/// Softmax regression: one linear layer over the pixels, the first classifier of any course.
///
/// x: [N, channels, height, width] -> logits [N, classes]. Key: `fc`.
public struct LogisticRegression: SlidingClassifier {
    let fc: Linear

    /// inputs: channels · height · width.
    public init(inputs: Int, classes: Int, _ p: ParameterScope) {
        fc = Linear(inputs, classes, p.scope("fc"))
    }

    public func backbone(_ x: Tensor) -> Tensor { Flatten()(x) }

    public func head(_ features: Tensor) -> Tensor { fc(features) }

    public var headScope: String { "fc" }

    public func maps(_ x: Tensor) -> Tensor { x }

    public var classificationHead: [any Layer] { [Flatten(), fc] }

    public var outputStride: Int { 1 }
}
