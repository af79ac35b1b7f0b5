import CVCore
import CVNN
import CVTensor

/// Captures the activations of a network by layer name, and computes gradients with respect to them.
///
/// The counterpart of PyTorch's forward hooks (`register_forward_hook`).
///
/// ```swift
/// let capture = ActivationCapture(of: x) { network($0) }
/// let maps = try capture["layer4.1.bn2"]                    // [N, C, H, W], after the activation
/// let gradient = capture.gradient(of: capture.output, seed: oneHot, withRespectTo: maps)
/// ```
/// The name of a layer is the prefix of its parameters' keys. An operation without parameters, such as an activation,
/// belongs to the layer before it. The network runs in inference mode; its parameters must be frozen if other threads
/// use it.
public struct ActivationCapture {
    /// A layer and its feature maps.
    public struct Layer: Sendable {
        /// The prefix of the keys of the layer's parameters, such as `layer4.1.bn2`.
        public let name: String
        /// The last result under this name with the shape of the first: after the activation, but before a pooling.
        public let value: Tensor
    }

    /// The layers that produce feature maps [N, C, H, W], in the order of execution.
    public let layers: [Layer]
    /// The output of the network.
    public let output: Tensor
    /// The input, as recorded on the tape: gradients can be computed with respect to it.
    public let input: Tensor
    private let tape: Tape
    private let results: [Layer]

    /// Runs a network.
    ///
    /// - Parameters:
    ///   - x: the input of the network; for a shape-only tensor the results are shape-only too.
    ///   - needsGradient: whether `gradient(of:seed:withRespectTo:)` will be called; `false` saves memory.
    ///   - network: computes the output from the input, in inference mode.
    public init(of x: Tensor, needsGradient: Bool = true, _ network: (Tensor) -> Tensor) {
        var observed = Observed()
        tape = Tape(.inference)
        let input = tape.watch(x, gradient: needsGradient)
        output = tape.observing {
            observed.add($0)
        } during: {
            network(input)
        }
        self.input = input
        results = observed.results
        layers = Self.layers(results)
    }

    /// The feature maps [N, C, H, W] of a layer, or of a block such as `layer4.1`.
    ///
    /// Those of a block are the last result of its last layer, including what is added to or concatenated with it at the
    /// same height and width.
    ///
    /// - Parameter name: the name of a layer, or of a block of layers.
    /// - Throws: `LayerError` for a name that no layer has.
    public subscript(name: String) -> Tensor {
        get throws(LayerError) {
            if let exact = layers.first(where: { $0.name == name }) { return exact.value }
            guard let found = lastFeatureMap(where: { $0.hasPrefix(name + ".") }) else {
                let names = layers.map(\.name)
                throw LayerError(name: name, nearest: nearestName(to: name, in: names), known: names)
            }
            return found.value
        }
    }

    /// The last feature maps of more than one pixel, among the layers that satisfy a condition.
    ///
    /// - Parameter isWanted: returns whether a layer counts, by its name.
    /// - Returns: the layer with its last result; nil if no layer satisfies the condition.
    public func lastFeatureMap(where isWanted: (_ name: String) -> Bool) -> Layer? {
        guard let last = layers.last(where: { isWanted($0.name) && $0.value.plane > 1 }) else { return nil }
        return results.last { $0.name == last.name && $0.value.hasPlane(of: last.value) }
    }

    /// The gradient of Σ seed · y, as `torch.autograd.grad(y, x, grad_outputs=seed)`.
    ///
    /// Frees the tape: it can be called only once.
    ///
    /// - Parameters:
    ///   - y: a captured result, or `output`.
    ///   - seed: of the shape of `y`.
    ///   - x: a captured result, or `input`.
    /// - Returns: of the shape of `x`; nil if `y` does not depend on `x`.
    public func gradient(of y: Tensor, seed: Tensor, withRespectTo x: Tensor) -> Tensor? {
        tape.gradients(of: y, seed: seed, keeping: [x])[x]
    }

    private static func layers(_ results: [Layer]) -> [Layer] {
        var positions: [String: Int] = [:]
        var layers: [Layer] = []
        for result in results {
            if let position = positions[result.name] {
                if layers[position].value.shape == result.value.shape { layers[position] = result }
            } else {
                positions[result.name] = layers.count
                layers.append(result)
            }
        }
        return layers
    }
}

/// Collects the results that are feature maps, and names them.
private struct Observed {
    private(set) var results: [ActivationCapture.Layer] = []
    private var name: String?

    mutating func add(_ step: ObservedStep) {
        if step.operation.isLeaf { return }
        // `layer1.0.bn1.weight` is a parameter of `layer1.0.bn1`.
        if let key = step.parameters.last, let dot = key.lastIndex(of: ".") { name = String(key[..<dot]) }
        guard let name, step.result.shape.rank == 4 else { return }
        results.append(.init(name: name, value: step.result))
    }
}

extension Tensor {
    /// Height × width of feature maps.
    fileprivate var plane: Int { shape[2] * shape[3] }

    fileprivate func hasPlane(of other: Tensor) -> Bool { shape[2] == other.shape[2] && shape[3] == other.shape[3] }
}

/// The network has no layer of this name that produces feature maps.
public struct LayerError: ToolkitError, Equatable {
    /// The requested name; empty if none was requested, and the network has no feature maps before its head.
    public let name: String
    /// The most similar name of a layer, if one is similar.
    public let nearest: String?
    /// The names of all layers with feature maps.
    public let known: [String]

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - name: the requested name.
    ///   - nearest: the most similar name of a layer, if one is similar.
    ///   - known: the names of all layers with feature maps.
    public init(name: String, nearest: String?, known: [String]) {
        (self.name, self.nearest, self.known) = (name, nearest, known)
    }

    public var description: String {
        if name.isEmpty {
            return
                "the network has no feature maps before its classification head, so there is nothing to locate in the image; "
                + "use a convolutional network"
        }
        let hint = nearest.map { "did you mean \(quoted($0))?" }
        let all = "its layers are \(known.prefix(60).joined(separator: ", "))" + (known.count > 60 ? ", …" : "")
        return "the network has no layer \(quoted(name)) with feature maps; \(hint ?? all)"
    }
}

extension LayerError {
    public var category: ErrorCategory { .notFound }
}
