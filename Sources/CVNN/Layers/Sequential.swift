import CVTensor

/// Layers one after the other, as `torch.nn.Sequential`: the keys of the first begin with `0.`, of the next with `1.` …,
/// and layers without parameters count as well.
///
/// ```swift
/// Sequential([{ Linear(784, 128, $0) }, { _ in Activation.relu }, { Linear(128, 10, $0) }], p.scope("classifier"))
/// // classifier.0.weight, classifier.0.bias, classifier.2.weight, classifier.2.bias
/// ```
public struct Sequential: Layer {
    public let layers: [any Layer]

    /// Each function makes one layer from its place in the tree of names.
    public init(_ makers: [(ParameterScope) -> any Layer], _ p: ParameterScope) {
        layers = makers.enumerated().map { index, make in make(p.scope("\(index)")) }
    }

    private init(layers: [any Layer]) { self.layers = layers }

    /// Some of the layers, by their places: `features[..<5]`.
    public subscript(_ positions: some RangeExpression<Int>) -> Sequential {
        Sequential(layers: Array(layers[positions]))
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}
