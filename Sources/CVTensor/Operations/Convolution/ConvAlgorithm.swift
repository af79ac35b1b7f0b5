import CVCore

/// A way to compute a convolution forward, or its gradient with respect to the input (backward-data).
///
/// Choosing, packing and running are separate: an operation does all three, a planned graph the first two once. An
/// algorithm is immutable, and its scratch memory comes from the buffer pool: many threads may run one algorithm with
/// the same packed weights at the same time.
package protocol ConvAlgorithm: Sendable {
    /// What it is, for tests and for a plan that lists its steps.
    var kind: ConvAlgorithmKind { get }

    /// - Parameters:
    ///   - problem: the convolution, in the forward direction even where this is backward-data.
    ///   - isa: the instruction set of the kernels.
    ///   - tuning: thresholds and sizes of blocks.
    /// - Returns: nil if the algorithm does not apply or is not expected to be faster than the others.
    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning)

    /// The filters in the form that `run` reads.
    ///
    /// - Parameter weight: [Cout, Cin / groups, kernel, kernel].
    func pack(_ weight: Tensor) -> PackedWeights

    /// Computes all results. The bytes do not depend on the number of threads.
    ///
    /// - Parameters:
    ///   - operands: where the input and the result are.
    ///   - weights: what `pack` of this algorithm returned.
    ///   - epilogue: what follows, applied to each block while it is in the cache.
    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue)
}

extension ConvAlgorithm {
    /// Most algorithms read the filters as they are stored.
    package func pack(_ weight: Tensor) -> PackedWeights { PackedWeights(values: weight) }
}

/// A way to compute the gradient of a convolution with respect to its weight (backward-weights).
package protocol ConvWeightGradient: Sendable {
    /// What it is, for tests.
    var kind: ConvAlgorithmKind { get }

    /// See `ConvAlgorithm.init`.
    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning)

    /// Computes all of dw, in sums whose order does not depend on the number of threads.
    ///
    /// - Parameters:
    ///   - dy: [N, Cout, Ho, Wo].
    ///   - x: [N, Cin, H, W].
    ///   - dw: [Cout, Cin / groups, kernel, kernel], whose values before do not matter.
    func run(dy: UnsafePointer<Float>, x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>)
}

/// The algorithms by name. Backward-data and backward-weights have one of each that applies to them.
package enum ConvAlgorithmKind: String, Sendable, CaseIterable {
    /// Blocks of im2col, times the filters: OpenBLAS where the instruction set is scalar, else tiles.
    case gemm
    /// Panels of shifted rows, read where they are in the padded image.
    case direct
    /// Backward-data through a stride: each remainder modulo the stride is a direct convolution.
    case phaseSplit
    /// One input channel a group.
    case depthwise
    /// F(4×4, 3×3).
    case winograd
}

/// Where a run of a convolution reads and writes.
package struct ConvOperands {
    /// The input: x forward, dy in backward-data.
    let x: UnsafePointer<Float>
    /// What is added to the results before the activation, of the shape of y.
    let residual: UnsafePointer<Float>?
    /// The results, whose values before do not matter.
    let y: UnsafeMutablePointer<Float>

    /// Operands of the caller's memory, which must hold as many values as the problem's shapes have.
    package init(
        x: UnsafePointer<Float>, residual: UnsafePointer<Float>? = nil, y: UnsafeMutablePointer<Float>
    ) {
        (self.x, self.residual, self.y) = (x, residual, y)
    }
}

/// Filters in the form that one algorithm reads; immutable, for any number of runs on any number of threads.
///
/// This may be the weight itself: an algorithm that transforms a few filters at a time, to save memory, packs nothing.
package struct PackedWeights: Sendable {
    let values: Tensor
    /// Whether `values` are an unflipped weight whose flipped filters are to be used.
    var isFlipped = false

    var pointer: UnsafePointer<Float> { UnsafePointer(values.storage.pointer) }
}
