import CKernels
import CVCore

/// Largest value under each window, as `torch.nn.functional.max_pool2d`; the padding counts as -infinity, and NaN is
/// larger than every number.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - geometry: of the window; its `groups` are ignored.
///   - ceilMode: whether a last window that fits only partly counts, if it starts on a pixel or in the padding before.
/// - Returns: [N, C, Ho, Wo].
public func maxPool2d(_ x: Tensor, _ geometry: ConvGeometry, ceilMode: Bool = false) -> Tensor {
    let input = ImageShape(x.shape, for: "maxPool2d")
    var window = geometry.window(channels: 1, height: input.height, width: input.width)
    window.output_height = geometry.y.poolSize(input.height, ceilMode: ceilMode)
    window.output_width = geometry.x.poolSize(input.width, ceilMode: ceilMode)
    return maxPool(x, input, window, geometry, ceilMode: ceilMode)
}

extension ConvGeometry.Axis {
    /// Positions of a pooling window along `size` pixels, as PyTorch counts them.
    func poolSize(_ size: Int, ceilMode: Bool) -> Int {
        let room = size + padding.before + padding.after - dilation * (kernel - 1) - 1
        guard ceilMode, room > -stride else { return outputSize(size) }
        let count = (room + stride - 1) / stride + 1
        return (count - 1) * stride >= size + padding.before ? count - 1 : count
    }
}

private func maxPool(
    _ x: Tensor, _ input: ImageShape, _ window: cvk_window, _ geometry: ConvGeometry, ceilMode: Bool
) -> Tensor {
    precondition(window.output_height > 0 && window.output_width > 0, "maxPool2d: \(geometry) does not fit \(x.shape)")
    let outputPlane = window.output_height * window.output_width
    let y = Tensor(shape: [input.batch, input.channels, window.output_height, window.output_width], from: x) { y in
        x.withValues { x in
            Parallel.forRanges(input.batch * input.channels, grain: 1) { planes in
                var window = window
                let scratch = UnsafeMutablePointer<Float>.allocate(capacity: cvk_max_pool_scratch(&window))
                defer { scratch.deallocate() }
                for index in planes {
                    cvk_max_pool(
                        InstructionSet.current.cValue, &window, x.baseAddress! + index * input.plane,
                        y.baseAddress! + index * outputPlane, scratch)
                }
            }
        }
    }
    let pixels = x.detached
    return y.recorded(
        as: .maxPool2d(geometry, ceilMode: ceilMode), (x, { maxPoolGradient($0, pixels, window) }))
}

private func maxPoolGradient(_ dy: Tensor, _ x: Tensor, _ window: cvk_window) -> Tensor {
    let plane = window.height * window.width
    let outputPlane = window.output_height * window.output_width
    return Tensor(shape: x.shape) { dx in
        x.withValues { x in
            dy.withValues { dy in
                Parallel.forRanges(x.count / plane, grain: 1) { planes in
                    var window = window
                    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: cvk_max_pool_scratch(&window))
                    defer { scratch.deallocate() }
                    for index in planes {
                        cvk_max_pool_gradient(
                            InstructionSet.current.cValue, &window, x.baseAddress! + index * plane,
                            dy.baseAddress! + index * outputPlane, dx.baseAddress! + index * plane,
                            scratch)
                    }
                }
            }
        }
    }
}
