import CVTensor

/// Changes parameters by their gradients, so that a loss becomes smaller.
///
/// ```swift
/// let optimizer = Adam(parameters.trainable, learningRate: 1e-3)
/// for (pictures, labels) in batches {
///     let tape = Tape(.training)
///     tape.gradients(of: crossEntropy(network(tape.watch(pictures)), labels))
///     optimizer.step()
///     optimizer.clearGradients()
/// }
/// ```
public protocol Optimizer: AnyObject {
    var parameters: [Parameter] { get }
    var learningRate: Float { get set }

    /// Its kind and all numbers that its steps depend on, except the learning rate: a run that is resumed must have the
    /// same.
    var settings: [String: String] { get }

    /// Changes each parameter that has a gradient.
    func step()

    /// What it remembers from the steps so far, for a checkpoint.
    var state: StateDictionary { get }

    /// Goes on from `state` of an optimiser of the same kind and parameters; nothing is changed if it does not fit.
    func restore(_ state: StateDictionary) throws(ParameterMismatch)
}

extension Optimizer {
    /// Forgets the gradients: before the next pass.
    public func clearGradients() { parameters.clearGradients() }
}

/// Terms that are added to the loss to keep weights small: l2 / 2 · Σ w² + l1 · Σ |w|.
///
/// `l2` is what PyTorch's optimisers call weight decay.
public struct Regularization: Sendable, Equatable {
    public let l2, l1: Float
    /// Whether the vectors, which are biases and the scales of normalisations, are left alone.
    public let excludesBiasAndNorm: Bool

    public init(l2: Float = 0, l1: Float = 0, excludesBiasAndNorm: Bool = false) {
        self.l2 = l2
        self.l1 = l1
        self.excludesBiasAndNorm = excludesBiasAndNorm
    }

    public static let none = Regularization()

    /// In words, for `Optimizer.settings`.
    var text: String { "l2 \(l2), l1 \(l1)\(excludesBiasAndNorm ? ", not of vectors" : "")" }

    func factors(for parameter: Parameter) -> (l2: Float, l1: Float) {
        excludesBiasAndNorm && parameter.value.shape.rank <= 1 ? (0, 0) : (l2, l1)
    }
}
