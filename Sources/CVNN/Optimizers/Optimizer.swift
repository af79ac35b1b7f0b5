import CVTensor

/// Updates parameters by their gradients to decrease a loss, as `torch.optim.Optimizer`.
///
/// ```swift
/// let optimizer = Adam(parameters.trainable, learningRate: 1e-3)
/// for (images, labels) in batches {
///     let tape = Tape(.training)
///     tape.gradients(of: crossEntropy(network(tape.watch(images)), labels))
///     optimizer.step()
///     optimizer.clearGradients()
/// }
/// ```
public protocol Optimizer: AnyObject {
    /// The parameters that `step` updates.
    var parameters: [Parameter] { get }
    /// The learning rate of the next step.
    var learningRate: Float { get set }

    /// The kind of optimizer and all hyperparameters except the learning rate, in words; a resumed run must have the same.
    var settings: [String: String] { get }

    /// Updates each parameter that has a gradient.
    func step()

    /// The internal state, such as momentum buffers and step counts, for a checkpoint.
    var state: StateDictionary { get }

    /// Continues from the `state` of an optimizer of the same kind and parameters; nothing changes if it does not fit.
    ///
    /// - Parameter state: a state from `state`.
    /// - Throws: `ParameterMismatch` with every key that is missing, unexpected, or of another shape.
    func restore(_ state: StateDictionary) throws(ParameterMismatch)
}

extension Optimizer {
    /// Sets all gradients to nil before the next pass, as `zero_grad()`.
    public func clearGradients() { parameters.clearGradients() }
}

/// Penalties added to the loss to keep weights small: l2 / 2 · Σ w² + l1 · Σ |w|.
///
/// `l2` is what PyTorch's optimizers call weight decay.
public struct Regularization: Sendable, Equatable {
    /// The factors of the squared and of the absolute weights.
    public let l2, l1: Float
    /// Whether vectors, which are biases and scales of normalizations, are excluded.
    public let excludesBiasAndNorm: Bool

    /// Creates penalties; the defaults have no effect.
    ///
    /// - Parameters:
    ///   - l2: the factor of Σ w² / 2.
    ///   - l1: the factor of Σ |w|.
    ///   - excludesBiasAndNorm: whether tensors of at most one dimension are excluded.
    public init(l2: Float = 0, l1: Float = 0, excludesBiasAndNorm: Bool = false) {
        self.l2 = l2
        self.l1 = l1
        self.excludesBiasAndNorm = excludesBiasAndNorm
    }

    /// No penalty.
    public static let none = Regularization()

    /// In words, for `Optimizer.settings`.
    var text: String { "l2 \(l2), l1 \(l1)\(excludesBiasAndNorm ? ", not of vectors" : "")" }

    func factors(for parameter: Parameter) -> (l2: Float, l1: Float) {
        excludesBiasAndNorm && parameter.value.shape.rank <= 1 ? (0, 0) : (l2, l1)
    }
}
