import CKernels
import CVCore

/// How a plane is packed for depthwise kernels: with its border of zeros, and the pixels of a row sorted by their
/// index modulo the stride (their phase), so that the pixels that a tap reads for neighboring outputs are contiguous.
struct PhaseSplitLayout: Sendable {
    let problem: ConvProblem
    let isa: InstructionSet
    /// Where each tap finds the first output pixel, and the floats from one output row to the next.
    let offsets: [Int], rowStride: Int
    private let phases: cvk_phases
    /// Planes of a task: enough of them that a task is worth its call.
    private let grain: Int

    /// Nil for convolutions that are not depthwise.
    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        let window = problem.window
        guard window.channels == 1, problem.groups > 1 else { return nil }
        (self.problem, self.isa) = (problem, isa)
        let stride = window.stride_x
        let right = (window.kernel_width - 1) * window.dilation_x
        let below = (window.kernel_height - 1) * window.dilation_y
        let pitch = window.output_width + right / stride
        phases = cvk_phases(
            height: window.height, width: window.width, pad_top: window.pad_top, pad_left: window.pad_left,
            stride: stride, rows: (window.output_height - 1) * window.stride_y + below + 1, pitch: pitch)
        let row = stride * pitch
        rowStride = window.stride_y * row
        offsets = (0..<window.kernel_height).flatMap { y in
            (0..<window.kernel_width).map { x in
                let (index, phase) = (x * window.dilation_x).quotientAndRemainder(dividingBy: stride)
                return y * window.dilation_y * row + phase * pitch + index
            }
        }
        grain = max(1, tuning.depthwise.workPerTask / max(problem.taps * problem.m * problem.n, 1))
    }

    /// Floats of a packed plane.
    var count: Int { withUnsafePointer(to: phases) { cvk_phases_size($0) } }

    func pack(_ plane: UnsafePointer<Float>, to packed: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: phases) { cvk_pack_phases($0, plane, packed) }
    }

    /// The inverse; the border is dropped.
    func unpack(_ packed: UnsafePointer<Float>, to plane: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: phases) { cvk_unpack_phases($0, packed, plane) }
    }

    /// Calls `body` for each plane, with memory for a packed one.
    func forPlanes(_ planes: Int, _ body: (_ plane: Int, _ packed: UnsafeMutablePointer<Float>) -> Void) {
        Parallel.forRanges(planes, grain: grain) { planes in
            withScratch(count) { packed in
                for plane in planes { body(plane, packed) }
            }
        }
    }
}
