import CKernels
import CVCore
import CVTensor
import TestSupport
import Testing

/// Max pooling over 2×2 and 3×3 pixels, which has kernels of its own, against the definition.
@Suite struct PoolingKernelTests {
    struct Case: Sendable {
        var kernel: Int
        var stride: Int
        var padding: Int
        /// Whether there is a last window that only partly fits, as with `ceilMode`.
        var isCeil = false
    }

    /// Sides 1 to 3, around one vector and around two, odd and even: what is left over is of every kind.
    private static let sizes = [
        (1, 1), (1, 40), (2, 2), (2, 33), (3, 3), (5, 7), (7, 15), (8, 16), (9, 17), (12, 66), (31, 97), (40, 1),
    ]
    private static let cases = [
        Case(kernel: 2, stride: 2, padding: 0), Case(kernel: 2, stride: 1, padding: 1),
        Case(kernel: 3, stride: 2, padding: 1), Case(kernel: 3, stride: 2, padding: 1, isCeil: true),
        Case(kernel: 3, stride: 2, padding: 0), Case(kernel: 3, stride: 2, padding: 0, isCeil: true),
        Case(kernel: 3, stride: 1, padding: 1), Case(kernel: 3, stride: 1, padding: 0),
        Case(kernel: 3, stride: 3, padding: 1), Case(kernel: 5, stride: 1, padding: 2),
    ]

    @Test(
        "maxPool2d: the first maximum receives the gradient, under every instruction set", arguments: cases,
        InstructionSet.available)
    func givesTheFirstOfTheLargestAll(_ pooling: Case, _ isa: InstructionSet) {
        for size in Self.sizes {
            guard var window = pooling.window(height: size.0, width: size.1) else { continue }
            for x in planes(size.0 * size.1) {
                let dy = seededTensor(seed: 2, [window.output_height * window.output_width]).values
                // What was in the memory before must not matter.
                var scratch = [Float](repeating: .nan, count: cvk_max_pool_scratch(&window))
                var (y, dx) = ([Float](repeating: 7, count: dy.count), [Float](repeating: 7, count: x.count))
                cvk_max_pool(isa.cValue, &window, x, &y, &scratch)
                cvk_max_pool_gradient(isa.cValue, &window, x, dy, &dx, &scratch)
                let expected = definition(window, x, dy)
                #expect(y.map { $0.isNaN ? 1e9 : $0 } == expected.y.map { $0.isNaN ? 1e9 : $0 }, "\(size)")
                #expect(dx == expected.dx, "\(size)")
            }
        }
    }

    /// Few different numbers, so that many windows have equal ones, some NaN, some infinite, zeros of both signs; and
    /// nothing but -infinity, which is what the padding counts as.
    private func planes(_ count: Int) -> [[Float]] {
        let odd: [Float] = [.nan, -.infinity, .infinity, -0.0]
        let mixed = seededTensor(seed: 1, [count]).values.enumerated().map { index, value in
            index % 11 < odd.count ? odd[index % 11] : (value * 2).rounded()
        }
        return [mixed, [Float](repeating: -.infinity, count: count)]
    }

    /// The largest of each window, NaN if there is one, and each element of dy at the first pixel that is the largest
    /// of its window, or the first NaN; the sums in the order of the windows.
    private func definition(_ window: cvk_window, _ x: [Float], _ dy: [Float]) -> (y: [Float], dx: [Float]) {
        var (y, dx) = ([Float](), [Float](repeating: 0, count: x.count))
        for index in 0..<window.output_height * window.output_width {
            let top = index / window.output_width * window.stride_y - window.pad_top
            let left = index % window.output_width * window.stride_x - window.pad_left
            let rows = max(top, 0)..<min(top + window.kernel_height, window.height)
            let columns = max(left, 0)..<min(left + window.kernel_width, window.width)
            let positions = rows.flatMap { row in columns.map { row * window.width + $0 } }
            let largest = positions.map { x[$0] }.reduce(-.infinity, max)
            let winner = positions.first { x[$0].isNaN } ?? positions.first { x[$0] == largest }!
            y.append(x[winner])
            dx[winner] += dy[index]
        }
        return (y, dx)
    }

    /// As `torch.nn.MaxPool2d` and `AvgPool2d` with `ceil_mode`: no window begins in the padding at the end.
    @Test(
        "pooling: in ceil mode no window begins behind the image",
        arguments: [
            (5, 2, 3, 1, 2), (4, 2, 3, 1, 2), (6, 2, 3, 1, 3), (3, 2, 2, 0, 2), (4, 1, 2, 0, 2), (1, 1, 4, 0, 1),
            (2, 1, 4, 0, 1),
        ])
    func noWindowBeginsBehindTheImage(
        _ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ expected: Int
    ) {
        let x = Tensor(repeating: 1, shape: [1, 1, size, size])
        let geometry = ConvGeometry(kernel: kernel, stride: stride, padding: padding)
        #expect(maxPool2d(x, geometry, ceilMode: true).shape == [1, 1, expected, expected])
        #expect(averagePool2d(x, geometry, ceilMode: true).shape == [1, 1, expected, expected])
    }
}

extension PoolingKernelTests.Case {
    /// Its windows on a plane; nil if none fits.
    func window(height: Int, width: Int) -> cvk_window? {
        func count(_ size: Int) -> Int {
            let room = size + 2 * padding - kernel
            guard room >= 0 else { return 0 }
            let whole = room / stride + 1
            return isCeil && room % stride > 0 && whole * stride < size + padding ? whole + 1 : whole
        }
        guard count(height) > 0, count(width) > 0 else { return nil }
        return cvk_window(
            channels: 1, height: height, width: width, kernel_height: kernel, kernel_width: kernel, stride_y: stride,
            stride_x: stride, pad_top: padding, pad_left: padding, dilation_y: 1, dilation_x: 1,
            output_height: count(height), output_width: count(width))
    }
}
