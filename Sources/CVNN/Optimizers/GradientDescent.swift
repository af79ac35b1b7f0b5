import CKernels
import CVCore
import CVTensor

/// Stochastic gradient descent with momentum (Polyak 1964) or Nesterov momentum, as `torch.optim.SGD`.
///
/// m = momentum · m + g; w -= learningRate · m, or with Nesterov learningRate · (g + momentum · m).
public final class GradientDescent: Optimizer {
    /// The learning rate of the next step.
    public var learningRate: Float
    /// The factor of the previous update, 0 for none.
    public let momentum: Float
    /// Whether the momentum is Nesterov's.
    public let nesterov: Bool
    /// Penalties added to the gradient.
    public let regularization: Regularization
    private var moments: Moments

    /// Creates an optimizer with all momentum buffers 0.
    ///
    /// - Parameters:
    ///   - parameters: the parameters to update.
    ///   - learningRate: the learning rate.
    ///   - momentum: the factor of the previous update; 0 or more.
    ///   - nesterov: whether the momentum is Nesterov's; needs a momentum above 0.
    ///   - regularization: penalties added to the gradient; `l2` is PyTorch's `weight_decay`.
    public init(
        _ parameters: [Parameter], learningRate: Float, momentum: Float = 0, nesterov: Bool = false,
        regularization: Regularization = .none
    ) {
        precondition(momentum >= 0, "momentum \(momentum): 0 or more expected")
        precondition(!nesterov || momentum > 0, "Nesterov's method needs a momentum above 0")
        self.learningRate = learningRate
        self.momentum = momentum
        self.nesterov = nesterov
        self.regularization = regularization
        moments = Moments(parameters, momentum == 0 ? [] : ["momentum"])
    }

    /// The parameters that `step` updates.
    public var parameters: [Parameter] { moments.parameters }
    /// The kind of optimizer and its hyperparameters except the learning rate.
    public var settings: [String: String] {
        [
            "optimizer": "gradient descent", "momentum": "\(momentum)", "nesterov": "\(nesterov)",
            "regularization": regularization.text,
        ]
    }
    /// The momentum buffers and step counts by key.
    public var state: StateDictionary { moments.state }
    /// Continues from a state of an optimizer of the same kind and parameters.
    ///
    /// - Parameter state: a state from `state`.
    /// - Throws: `ParameterMismatch` if keys or shapes differ; nothing changes then.
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) { try moments.restore(state) }

    /// Updates each trainable parameter that has a gradient.
    public func step() {
        let (rate, momentum, nesterov, regularization) = (learningRate, momentum, nesterov, regularization)
        let factors = { (parameter: Parameter, _: Int) in regularization.factors(for: parameter) }
        moments.update(factors) { part, regularization in
            cvk_gradient_descent(
                InstructionSet.current.cValue, rate, momentum, nesterov, regularization.l2, regularization.l1,
                part.weights, part.gradients, momentum == 0 ? nil : part.moment(0), part.results, part.count)
        }
    }
}
