import CKernels
import CVCore

/// A convolution whose groups have one input channel each (Howard et al. 2017, arXiv:1704.04861), by the kernels of
/// CKernels: a matrix product would have one row, and nothing to share between its columns.
///
/// A plane is laid out so that what a tap sees from neighbouring output pixels lies side by side, for any stride; then
/// each filter of its group passes over it, while it is in the cache. A task makes whole planes.
struct DepthwiseConvolution {
    private let batch, groups: Int
    /// Filters of a group.
    private let m: Int
    private let window: cvk_window
    private let phases: cvk_phases
    private let isa: InstructionSet
    /// Where each tap finds the first output pixel, and the floats from one output row to the next.
    private let offsets: [Int], step: Int

    /// Nil for other convolutions.
    init?(_ product: ConvolutionProduct, _ isa: InstructionSet) {
        let window = product.window
        guard window.channels == 1, product.groups > 1 else { return nil }
        (batch, groups, m, self.window, self.isa) = (product.batch, product.groups, product.m, window, isa)
        let stride = window.stride_x
        let (right, below) = (
            (window.kernel_width - 1) * window.dilation_x, (window.kernel_height - 1) * window.dilation_y
        )
        let pitch = window.output_width + right / stride
        phases = cvk_phases(
            height: window.height, width: window.width, pad_top: window.pad_top, pad_left: window.pad_left,
            stride: stride, rows: (window.output_height - 1) * window.stride_y + below + 1,
            pitch: pitch)
        let row = stride * pitch
        step = window.stride_y * row
        offsets = (0..<window.kernel_height).flatMap { y in
            (0..<window.kernel_width).map { x in
                let (position, phase) = (x * window.dilation_x).quotientAndRemainder(dividingBy: stride)
                return y * window.dilation_y * row + phase * pitch + position
            }
        }
    }

    private var taps: Int { offsets.count }
    private var inputPlane: Int { window.height * window.width }
    private var outputPlane: Int { window.output_height * window.output_width }
    private var size: Int { withUnsafePointer(to: phases) { cvk_phases_size($0) } }

    /// Planes of a task: enough of them that a task is worth its call.
    private var grain: Int { max(1, 16384 / max(taps * m * outputPlane, 1)) }

    func run(_ operands: ConvolutionProduct.Operands) {
        forPlanes(batch * groups) { plane, laid in
            let group = plane % groups
            lay(operands.x + plane * inputPlane, in: laid)
            for channel in group * m..<(group + 1) * m {
                let y = operands.y + (plane * m + channel - group * m) * outputPlane
                cvk_depthwise(
                    isa.cValue, laid, step, offsets, operands.weight + channel * taps, taps, window.output_height,
                    window.output_width, y)
                if let bias = operands.bias { cvk_scale_shift(isa.cValue, 1, bias[channel], y, y, outputPlane) }
                operands.epilogue?.apply(channel: channel, y, count: outputPlane)
            }
        }
    }

    /// dx [N, groups, H, W], from dy [N, groups · m, Ho, Wo] and the filters.
    func inputGradient(_ dyTensor: Tensor, _ weight: Tensor, shape: Shape) -> Tensor {
        let (dy, weights) = (dyTensor.storage.pointer, weight.storage.pointer)
        let result = Tensor(shape: shape) { dx in
            forPlanes(batch * groups) { plane, laid in
                let group = plane % groups
                laid.update(repeating: 0, count: size)
                for channel in 0..<m {
                    cvk_depthwise_input(
                        isa.cValue, laid, step, offsets, weights + (group * m + channel) * taps, taps,
                        window.output_height, window.output_width, dy + (plane * m + channel) * outputPlane)
                }
                withUnsafePointer(to: phases) { cvk_unpack_phases($0, laid, dx.baseAddress! + plane * inputPlane) }
            }
        }
        return withExtendedLifetime((dyTensor, weight)) { result }
    }

    /// dw [groups · m, 1, kernel, kernel]: a task makes those of some groups, over the pictures in their order.
    func weightGradient(_ dyTensor: Tensor, _ xTensor: Tensor, shape: Shape) -> Tensor {
        let (dy, x) = (dyTensor.storage.pointer, xTensor.storage.pointer)
        let result = Tensor(shape: shape) { dw in
            forPlanes(groups) { group, laid in
                let gradient = dw.baseAddress! + group * m * taps
                gradient.update(repeating: 0, count: m * taps)
                for image in 0..<batch {
                    let plane = image * groups + group
                    lay(x + plane * inputPlane, in: laid)
                    for channel in 0..<m {
                        cvk_depthwise_weight(
                            isa.cValue, laid, step, offsets, taps, window.output_height, window.output_width,
                            dy + (plane * m + channel) * outputPlane, gradient + channel * taps)
                    }
                }
            }
        }
        return withExtendedLifetime((dyTensor, xTensor)) { result }
    }

    private func lay(_ plane: UnsafePointer<Float>, in laid: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: phases) { cvk_pack_phases($0, plane, laid) }
    }

    /// Calls `body` for each plane, with memory for one that is laid out.
    private func forPlanes(_ count: Int, _ body: (_ plane: Int, _ laid: UnsafeMutablePointer<Float>) -> Void) {
        Parallel.forRanges(count, grain: grain) { planes in
            withScratch(size) { laid in
                for plane in planes { body(plane, laid) }
            }
        }
    }
}
