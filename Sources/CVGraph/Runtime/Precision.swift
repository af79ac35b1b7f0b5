import CVCore
import Synchronization

/// What a plan multiplies. Sums, and what lies between the steps, are of single precision always.
public enum Precision: String, Sendable, CaseIterable {
    /// Single precision.
    case float32
    /// bfloat16: eight bits of precision, half the weights, and on processors with AVX512-BF16 twice the arithmetic.
    ///
    /// For convolutions that are computed as direct sums, and linear layers. Elsewhere the operands are rounded, which gives
    /// the same results no faster. Transforms of Winograd, which would magnify the error, stay in single precision.
    case bf16

    /// Whether this processor computes in it as fast as in any other.
    public var isFast: Bool { self == .float32 || OperandForm(self, .current) == .bf16Pairs }

    /// What `PlanOptions()` chooses: for a whole program, as the number of threads is.
    public static var standard: Precision {
        get { allCases[chosen.load(ordering: .relaxed)] }
        set { chosen.store(allCases.firstIndex(of: newValue)!, ordering: .relaxed) }
    }

    private static let chosen = Atomic<Int>(0)
}
