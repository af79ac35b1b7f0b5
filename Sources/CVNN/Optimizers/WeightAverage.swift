import CVTensor

/// The exponentially weighted average of weights over the steps of training, which is often better than the last ones
/// (Polyak & Juditsky 1992).
///
/// a = decay · a + (1 - decay) · w from a = 0; divided by 1 - decay^t, which corrects for that start.
public final class WeightAverage {
    public let decay: Float
    private let parameters: [Parameter]
    private var sums: [Tensor]
    /// 1 - decay^t: the weights of all w so far.
    private var total: Double = 0

    /// Buffers such as running means are averages already: of those the last is taken.
    public init(_ parameters: some Sequence<Parameter>, decay: Float = 0.999) {
        precondition(decay >= 0 && decay < 1, "decay \(decay): 0 to below 1 expected")
        self.parameters = Array(parameters)
        self.decay = decay
        sums = self.parameters.map { Tensor(repeating: 0, shape: $0.value.shape) }
    }

    /// Takes the present weights in: after each step.
    public func update() {
        total = total * Double(decay) + Double(1 - decay)
        for (index, parameter) in parameters.enumerated() where !parameter.isBuffer {
            sums[index] = sums[index] * decay + parameter.value.detached * (1 - decay)
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

    /// Calls `body` while the parameters have their averages, for an evaluation, and gives them their values back.
    public func applied<Result>(_ body: () throws -> Result) rethrows -> Result {
        let (values, averages) = (parameters.map(\.value), stateDictionary)
        for parameter in parameters { parameter.value = averages[parameter.name]! }
        defer { for (parameter, value) in zip(parameters, values) { parameter.value = value } }
        return try body()
    }
}
