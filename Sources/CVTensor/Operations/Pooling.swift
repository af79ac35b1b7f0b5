import CKernels
import CVCore

/// Largest value under each window, as `torch.nn.functional.max_pool2d`; the padding counts as -infinity.
///
/// x: [N, C, H, W] -> [N, C, Ho, Wo]. `groups` of the geometry plays no part. NaN wins over every number.
public func maxPool2d(_ x: Tensor, _ geometry: ConvGeometry) -> Tensor {
    let input = PictureShape(x.shape, for: "maxPool2d")
    let window = geometry.window(channels: 1, height: input.height, width: input.width)
    precondition(window.output_height > 0 && window.output_width > 0, "maxPool2d: \(geometry) does not fit \(x.shape)")
    let outputPlane = window.output_height * window.output_width
    let y = Tensor(shape: [input.batch, input.channels, window.output_height, window.output_width]) { y in
        x.withValues { x in
            Parallel.forRanges(input.batch * input.channels, grain: 1) { planes in
                let line = UnsafeMutablePointer<Float>.allocate(capacity: input.width)
                defer { line.deallocate() }
                var window = window
                for index in planes {
                    cvk_max_pool(
                        &window, x.baseAddress! + index * input.plane, y.baseAddress! + index * outputPlane, line)
                }
            }
        }
    }
    let pixels = x.detached
    return y.recorded((x, { maxPoolGradient($0, pixels, window) }))
}

private func maxPoolGradient(_ dy: Tensor, _ x: Tensor, _ window: cvk_window) -> Tensor {
    let plane = window.height * window.width
    let outputPlane = window.output_height * window.output_width
    return Tensor(shape: x.shape) { dx in
        dx.initialize(repeating: 0)
        x.withValues { x in
            dy.withValues { dy in
                Parallel.forRanges(x.count / plane, grain: 1) { planes in
                    var window = window
                    for index in planes {
                        cvk_max_pool_gradient(
                            &window, x.baseAddress! + index * plane, dy.baseAddress! + index * outputPlane,
                            dx.baseAddress! + index * plane)
                    }
                }
            }
        }
    }
}
