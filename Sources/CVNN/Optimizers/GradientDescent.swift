import CKernels
import CVCore
import CVTensor

/// Gradient descent, with momentum (Polyak 1964) or Nesterov's, as `torch.optim.SGD`.
///
/// m = momentum · m + g; w -= learningRate · m, or with Nesterov learningRate · (g + momentum · m).
public final class GradientDescent: Optimizer {
    public var learningRate: Float
    public let momentum: Float
    public let nesterov: Bool
    public let regularization: Regularization
    private var moments: Moments

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

    public var parameters: [Parameter] { moments.parameters }
    public var settings: [String: String] {
        [
            "optimizer": "gradient descent", "momentum": "\(momentum)", "nesterov": "\(nesterov)",
            "regularization": regularization.text,
        ]
    }
    public var state: StateDictionary { moments.state }
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) { try moments.restore(state) }

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
