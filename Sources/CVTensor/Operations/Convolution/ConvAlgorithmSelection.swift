import CVCore

/// The choice of the algorithm for a convolution.
///
/// Each direction has its candidates, the best first; the first that applies and is expected to be fast is chosen. With
/// the scalar instruction set OpenBLAS is faster than the scalar kernels.
package enum ConvAlgorithmSelection {
    /// The algorithm from x to y.
    package static func forward(
        _ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning = .standard
    ) -> any ConvAlgorithm {
        let candidates: [ConvAlgorithmKind] = isa == .scalar ? [.gemm] : [.depthwise, .winograd, .direct]
        let found = (tuning.forced.map { [$0] } ?? []) + candidates
        return found.lazy.compactMap { forward($0, problem, isa, tuning) }.first
            ?? ImplicitGEMMConvolution(problem, isa, tuning)
    }

    private static func forward(
        _ kind: ConvAlgorithmKind, _ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning
    ) -> (any ConvAlgorithm)? {
        switch kind {
        case .depthwise: DepthwiseConvolution(problem, isa, tuning)
        case .winograd: WinogradConvolution(problem, isa, tuning)
        case .direct: DirectConvolution(problem, isa, tuning)
        case .gemm: ImplicitGEMMConvolution(problem, isa, tuning)
        case .phaseSplit: nil
        }
    }

    /// The algorithm from dy to dx. It is also the forward pass of a transposed convolution.
    package static func backwardData(
        _ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning = .standard
    ) -> any ConvAlgorithm {
        // With stride 1 it is a forward convolution itself, whose candidates are faster than those made for any stride.
        let candidates: [ConvAlgorithmKind] = isa == .scalar ? [.gemm] : [.direct, .depthwise, .phaseSplit]
        let found = (tuning.forced.map { [$0] } ?? []) + candidates
        return found.lazy.compactMap { backwardData($0, problem, isa, tuning) }.first
            ?? GEMMInputGradient(problem, isa, tuning)
    }

    private static func backwardData(
        _ kind: ConvAlgorithmKind, _ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning
    ) -> (any ConvAlgorithm)? {
        switch kind {
        case .direct, .winograd: FlippedConvolution(problem, isa, tuning)
        case .depthwise: DepthwiseInputGradient(problem, isa, tuning)
        case .phaseSplit: StridedInputGradient(problem, isa, tuning)
        case .gemm: GEMMInputGradient(problem, isa, tuning)
        }
    }

    /// The algorithm from x and dy to dw.
    package static func backwardWeights(
        _ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning = .standard
    ) -> any ConvWeightGradient {
        let candidates: [ConvAlgorithmKind] = isa == .scalar ? [.gemm] : [.depthwise, .winograd, .direct]
        let found = (tuning.forced.map { [$0] } ?? []) + candidates
        return found.lazy.compactMap { backwardWeights($0, problem, isa, tuning) }.first
            ?? GEMMWeightGradient(problem, isa, tuning)
    }

    private static func backwardWeights(
        _ kind: ConvAlgorithmKind, _ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning
    ) -> (any ConvWeightGradient)? {
        switch kind {
        case .depthwise: DepthwiseWeightGradient(problem, isa, tuning)
        case .winograd: WinogradWeightGradient(problem, isa, tuning)
        case .direct: DirectWeightGradient(problem, isa, tuning)
        case .gemm: GEMMWeightGradient(problem, isa, tuning)
        case .phaseSplit: nil
        }
    }
}
