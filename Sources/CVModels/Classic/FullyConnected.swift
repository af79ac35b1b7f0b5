import CVNN
import CVTensor

/// A multilayer perceptron over the pixels (Rumelhart, Hinton & Williams 1986), with ReLU between its layers.
///
/// x: [N, channels, height, width] -> logits [N, classes]. Keys: `fc1`, `fc2`, … in order.
public struct FullyConnected: SlidingClassifier {
    let layers: [Linear]
    let dropout: Dropout

    /// inputs: channels · height · width. hidden: the widths of the layers between input and logits.
    /// dropout: the probability after each hidden layer.
    public init(inputs: Int, hidden: [Int] = [256, 128], classes: Int, dropout: Float = 0, _ p: ParameterScope) {
        let widths = [inputs] + hidden + [classes]
        layers = zip(widths, widths.dropFirst()).enumerated().map { index, widths in
            Linear(widths.0, widths.1, initialized: .heNormal(), p.scope("fc\(index + 1)"))
        }
        self.dropout = Dropout(dropout)
    }

    public func backbone(_ x: Tensor) -> Tensor {
        layers.dropLast().reduce(Flatten()(x)) { dropout(Activation.relu($1($0))) }
    }

    public func head(_ features: Tensor) -> Tensor { layers[layers.count - 1](features) }

    public var headScope: String { "fc\(layers.count)" }

    public func maps(_ x: Tensor) -> Tensor { x }

    public var classificationHead: [any Layer] {
        let hidden = layers.dropLast().flatMap { [$0, Activation.relu, dropout] as [any Layer] }
        return [Flatten()] + hidden + [layers[layers.count - 1]]
    }

    public var outputStride: Int { 1 }
}
