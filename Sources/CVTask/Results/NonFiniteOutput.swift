import CVCore
import CVTensor

/// A network computed NaN or infinity from an image: that is no result, whatever a threshold or an argmax makes of it.
///
/// The weights are damaged, overflow with this input, or belong to another network.
public struct NonFiniteOutput: ToolkitError, Equatable {
    /// Where the values first are NaN or infinite.
    public enum Cause: Sendable, Equatable {
        /// The result of an operation of this layer, or of an operation without parameters right after it.
        case layer(String, operation: String?, nan: Int, infinite: Int, count: Int)
        /// The input of the network.
        case input
        /// The output; no single layer of the network could be named.
        case output
        /// The gradient, though all results are finite.
        case gradient

        /// A layer, with its result.
        package static func layer(_ name: String, of result: Tensor) -> Cause {
            let values = result.values
            return .layer(
                name, operation: nil, nan: values.count { $0.isNaN }, infinite: values.count { $0.isInfinite },
                count: values.count)
        }
    }

    /// The image, as a caller named it; nil if it has no name.
    public var image: String?
    /// The position of the image in the batch.
    public var index: Int
    /// Where the values first are NaN or infinite.
    public let cause: Cause

    /// An error about an image without a name.
    ///
    /// - Parameters:
    ///   - cause: where the values first are NaN or infinite.
    ///   - index: the position of the image in the batch.
    public init(_ cause: Cause, index: Int = 0) { (self.cause, self.index) = (cause, index) }

    /// The error with the name of its image.
    ///
    /// - Parameter name: a path, or another name.
    /// - Returns: the error, unchanged if it has a name.
    public func named(_ name: String) -> NonFiniteOutput {
        var copy = self
        copy.image = image ?? name
        return copy
    }

    public var description: String {
        (image.map { $0.escapedForDisplay + ": " } ?? "")
            + "what the network computes from the image is NaN or infinite: "
            + text + "; the weights are damaged or not those of this network: verify them, or use others"
    }

    private var text: String {
        switch cause {
        case .layer(let name, let operation, let nan, let infinite, let count):
            "the first layer whose result is not finite is \(quoted(name)) (" + (operation.map { $0 + ": " } ?? "")
                + "of \(count) values "
                + [(nan, "NaN"), (infinite, "infinite")].filter { $0.0 > 0 }.map { "\($0) are \($1)" }
                .joined(separator: ", ") + ")"
        case .input: "its input is, as the preprocessing of the weights gives it"
        case .output: "the output of its last layer is"
        case .gradient: "all results of its layers are finite, but their gradients are not"
        }
    }
}

extension NonFiniteOutput {
    public var category: ErrorCategory { .invalid }

    /// Computes with a network, and refuses a result that is NaN or infinite.
    ///
    /// The usual path costs one pass over the results. Only if they are not finite, or an activation in the network met
    /// infinities that it hides, the network runs once more, to name the first layer.
    ///
    /// - Parameters:
    ///   - x: the input, [N, …].
    ///   - values: the tensors of a result.
    ///   - network: computes the result.
    /// - Returns: what `network` computes; all finite, or shape-only.
    /// - Throws: `NonFiniteOutput` without a name, with the first image of the batch that is concerned.
    package static func checking<Output>(
        _ x: Tensor, _ values: (Output) -> [Tensor], network: (Tensor) -> Output
    ) throws(NonFiniteOutput) -> Output {
        let before = SaturatedInfinities.count
        let output = network(x)
        guard let bad = values(output).first(where: { !$0.isShapeOnly && !$0.isFinite }) else {
            if let hidden = hidden(since: before, in: x, network: { _ = network($0) }) { throw hidden }
            return output
        }
        throw NonFiniteOutput(cause(of: x) { _ = network($0) }, index: firstNonFinite(in: bad, batch: x.shape[0]))
    }

    /// As `checking(_:_:network:)`, of a network with one result.
    package static func checking(
        _ x: Tensor, network: (Tensor) -> Tensor
    ) throws(NonFiniteOutput) -> Tensor {
        try checking(x, { [$0] }, network: network)
    }

    /// Looks for infinities that an activation made finite: sigmoid, tanh and ReLU6 saturate, and the result is of no use.
    ///
    /// - Parameters:
    ///   - count: `SaturatedInfinities.count` before the network ran.
    ///   - x: the input, [N, …].
    ///   - network: what ran; it runs once more if an activation met infinities meanwhile.
    /// - Returns: the first layer; nil if all is finite.
    package static func hidden(since count: Int, in x: Tensor, network: (Tensor) -> Void) -> NonFiniteOutput? {
        guard SaturatedInfinities.count != count, !x.isShapeOnly, let found = firstStep(of: x, network) else {
            return nil
        }
        return NonFiniteOutput(cause(found), index: found.row < (x.shape.dimensions.first ?? 1) ? found.row : 0)
    }

    /// Runs a network once more, to find where its values first are not finite.
    package static func cause(of x: Tensor, network: (Tensor) -> Void) -> Cause {
        firstStep(of: x, network).map(cause) ?? .output
    }

    private static func firstStep(of x: Tensor, _ network: (Tensor) -> Void) -> NonFiniteStep? {
        let tape = Tape(.inference)
        return tape.firstNonFinite { network(tape.watch(x)) }
    }

    private static func cause(_ found: NonFiniteStep) -> Cause {
        if found.operation == .input { return .input }
        let name = found.parameter.map { key in key.lastIndex(of: ".").map { String(key[..<$0]) } ?? key }
        return .layer(
            name ?? "input", operation: found.operation.caseName, nan: found.nan, infinite: found.infinite,
            count: found.count)
    }

    /// The first image of a batch with such a value; 0 if the result is not one part for each image.
    private static func firstNonFinite(in output: Tensor, batch: Int) -> Int {
        guard output.shape.rank > 0, output.shape[0] == batch, batch > 0 else { return 0 }
        let position = output.withValues { $0.firstIndex { !$0.isFinite } ?? 0 }
        return position / max(1, output.shape.count / batch)
    }
}

extension CVTensor.Operation {
    /// The name of the case, such as `conv2d`.
    fileprivate var caseName: String { String("\(self)".prefix { $0 != "(" }) }
}
