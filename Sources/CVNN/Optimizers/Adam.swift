import CKernels
import CVCore
import CVTensor

/// Adam, as `torch.optim.Adam` (Kingma & Ba 2014, arXiv:1412.6980): exponential moving averages of the gradient and its
/// square, both with bias correction; with `decoupledDecay`, AdamW (Loshchilov & Hutter 2017, arXiv:1711.05101), as
/// `torch.optim.AdamW`.
public final class Adam: Optimizer {
    /// The learning rate of the next step.
    public var learningRate: Float
    /// The decay of the two moving averages, and the term added to the root of the second.
    public let beta1, beta2, epsilon: Float
    /// Penalties added to the gradient, and so divided by its magnitude.
    public let regularization: Regularization
    /// Decoupled weight decay: w -= learningRate · decay · w. Only its `l2` is used.
    public let decoupledDecay: Regularization
    private var moments: Moments

    /// Creates an optimizer with all moving averages 0.
    ///
    /// - Parameters:
    ///   - parameters: the parameters to update.
    ///   - learningRate: the learning rate.
    ///   - beta1: the decay of the moving average of the gradient, in 0 ..< 1.
    ///   - beta2: the decay of the moving average of its square, in 0 ..< 1.
    ///   - epsilon: the term added to the denominator.
    ///   - regularization: penalties added to the gradient; `l2` is `weight_decay` of `torch.optim.Adam`.
    ///   - decoupledDecay: weight decay as of AdamW; only its `l2` is used.
    public init(
        _ parameters: [Parameter], learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999,
        epsilon: Float = 1e-8, regularization: Regularization = .none, decoupledDecay: Regularization = .none
    ) {
        for beta in [beta1, beta2] { precondition(beta >= 0 && beta < 1, "beta \(beta): 0 to below 1 expected") }
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.regularization = regularization
        self.decoupledDecay = decoupledDecay
        moments = Moments(parameters, ["mean", "square"])
    }

    /// AdamW with the defaults of `torch.optim.AdamW`.
    ///
    /// - Parameters:
    ///   - parameters: the parameters to update.
    ///   - learningRate: the learning rate.
    ///   - decay: the weight decay.
    ///   - excludesBiasAndNorm: whether biases and scales of normalizations are not decayed.
    /// - Returns: the optimizer.
    public static func decoupled(
        _ parameters: [Parameter], learningRate: Float = 1e-3, decay: Float = 1e-2, excludesBiasAndNorm: Bool = false
    ) -> Adam {
        Adam(
            parameters, learningRate: learningRate,
            decoupledDecay: Regularization(l2: decay, excludesBiasAndNorm: excludesBiasAndNorm))
    }

    /// The parameters that `step` updates.
    public var parameters: [Parameter] { moments.parameters }
    /// The kind of optimizer and its hyperparameters except the learning rate.
    public var settings: [String: String] {
        [
            "optimizer": "Adam", "beta1": "\(beta1)", "beta2": "\(beta2)", "epsilon": "\(epsilon)",
            "regularization": regularization.text, "decoupled decay": decoupledDecay.text,
        ]
    }
    /// The moving averages and step counts by key.
    public var state: StateDictionary { moments.state }
    /// Continues from a state of an optimizer of the same kind and parameters.
    ///
    /// - Parameter state: a state from `state`.
    /// - Throws: `ParameterMismatch` if keys or shapes differ; nothing changes then.
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) { try moments.restore(state) }

    /// Updates each trainable parameter that has a gradient.
    public func step() {
        moments.update(options) { part, options in
            withUnsafePointer(to: options.adam) { adam in
                cvk_adam(
                    InstructionSet.current.cValue, adam, options.l2, options.l1, part.weights, part.gradients,
                    part.moment(0), part.moment(1), part.results, part.count)
            }
        }
    }

    private func options(_ parameter: Parameter, _ step: Int) -> (adam: cvk_adam_options, l2: Float, l1: Float) {
        let (l2, l1) = regularization.factors(for: parameter)
        // The bias corrections of the two averages, which start at 0.
        let (first, second) = (1 - pow(Double(beta1), Double(step)), 1 - pow(Double(beta2), Double(step)))
        let adam = cvk_adam_options(
            rate: Float(Double(learningRate) / first), beta1: beta1, beta2: beta2, root: Float(second.squareRoot()),
            epsilon: epsilon, shrink: 1 - learningRate * decoupledDecay.factors(for: parameter).l2)
        return (adam, l2, l1)
    }
}
