import CKernels
import CVCore
import CVTensor

/// RMSprop, as `torch.optim.RMSprop` (Tieleman & Hinton 2012): updates divided by a moving root mean square of the gradient.
///
/// v = decay · v + (1 - decay) · g²; w -= learningRate · g / (√v + epsilon).
public final class RMSprop: Optimizer {
    /// The learning rate of the next step.
    public var learningRate: Float
    /// The decay of the mean square, the term added to its root, and the factor of the previous update.
    public let decay, epsilon, momentum: Float
    /// Penalties added to the gradient.
    public let regularization: Regularization
    private var moments: Moments

    /// Creates an optimizer with the mean square 0.
    ///
    /// - Parameters:
    ///   - parameters: the parameters to update.
    ///   - learningRate: the learning rate.
    ///   - decay: the decay of the moving mean square, in 0 ... 1; PyTorch calls it `alpha`.
    ///   - epsilon: the term added to the denominator.
    ///   - momentum: the factor of the previous update, 0 for none.
    ///   - regularization: penalties added to the gradient; `l2` is PyTorch's `weight_decay`.
    public init(
        _ parameters: [Parameter], learningRate: Float = 1e-2, decay: Float = 0.99, epsilon: Float = 1e-8,
        momentum: Float = 0, regularization: Regularization = .none
    ) {
        precondition(decay >= 0 && decay <= 1, "decay \(decay): 0 to 1 expected")
        self.learningRate = learningRate
        self.decay = decay
        self.epsilon = epsilon
        self.momentum = momentum
        self.regularization = regularization
        moments = Moments(parameters, momentum == 0 ? ["square"] : ["square", "momentum"])
    }

    /// The parameters that `step` updates.
    public var parameters: [Parameter] { moments.parameters }
    /// The kind of optimizer and its hyperparameters except the learning rate.
    public var settings: [String: String] {
        [
            "optimizer": "RMSprop", "decay": "\(decay)", "epsilon": "\(epsilon)", "momentum": "\(momentum)",
            "regularization": regularization.text,
        ]
    }
    /// The mean squares, momentum buffers and step counts by key.
    public var state: StateDictionary { moments.state }
    /// Continues from a state of an optimizer of the same kind and parameters.
    ///
    /// - Parameter state: a state from `state`.
    /// - Throws: `ParameterMismatch` if keys or shapes differ; nothing changes then.
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) { try moments.restore(state) }

    /// Updates each trainable parameter that has a gradient.
    public func step() {
        let (rate, decay, epsilon, momentum) = (learningRate, decay, epsilon, momentum)
        let regularization = regularization
        let factors = { (parameter: Parameter, _: Int) in regularization.factors(for: parameter) }
        moments.update(factors) { part, regularization in
            cvk_rmsprop(
                InstructionSet.current.cValue, rate, decay, epsilon, momentum, regularization.l2, regularization.l1,
                part.weights, part.gradients, part.moment(0), momentum == 0 ? nil : part.moment(1), part.results,
                part.count)
        }
    }
}
