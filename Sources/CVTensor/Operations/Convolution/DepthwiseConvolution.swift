import CKernels
import CVCore

/// A convolution whose groups have one input channel each (Howard et al. 2017, arXiv:1704.04861): a matrix product
/// would have one row, and nothing to share between its columns.
///
/// A plane is packed so that the pixels that a tap reads for neighboring outputs are contiguous, for any stride; then
/// each filter of its group passes over it, while it is in the cache. A task makes whole planes.
struct DepthwiseConvolution: ConvAlgorithm {
    private let layout: PhaseSplitLayout

    var kind: ConvAlgorithmKind { .depthwise }

    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        guard let layout = PhaseSplitLayout(problem, isa, tuning) else { return nil }
        self.layout = layout
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        let (problem, window, isa) = (layout.problem, layout.problem.window, layout.isa)
        layout.forPlanes(problem.batch * problem.groups) { plane, packed in
            let channels = problem.m * (plane % problem.groups)..<problem.m * (plane % problem.groups + 1)
            layout.pack(operands.x + plane * problem.inputPlane, to: packed)
            for channel in channels {
                let start = (plane * problem.m + channel - channels.lowerBound) * problem.n
                cvk_depthwise(
                    isa.cValue, packed, layout.rowStride, layout.offsets, weights.pointer + channel * problem.taps,
                    problem.taps, window.output_height, window.output_width, operands.y + start)
                epilogue.apply(operands, channel: channel, at: start, count: problem.n, isa)
            }
        }
    }
}

/// Backward-data of a depthwise convolution, with any stride: each filter adds to the packed plane of dx.
struct DepthwiseInputGradient: ConvAlgorithm {
    private let layout: PhaseSplitLayout

    var kind: ConvAlgorithmKind { .depthwise }

    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        guard let layout = PhaseSplitLayout(problem, isa, tuning) else { return nil }
        self.layout = layout
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        let (problem, window, isa) = (layout.problem, layout.problem.window, layout.isa)
        layout.forPlanes(problem.batch * problem.groups) { plane, packed in
            let group = plane % problem.groups
            packed.update(repeating: 0, count: layout.count)
            for filter in 0..<problem.m {
                cvk_depthwise_input(
                    isa.cValue, packed, layout.rowStride, layout.offsets,
                    weights.pointer + (group * problem.m + filter) * problem.taps, problem.taps, window.output_height,
                    window.output_width, operands.x + (plane * problem.m + filter) * problem.n)
            }
            let start = plane * problem.inputPlane
            layout.unpack(packed, to: operands.y + start)
            epilogue.apply(operands, channel: group, at: start, count: problem.inputPlane, isa)
        }
    }
}

/// Backward-weights of a depthwise convolution: a task makes the filters of some groups, over the images in their
/// order.
struct DepthwiseWeightGradient: ConvWeightGradient {
    private let layout: PhaseSplitLayout

    var kind: ConvAlgorithmKind { .depthwise }

    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        guard let layout = PhaseSplitLayout(problem, isa, tuning) else { return nil }
        self.layout = layout
    }

    func run(dy: UnsafePointer<Float>, x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>) {
        let (problem, window, isa) = (layout.problem, layout.problem.window, layout.isa)
        layout.forPlanes(problem.groups) { group, packed in
            let gradient = dw + group * problem.m * problem.taps
            gradient.update(repeating: 0, count: problem.m * problem.taps)
            for image in 0..<problem.batch {
                let plane = image * problem.groups + group
                layout.pack(x + plane * problem.inputPlane, to: packed)
                for filter in 0..<problem.m {
                    cvk_depthwise_weight(
                        isa.cValue, packed, layout.rowStride, layout.offsets, problem.taps, window.output_height,
                        window.output_width, dy + (plane * problem.m + filter) * problem.n,
                        gradient + filter * problem.taps)
                }
            }
        }
    }
}
