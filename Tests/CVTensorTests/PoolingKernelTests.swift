import CKernels
import CVCore
import CVTensor
import TestSupport
import Testing

/// The gradient of max pooling over 2×2 pixels, which has a kernel of its own, against the definition.
@Suite struct PoolingKernelTests {
    /// Each element of dy at the first pixel of its window that is the largest, or the first NaN.
    private func definition(_ x: [Float], _ dy: [Float], height: Int, width: Int) -> [Float] {
        var dx = [Float](repeating: 0, count: height * width)
        for row in 0..<height / 2 {
            for column in 0..<width / 2 {
                let corner = 2 * row * width + 2 * column
                let window = [corner, corner + 1, corner + width, corner + width + 1]
                let missing = window.first { x[$0].isNaN }
                let largest = window.map { x[$0] }.reduce(-.infinity, max)
                dx[missing ?? window.first { x[$0] == largest }!] = dy[row * (width / 2) + column]
            }
        }
        return dx
    }

    @Test(arguments: [(2, 2), (2, 33), (5, 7), (12, 66), (31, 97)], InstructionSet.available)
    func givesTheFirstOfTheLargestAll(_ size: (height: Int, width: Int), _ set: InstructionSet) {
        let (height, width) = size
        // Few different numbers, so that many windows have equal ones; some are NaN, some infinite.
        let odd: [Float] = [.nan, -.infinity, .infinity]
        let x = seededTensor(seed: 1, [height * width]).values.enumerated().map { index, value in
            index % 11 < 3 ? odd[index % 11] : (value * 2).rounded()
        }
        let dy = seededTensor(seed: 2, [(height / 2) * (width / 2)]).values
        var window = cvk_window(
            channels: 1, height: height, width: width, kernel_height: 2, kernel_width: 2, stride_y: 2, stride_x: 2,
            pad_top: 0, pad_left: 0, dilation_y: 1, dilation_x: 1, output_height: height / 2, output_width: width / 2)
        // What was in the memory before must not matter.
        var dx = [Float](repeating: 7, count: height * width)
        cvk_max_pool_gradient(set.kernel, &window, x, dy, &dx)
        #expect(dx == definition(x, dy, height: height, width: width))
    }
}
