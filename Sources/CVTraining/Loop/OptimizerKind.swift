import CVCore
import CVNN

/// The optimizers that suit mini-batches. (L-BFGS needs a loss that is the same function at every call.)
public enum OptimizerKind: String, Sendable, CaseIterable {
    case sgd, momentum, nesterov, rmsprop, adam, adamw

    /// Whether each weight has a step size of its own: the learning rate is then about the distance that a weight moves.
    package var isAdaptive: Bool {
        switch self {
        case .sgd, .momentum, .nesterov: false
        case .rmsprop, .adam, .adamw: true
        }
    }

    /// - Parameters:
    ///   - parameters: to optimize.
    ///   - learningRate: at the start.
    ///   - momentum: of `momentum` and `nesterov`.
    ///   - weightDecay: the factor of L2 regularization of all weights; with `adamw` decoupled from the gradients.
    ///   - l1: the factor of L1 regularization.
    /// - Returns: an optimizer.
    package func make(
        _ parameters: [Parameter], learningRate: Double, momentum: Double, weightDecay: Double, l1: Double = 0
    ) -> any Optimizer {
        let (rate, momentum) = (Float(learningRate), Float(momentum))
        let decay = Regularization(l2: Float(weightDecay), l1: Float(l1))
        return switch self {
        case .sgd: GradientDescent(parameters, learningRate: rate, regularization: decay)
        case .momentum:
            GradientDescent(parameters, learningRate: rate, momentum: momentum, regularization: decay)
        case .nesterov:
            // Without momentum, Nesterov's look-ahead is gradient descent.
            GradientDescent(
                parameters, learningRate: rate, momentum: momentum, nesterov: momentum > 0, regularization: decay)
        case .rmsprop: RMSprop(parameters, learningRate: rate, regularization: decay)
        case .adam: Adam(parameters, learningRate: rate, regularization: decay)
        case .adamw:
            Adam(
                parameters, learningRate: rate, regularization: Regularization(l1: Float(l1)),
                decoupledDecay: Regularization(l2: Float(weightDecay)))
        }
    }
}

/// How the learning rate changes over the epochs of a training.
public enum ScheduleKind: String, Sendable, CaseIterable {
    /// Half a cosine down to 0.
    case cosine
    /// Up to the rate over 30 % of the time, and down to nearly 0.
    case oneCycle = "one-cycle"
    case constant
    /// A tenth of it after each third of the epochs.
    case staircase
    /// Exponentially, to a hundredth.
    case exponential
    /// rate / (1 + k · epoch), to a tenth.
    case inverse
    /// rate / √epoch from the first epoch on.
    case inverseRoot = "inverse-root"

    /// The schedule of a training, in units of epochs.
    ///
    /// - Parameters:
    ///   - rate: the full learning rate.
    ///   - epochs: the length of the training.
    ///   - stepsPerEpoch: for `oneCycle`, which changes at every step.
    /// - Returns: the learning rate at a time.
    package func make(rate: Double, epochs: Int, stepsPerEpoch: Int) -> Schedule {
        let length = Double(max(epochs, 1))
        switch self {
        case .cosine: return .cosine(from: rate, over: length)
        case .oneCycle:
            let cycle = Schedule.oneCycle(peak: rate, steps: max(epochs * stepsPerEpoch, Self.shortestCycle))
            return Schedule { Double(cycle($0 * Double(stepsPerEpoch))) }
        case .constant: return .constant(rate)
        case .staircase: return .staircase(from: rate, factor: 0.1, every: length / 3)
        case .exponential: return .exponential(from: rate, factor: root(of: 0.01, length))
        case .inverse: return .inverse(from: rate, decay: 9 / length)
        case .inverseRoot: return .inverseRoot(rate)
        }
    }

    /// A shorter cycle has no peak.
    private static let shortestCycle = 8

    /// The factor that gives `value` after `count` multiplications.
    private func root(of value: Double, _ count: Double) -> Double { exp(log(value) / count) }
}
