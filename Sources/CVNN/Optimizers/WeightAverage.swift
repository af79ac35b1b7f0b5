import CVTensor

/// The exponentially weighted average of weights over the steps of training, which is often better than the last ones
/// (Polyak & Juditsky 1992).
///
/// a = decay · a + (1 - decay) · w from a = 0; divided by 1 - decay^t, which corrects for that start.
public final class WeightAverage {
    public let decay: Float
    private let parameters: [Parameter]
    private var sums: [Tensor]
    private var updates = 0
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
        updates += 1
        total = Self.total(total, decay)
        for (index, parameter) in parameters.enumerated() where !parameter.isBuffer {
            sums[index] = sums[index] * decay + parameter.value.detached * (1 - decay)
        }
    }

    private static func total(_ total: Double, _ decay: Float) -> Double { total * Double(decay) + Double(1 - decay) }

    /// What it remembers, for a checkpoint: the sums by key, and how many updates they are of.
    public var state: StateDictionary {
        var state: StateDictionary = ["updates": Tensor([Float(updates)], shape: [1])]
        for (parameter, sum) in zip(parameters, sums) where !parameter.isBuffer { state["sum." + parameter.name] = sum }
        return state
    }

    /// Goes on from `state` of an average of the same parameters; nothing is changed if it does not fit.
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) {
        let expected = self.state.mapValues(\.shape.dimensions)
        let difference = KeyDifference(expected: expected, found: state.mapValues(\.shape.dimensions))
        if !difference.isEmpty { throw ParameterMismatch(declared: expected.count, difference: difference) }
        // A damaged file may hold any number. Above 2^24 a 32-bit float does not count on, and the total is 1 long since.
        let found = state["updates"]!.item
        updates = found >= 0 && found <= 0x1p24 ? Int(found) : 0
        // Step by step as in `update`, so that it is the same to the last bit.
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

    /// Calls `body` while the parameters have their averages, for an evaluation, and gives them their values back.
    public func applied<Result>(_ body: () throws -> Result) rethrows -> Result {
        let (values, averages) = (parameters.map(\.value), stateDictionary)
        for parameter in parameters { parameter.value = averages[parameter.name]! }
        defer { for (parameter, value) in zip(parameters, values) { parameter.value = value } }
        return try body()
    }
}
