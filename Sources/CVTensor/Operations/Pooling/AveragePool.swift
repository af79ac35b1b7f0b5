import CKernels
import CVCore

/// Mean under each window, as `torch.nn.functional.avg_pool2d`.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - geometry: of the window; its `groups` are ignored.
///   - ceilMode: whether a last window that fits only partly counts, see `maxPool2d(_:_:ceilMode:)`.
///   - countIncludePadding: whether the zeros of the padding count in the mean; pixels beyond the padding never do.
/// - Returns: [N, C, Ho, Wo].
public func averagePool2d(
    _ x: Tensor, _ geometry: ConvGeometry, ceilMode: Bool = false, countIncludePadding: Bool = true
) -> Tensor {
    let input = ImageShape(x.shape, for: "averagePool2d")
    func bins(_ axis: ConvGeometry.Axis, _ size: Int) -> Bins {
        precondition(axis.dilation == 1, "averagePool2d: dilation \(axis.dilation); it has none")
        return Bins(axis, size, count: axis.poolSize(size, ceilMode: ceilMode), withPadding: countIncludePadding)
    }
    return average(
        x, rows: bins(geometry.y, input.height), columns: bins(geometry.x, input.width),
        as: .averagePool2d(geometry, ceilMode: ceilMode, countIncludePadding: countIncludePadding))
}

/// Mean over bins that cover an image of any size, as `torch.nn.functional.adaptive_avg_pool2d`.
///
/// Bin i covers the rows from ⌊i · H / height⌋ to ⌈(i + 1) · H / height⌉; columns likewise.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - height: rows of the result.
///   - width: columns of the result.
/// - Returns: [N, C, height, width].
public func adaptiveAveragePool2d(_ x: Tensor, height: Int, width: Int) -> Tensor {
    let input = ImageShape(x.shape, for: "adaptiveAveragePool2d")
    return average(
        x, rows: Bins(adaptive: height, of: input.height), columns: Bins(adaptive: width, of: input.width),
        as: .adaptiveAveragePool2d(height: height, width: width))
}

/// Mean of each channel, as `torch.mean(dim=(2, 3), keepdim=True)`.
///
/// - Parameter x: [N, C, H, W].
/// - Returns: [N, C, 1, 1].
public func globalAveragePool2d(_ x: Tensor) -> Tensor { adaptiveAveragePool2d(x, height: 1, width: 1) }

/// Largest value of each channel, as `torch.amax(dim=(2, 3), keepdim=True)`.
///
/// The first of several equal maxima receives the gradient.
///
/// - Parameter x: [N, C, H, W].
/// - Returns: [N, C, 1, 1].
public func globalMaxPool2d(_ x: Tensor) -> Tensor {
    let input = ImageShape(x.shape, for: "globalMaxPool2d")
    return maxPool2d(x, ConvGeometry(y: .init(kernel: input.height), x: .init(kernel: input.width)))
}

/// Along one axis: the pixels that each output is the mean of, and the number that their sum is divided by.
private struct Bins {
    let size: Int
    let ranges: [Range<Int>]
    let divisors: [Float]

    init(_ axis: ConvGeometry.Axis, _ size: Int, count: Int, withPadding: Bool) {
        precondition(count > 0, "averagePool2d: a kernel of \(axis.kernel) does not fit \(size) pixels")
        self.size = size
        let windows = (0..<count).map { index in
            let start = index * axis.stride - axis.padding.before
            return start..<min(start + axis.kernel, size + axis.padding.after)
        }
        ranges = windows.map { $0.clamped(to: 0..<size) }
        divisors = zip(windows, ranges).map { Float(withPadding ? $0.count : max($1.count, 1)) }
    }

    init(adaptive count: Int, of size: Int) {
        precondition(count > 0 && size > 0, "adaptiveAveragePool2d: \(count) bins of \(size) pixels")
        self.size = size
        ranges = (0..<count).map { $0 * size / count..<(($0 + 1) * size + count - 1) / count }
        divisors = ranges.map { Float($0.count) }
    }
}

private func average(
    _ x: Tensor, rows: Bins, columns: Bins, as operation: @autoclosure () -> Operation
) -> Tensor {
    let (plane, outputPlane) = (rows.size * columns.size, rows.ranges.count * columns.ranges.count)
    let y = Tensor(shape: [x.shape[0], x.shape[1], rows.ranges.count, columns.ranges.count], from: x) { y in
        x.withValues { x in
            Parallel.forRanges(x.count / plane, grain: 1) { planes in
                let line = UnsafeMutablePointer<Float>.allocate(capacity: columns.size)
                defer { line.deallocate() }
                for index in planes {
                    averagePlane(
                        x.baseAddress! + index * plane, y.baseAddress! + index * outputPlane, rows, columns, line)
                }
            }
        }
    }
    let shape = x.shape
    return y.recorded(
        as: operation(), (x, { averageGradient($0, shape: shape, rows: rows, columns: columns) }))
}

/// A mean is separable: first down the rows of a window, for a whole line at once, then along that line.
private func averagePlane(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Bins, _ columns: Bins,
    _ line: UnsafeMutablePointer<Float>
) {
    let isa = InstructionSet.current.cValue
    var y = y
    for (rowRange, rowDivisor) in zip(rows.ranges, rows.divisors) {
        line.update(repeating: 0, count: columns.size)
        for row in rowRange { cvk_add(isa, line, x + row * columns.size, line, columns.size) }
        for (range, divisor) in zip(columns.ranges, columns.divisors) {
            var sum: Float = 0
            for column in range { sum += line[column] }
            y.pointee = sum / (rowDivisor * divisor)
            y += 1
        }
    }
}

private func averageGradient(_ dy: Tensor, shape: Shape, rows: Bins, columns: Bins) -> Tensor {
    let (plane, outputPlane) = (rows.size * columns.size, rows.ranges.count * columns.ranges.count)
    return Tensor(shape: shape) { dx in
        dx.initialize(repeating: 0)
        dy.withValues { dy in
            Parallel.forRanges(dx.count / plane, grain: 1) { planes in
                let isa = InstructionSet.current.cValue
                let line = UnsafeMutablePointer<Float>.allocate(capacity: columns.size)
                defer { line.deallocate() }
                for index in planes {
                    var from = dy.baseAddress! + index * outputPlane
                    for (rowRange, rowDivisor) in zip(rows.ranges, rows.divisors) {
                        line.update(repeating: 0, count: columns.size)
                        for (range, divisor) in zip(columns.ranges, columns.divisors) {
                            let part = from.pointee / (rowDivisor * divisor)
                            for column in range { line[column] += part }
                            from += 1
                        }
                        for row in rowRange {
                            let to = dx.baseAddress! + index * plane + row * columns.size
                            cvk_add(isa, to, line, to, columns.size)
                        }
                    }
                }
            }
        }
    }
}
