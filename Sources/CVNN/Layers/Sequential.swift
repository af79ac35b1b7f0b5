import CVTensor

/// Layers in sequence, as `torch.nn.Sequential`: the keys of the first begin with `0.`, of the next with `1.` …; layers
/// without parameters count as well.
///
/// ```swift
/// Sequential([{ Linear(784, 128, $0) }, { _ in Activation.relu }, { Linear(128, 10, $0) }], p.scope("classifier"))
/// // classifier.0.weight, classifier.0.bias, classifier.2.weight, classifier.2.bias
/// ```
public struct Sequential: Layer {
    /// The layers in the order of execution.
    public let layers: [any Layer]

    /// Builds the layers.
    ///
    /// - Parameters:
    ///   - makers: build one layer each from its scope.
    ///   - p: the scope of the sequence.
    public init(_ makers: [(ParameterScope) -> any Layer], _ p: ParameterScope) {
        layers = makers.enumerated().map { index, make in make(p.scope("\(index)")) }
    }

    private init(layers: [any Layer]) { self.layers = layers }

    /// A range of the layers, by position: `features[..<5]`.
    ///
    /// - Parameter positions: the range, from 0.
    public subscript(_ positions: some RangeExpression<Int>) -> Sequential {
        Sequential(layers: Array(layers[positions]))
    }

    /// Applies the layers one after the other.
    ///
    /// - Parameter x: the input of the first layer.
    /// - Returns: the output of the last layer.
    public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}
