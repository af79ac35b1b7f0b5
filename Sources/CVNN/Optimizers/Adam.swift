import CKernels
import CVCore
import CVTensor

/// Moving means of the gradient and its square, both corrected for their start at 0 (Kingma & Ba 2014,
/// arXiv:1412.6980), as `torch.optim.Adam`; with `decoupledDecay` as `torch.optim.AdamW` (Loshchilov & Hutter 2017,
/// arXiv:1711.05101).
public final class Adam: Optimizer {
    public var learningRate: Float
    public let beta1, beta2, epsilon: Float
    /// Added to the gradient, and so divided by its size.
    public let regularization: Regularization
    /// Taken from the weight itself: w -= learningRate · decay · w. Only `l2` of it counts.
    public let decoupledDecay: Regularization
    private var moments: Moments

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

    /// AdamW with PyTorch's defaults.
    public static func decoupled(
        _ parameters: [Parameter], learningRate: Float = 1e-3, decay: Float = 1e-2, excludesBiasAndNorm: Bool = false
    ) -> Adam {
        Adam(
            parameters, learningRate: learningRate,
            decoupledDecay: Regularization(l2: decay, excludesBiasAndNorm: excludesBiasAndNorm))
    }

    public var parameters: [Parameter] { moments.parameters }
    public var settings: [String: String] {
        [
            "optimizer": "Adam", "beta1": "\(beta1)", "beta2": "\(beta2)", "epsilon": "\(epsilon)",
            "regularization": regularization.text, "decoupled decay": decoupledDecay.text,
        ]
    }
    public var state: StateDictionary { moments.state }
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) { try moments.restore(state) }

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
        // How much of the means' start at 0 is left.
        let (first, second) = (1 - pow(Double(beta1), Double(step)), 1 - pow(Double(beta2), Double(step)))
        let adam = cvk_adam_options(
            rate: Float(Double(learningRate) / first), beta1: beta1, beta2: beta2, root: Float(second.squareRoot()),
            epsilon: epsilon, shrink: 1 - learningRate * decoupledDecay.factors(for: parameter).l2)
        return (adam, l2, l1)
    }
}
