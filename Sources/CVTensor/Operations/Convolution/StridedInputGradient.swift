import CKernels
import CVCore

/// The gradient of a convolution with a stride with respect to its input, which is also the forward pass of a transposed
/// convolution.
///
/// Pixels of dX whose places have the same remainder modulo the stride are reached by the same taps, and see dY as a
/// convolution of stride 1 does: the one with remainder r by the taps t with t · dilation - padding = r + stride · q,
/// from pixel i - q of dY for its i-th. So each remainder is a part of one `DirectConvolution` of dY.
struct StridedInputGradient {
    private let dy, x, weight: ImageShape
    private let groups: Int
    private let convolution: DirectConvolution
    private let parts: [DirectConvolution.Part]
    /// For each part, its taps as indices of the filter's.
    private let taps: [[Int]]

    /// One direction: the remainders, each with its taps and where they look, and the furthest looks.
    private struct Axis {
        let stride, before, after: Int
        /// For each remainder: the taps, and the places that they look at, counted from the first that any looks at.
        let seen: [[(tap: Int, position: Int)]]

        /// Nil where pixels far outside of dY would be looked at: borders wider than the kernel.
        init?(_ axis: ConvGeometry.Axis) {
            let geometry = ShiftedRows.Phases(
                kernel: axis.kernel, stride: axis.stride, padding: axis.padding.before, dilation: axis.dilation)
            guard geometry.after >= 0 else { return nil }
            (stride, before, after) = (axis.stride, geometry.after, geometry.before)
            seen = (0..<axis.stride).map { remainder in
                geometry.taps.enumerated().filter { geometry.remainders[$1.phase] == remainder }
                    .map { ($0, geometry.after - $1.shift) }
            }
        }
    }

    init?(dy: ImageShape, x: ImageShape, weight: ImageShape, _ geometry: ConvGeometry, _ isa: InstructionSet) {
        guard let y = Axis(geometry.y), let across = Axis(geometry.x) else { return nil }
        (self.dy, self.x, self.weight, groups) = (dy, x, weight, geometry.groups)
        let m = dy.channels / groups
        let window = cvk_window(
            channels: m, height: dy.height, width: dy.width, kernel_height: y.before + y.after + 1,
            kernel_width: across.before + across.after + 1, stride_y: 1, stride_x: 1, pad_top: y.before,
            pad_left: across.before, dilation_y: 1, dilation_x: 1,
            output_height: (x.height + y.stride - 1) / y.stride,
            output_width: (x.width + across.stride - 1) / across.stride)
        var parts: [DirectConvolution.Part] = []
        var taps: [[Int]] = []
        var filters = 0
        for (down, rows) in y.seen.enumerated() {
            for (right, columns) in across.seen.enumerated() {
                let positions = rows.flatMap { row in columns.map { (row.position, $0.position) } }
                parts.append(.init(position: (down, right), taps: positions, filters: filters))
                taps.append(rows.flatMap { row in columns.map { row.tap * weight.width + $0.tap } })
                filters += groups * weight.channels * m * positions.count
            }
        }
        (self.parts, self.taps) = (parts, taps)
        convolution = DirectConvolution(
            window, batch: dy.batch, groups: groups, m: weight.channels, size: (x.height, x.width),
            step: (y.stride, across.stride), parts, isa)
    }

    func run(_ dyTensor: Tensor, _ weightTensor: Tensor) -> Tensor {
        let filters = filters(weightTensor)
        return Tensor(shape: [x.batch, x.channels, x.height, x.width]) { dx in
            dyTensor.withValues { dy in
                convolution.run(
                    ConvolutionProduct.Operands(
                        x: dy.baseAddress!, weight: filters.storage.pointer, bias: nil, y: dx.baseAddress!,
                        epilogue: nil))
            }
            withExtendedLifetime(filters) {}
        }
    }

    /// From [groups · m, channels, taps] to [groups · channels, m, taps of the part], part after part.
    private func filters(_ weight: Tensor) -> Tensor {
        let (m, channels, plane) = (dy.channels / groups, self.weight.channels, self.weight.plane)
        // Squares of channels, so that both sides stay in the cache.
        let side = 16
        let squares = ((channels + side - 1) / side, (m + side - 1) / side)
        return Tensor(shape: [weight.shape.count]) { result in
            weight.withValues { weight in
                Parallel.forRanges(groups * squares.0 * squares.1, grain: 4) { range in
                    for square in range {
                        let (group, position) = square.quotientAndRemainder(dividingBy: squares.0 * squares.1)
                        let first = position / squares.1 * side
                        let start = position % squares.1 * side
                        for channel in first..<min(first + side, channels) {
                            for row in start..<min(start + side, m) {
                                split(
                                    weight.baseAddress! + ((group * m + row) * channels + channel) * plane,
                                    number: (group * channels + channel) * m + row, to: result.baseAddress!)
                            }
                        }
                    }
                }
            }
        }
    }

    /// The taps of one filter to those of its number in each part.
    private func split(_ filter: UnsafePointer<Float>, number: Int, to result: UnsafeMutablePointer<Float>) {
        for (part, taps) in zip(parts, taps) {
            let to = result + part.filters + number * taps.count
            for (index, tap) in taps.enumerated() { to[index] = filter[tap] }
        }
    }
}
