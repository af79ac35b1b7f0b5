import CVCore
import CVTensor

/// An exponential moving average (EMA) of weights over training steps, which often generalizes better than the last weights
/// (Polyak & Juditsky 1992). PyTorch's counterpart, without the bias correction, is `torch.optim.swa_utils.AveragedModel`.
///
/// a = decay · a + (1 - decay) · w from a = 0, with the bias correction 1 / (1 - decay^t).
public final class WeightAverage {
    /// The factor of the previous average.
    public let decay: Float
    private let parameters: [Parameter]
    private var sums: [Tensor]
    private var updates = 0
    /// 1 - decay^t: the sum of the factors of all w so far.
    private var total: Double = 0

    /// Creates an average without updates.
    ///
    /// For buffers such as running means, which are averages already, the last value is used.
    ///
    /// - Parameters:
    ///   - parameters: the parameters to average.
    ///   - decay: the factor of the previous average, in 0 ..< 1.
    public init(_ parameters: some Sequence<Parameter>, decay: Float = 0.999) {
        precondition(decay >= 0 && decay < 1, "decay \(decay): 0 to below 1 expected")
        self.parameters = Array(parameters)
        self.decay = decay
        sums = self.parameters.map { Tensor(repeating: 0, shape: $0.value.shape) }
    }

    /// Adds the present weights to the average; call it after each step.
    public func update() {
        updates += 1
        total = Self.total(total, decay)
        for (index, parameter) in parameters.enumerated() where !parameter.isBuffer {
            sums[index] = sums[index] * decay + parameter.value.detached * (1 - decay)
        }
    }

    private static func total(_ total: Double, _ decay: Float) -> Double { total * Double(decay) + Double(1 - decay) }

    /// The sums by key and the number of updates, for a checkpoint.
    public var state: StateDictionary {
        var state: StateDictionary = ["updates": Tensor([Float(updates)], shape: [1])]
        for (parameter, sum) in zip(parameters, sums) where !parameter.isBuffer { state["sum." + parameter.name] = sum }
        return state
    }

    /// Continues from the `state` of an average of the same parameters; nothing changes if it does not fit.
    ///
    /// - Parameter state: a state from `state`.
    /// - Throws: `ParameterMismatch` with every key that is missing, unexpected, or of another shape.
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) {
        let expected = self.state.mapValues(\.shape.dimensions)
        let difference = KeyDifference(expected: expected, found: state.mapValues(\.shape.dimensions))
        if !difference.isEmpty { throw ParameterMismatch(declared: expected.count, difference: difference) }
        // A damaged file may hold any number. A 32-bit float cannot count above 2^24, where the total has long been 1.
        let found = state["updates"]!.item
        updates = found >= 0 && found <= 0x1p24 ? Int(clamping: found) : 0
        // Accumulated as in `update`, so that it is the same to the last bit.
        total = (0..<updates).reduce(0) { total, _ in Self.total(total, decay) }
        for (index, parameter) in parameters.enumerated() where !parameter.isBuffer {
            sums[index] = state["sum." + parameter.name]!.detached
        }
    }

    /// The averages by key; the present values before the first `update`.
    public var stateDictionary: StateDictionary {
        var state: StateDictionary = [:]
        for (parameter, sum) in zip(parameters, sums) {
            let isAverage = !parameter.isBuffer && total > 0
            state[parameter.name] = isAverage ? sum * Float(1 / total) : parameter.value.detached
        }
        return state
    }

    /// Calls `body` while the parameters hold their averages, for an evaluation, and restores their values afterwards.
    ///
    /// - Parameter body: the evaluation.
    /// - Returns: the result of `body`.
    /// - Throws: the error of `body`.
    public func applied<Result>(_ body: () throws -> Result) rethrows -> Result {
        let (values, averages) = (parameters.map(\.value), stateDictionary)
        for parameter in parameters { parameter.value = averages[parameter.name]! }
        defer { for (parameter, value) in zip(parameters, values) { parameter.value = value } }
        return try body()
    }
}
