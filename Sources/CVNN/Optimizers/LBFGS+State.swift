import CVCore
import CVTensor

extension LBFGS {
    /// The curvature pairs (`s.0`, `y.0`, …, the oldest first) and the last step, for a checkpoint.
    public var state: StateDictionary {
        var state: StateDictionary = [:]
        func add(_ name: String, _ values: [Float]) { state[name] = Tensor(values, shape: [values.count]) }
        for (index, pair) in pairs.enumerated() {
            add("s.\(index)", pair.s.values)
            add("y.\(index)", pair.y.values)
        }
        if let last {
            add("direction", last.direction.values)
            add("gradient", last.gradient.values)
            add("length", Self.floats(last.length))
        }
        return state
    }

    /// Continues from the `state` of an L-BFGS with the same parameters: the next steps are the same to the last bit.
    ///
    /// - Parameter state: a state from `state`.
    /// - Throws: `ParameterMismatch` for vectors that are missing or of another length; nothing changes then.
    public func restore(_ state: StateDictionary) throws(ParameterMismatch) {
        let count = parameters.reduce(0) { $0 + $1.shape.count }
        let pairCount = state.keys.count { $0.hasPrefix("s.") }
        var expected: [String: [Int]] = [:]
        for index in 0..<pairCount { (expected["s.\(index)"], expected["y.\(index)"]) = ([count], [count]) }
        if !state.isEmpty { expected.merge(["direction": [count], "gradient": [count], "length": [4]]) { $1 } }
        let difference = KeyDifference(expected: expected, found: state.mapValues(\.shape.dimensions))
        if !difference.isEmpty { throw ParameterMismatch(declared: expected.count, difference: difference) }
        func vector(_ name: String) -> FlatVector { FlatVector([state[name]!]) }
        // With a shorter history than before, the oldest pairs are dropped.
        pairs = (0..<pairCount).suffix(history).map { index in
            let (s, y) = (vector("s.\(index)"), vector("y.\(index)"))
            return (s, y, 1 / s.dot(y))
        }
        scale = pairs.last.map { $0.s.dot($0.y) / $0.y.dot($0.y) } ?? 1
        last =
            state.isEmpty ? nil : (vector("direction"), vector("gradient"), Self.double(state["length"]!.values))
    }

    /// A 64-bit number as four of 16 bits, each of which a 32-bit float represents exactly.
    private static func floats(_ value: Double) -> [Float] {
        (0..<4).map { Float(UInt16(truncatingIfNeeded: value.bitPattern >> (16 * $0))) }
    }

    private static func double(_ parts: [Float]) -> Double {
        // A damaged file may hold any number.
        let bits = parts.map { UInt64(UInt16(exactly: $0) ?? 0) }
        return Double(bitPattern: bits.enumerated().reduce(0) { $0 | $1.element << (16 * UInt64($1.offset)) })
    }
}
