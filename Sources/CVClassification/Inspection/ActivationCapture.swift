import CVCore
import CVNN
import CVTensor

/// What each layer of a network makes of an input, by the layers' names, and what a result depends on.
///
/// ```swift
/// let seen = ActivationCapture(of: x) { network($0) }
/// let maps = try seen["layer4.1.bn2"]                       // [N, C, H, W], after the activation
/// let gradient = seen.gradient(of: seen.output, seed: oneHot, withRespectTo: maps)
/// ```
/// A layer is named as the keys of its parameters begin, and operations without parameters, such as an activation, go
/// with the layer before them. The network runs as in inference; its parameters must be frozen if other threads use it.
public struct ActivationCapture {
    public struct Layer: Sendable {
        public let name: String
        /// The last result of the name that has the size of its first: after the activation, but before a pooling.
        public let value: Tensor
    }

    /// The layers that give maps [N, C, H, W], in the order of the computation.
    public let layers: [Layer]
    /// What the network gives.
    public let output: Tensor
    /// As watched by the tape.
    public let input: Tensor
    private let tape: Tape
    private let results: [Layer]

    /// Runs a network.
    ///
    /// - Parameters:
    ///   - x: what it is given; of a shape-only tensor the results are shape-only, too.
    ///   - needsGradient: whether `gradient(of:seed:withRespectTo:)` is going to be asked; without, less is kept.
    ///   - network: as of inference.
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

    /// The maps of a layer; or of a block, such as `layer4.1`: what its last layer gives in the end, with all that was
    /// added to it or put beside it at the same height and width.
    ///
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

    /// What the last layer that gives maps of more than one pixel gives in the end, among those whose names fit.
    public func lastFeatureMap(where isWanted: (_ name: String) -> Bool) -> Layer? {
        guard let last = layers.last(where: { isWanted($0.name) && $0.value.plane > 1 }) else { return nil }
        return results.last { $0.name == last.name && $0.value.hasPlane(of: last.value) }
    }

    /// The gradient of Σ seed · y with respect to a result, or to `input`; nil if y does not depend on it.
    ///
    /// Frees what was recorded: it can be asked once.
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

/// Collects the results that are maps, and names them.
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
    /// Height × width of maps.
    fileprivate var plane: Int { shape[2] * shape[3] }

    fileprivate func hasPlane(of other: Tensor) -> Bool { shape[2] == other.shape[2] && shape[3] == other.shape[3] }
}

/// A layer that the network does not have.
public struct LayerError: ToolkitError, Equatable {
    public let name: String
    public let nearest: String?
    public let known: [String]

    public init(name: String, nearest: String?, known: [String]) {
        (self.name, self.nearest, self.known) = (name, nearest, known)
    }

    public var description: String {
        let hint = nearest.map { "did you mean \(quoted($0))?" }
        let all = "its layers are \(known.prefix(60).joined(separator: ", "))" + (known.count > 60 ? ", …" : "")
        return "the network has no layer \(quoted(name)) that gives maps; \(hint ?? all)"
    }
}

extension LayerError {
    public var category: ErrorCategory { .notFound }
}
