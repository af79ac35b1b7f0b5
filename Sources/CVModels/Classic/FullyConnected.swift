import CVNN
import CVTensor

/// A multilayer perceptron over the pixels (Rumelhart, Hinton & Williams 1986), with ReLU between its layers.
///
/// x: [N, channels, height, width] -> logits [N, classes]. Keys: `fc1`, `fc2`, … in order.
public struct FullyConnected: SlidingClassifier {
    let layers: [Linear]
    let dropout: Dropout

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - inputs: channels · height · width.
    ///   - hidden: the widths of the layers between input and logits.
    ///   - classes: number of logits.
    ///   - dropout: the probability after each hidden layer.
    ///   - p: the scope of the parameters.
    public init(inputs: Int, hidden: [Int] = [256, 128], classes: Int, dropout: Float = 0, _ p: ParameterScope) {
        let widths = [inputs] + hidden + [classes]
        layers = zip(widths, widths.dropFirst()).enumerated().map { index, widths in
            Linear(widths.0, widths.1, initialized: .heNormal(), p.scope("fc\(index + 1)"))
        }
        self.dropout = Dropout(dropout)
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, width of the last hidden layer].
    public func backbone(_ x: Tensor) -> Tensor {
        layers.dropLast().reduce(Flatten()(x)) { dropout(Activation.relu($1($0))) }
    }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, width of the last hidden layer].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { layers[layers.count - 1](features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc\(layers.count)" }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: x itself.
    public func maps(_ x: Tensor) -> Tensor { x }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] {
        let hidden = layers.dropLast().flatMap { [$0, Activation.relu, dropout] as [any Layer] }
        return [Flatten()] + hidden + [layers[layers.count - 1]]
    }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 1 }
}
