import CVTask
import CVTensor
import Testing

@Suite struct NonFinitePositionTests {
    @Test("NaN and infinity: the image of a batch is named, whatever the size of its result", arguments: [1, 2, 5, 7])
    func theImageOfABatchIsNamed(size: Int) {
        let x = Tensor(repeating: 0, shape: [3, 1])
        for image in 0..<3 {
            var values = [Float](repeating: 0, count: 3 * size)
            values[image * size + size - 1] = .infinity
            let result = Tensor(values, shape: [3, size])
            let error = #expect(throws: NonFiniteOutput.self) { try NonFiniteOutput.checking(x) { _ in result } }
            #expect(error?.index == image && error?.cause == .output)
        }
    }
}
