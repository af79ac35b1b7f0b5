import CVCore
import CVTensor
import Foundation
import Testing

@Suite struct MemoryEstimateTests {
    @Test("memory estimate: results are freed after their last use, or kept for the backward pass")
    func resultsCountForAsLongAsTheyAreUsed() {
        let (first, second) = (Tensor.shapeOnly([3, 2, 1, 1]), Tensor.shapeOnly([1, 3, 1, 1]))
        let point = ConvGeometry(kernel: 1)
        let estimate = MemoryEstimate(input: [1, 2, 4, 4]) { x in
            _ = conv2d(Activation.relu(conv2d(x, first, point)), second, point)
        }
        // 4 bytes for 32, 48 and 16 values: the input is gone when the last result is made.
        #expect(estimate.peak == 4 * (32 + 48))
        #expect(estimate.total == 4 * (32 + 48 + 16))
        let residual = MemoryEstimate(input: [1, 2, 4, 4]) { x in
            let y = conv2d(x, first, point)
            _ = conv2d(y, Tensor.shapeOnly([3, 3, 1, 1]), point) + y
        }
        #expect(residual.peak == 4 * (48 + 48))
    }

    @Test("memory estimate: absurd sizes are numbers, not overflows")
    func absurdSizesDoNotOverflow() {
        let estimate = MemoryEstimate(input: [1 << 20, 1 << 20, 1 << 20, 1]) { _ in }
        #expect(estimate.peak == 1 << 62)
    }

    @Test("memory: what there is no memory for is an error that names need and limit")
    func whatDoesNotFitIsAnError() throws {
        try requireMemory(1 << 20, for: "a little")
        let error = #expect(throws: MemoryError.self) { try requireMemory(1 << 60, for: "a lot") }
        #expect(error?.needed == 1 << 60 && error?.category == .limit)
        #expect(error?.description.hasPrefix("a lot needs about 1152921.5 TB of memory, and ") == true)
    }

    @Test(
        "memory: a tensor without memory ends the process with its size",
        .enabled(if: dlsym(nil, "__asan_init") == nil))
    func aTensorWithoutMemoryNamesItsSize() async throws {
        let result = try await #require(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Tensor(shape: [1 << 45]) { _ in }
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("there is no memory for a tensor of 140.7 TB"), "\(text)")
    }
}
