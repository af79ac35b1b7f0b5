import CKernels
import CVCore
import CVTensor

/// Steps divided by the moving root mean square of the gradient (Tieleman & Hinton 2012), as `torch.optim.RMSprop`.
///
/// v = decay · v + (1 - decay) · g²; w -= learningRate · g / (√v + epsilon).
public final class RMSprop: Optimizer {
    public var learningRate: Float
    public let decay, epsilon, momentum: Float
    public let regularization: Regularization
    private var moments: Moments

    /// - Parameter decay: how much of the mean of squares stays with each step; PyTorch calls it alpha.
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

    public var parameters: [Parameter] { moments.parameters }
    public var settings: [String: String] {
        [
            "optimizer": "RMSprop", "decay": "\(decay)", "epsilon": "\(epsilon)", "momentum": "\(momentum)",
            "regularization": regularization.text,
        ]
    }
    public var state: StateDictionary { moments.state }
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) { try moments.restore(state) }

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
