import CVCore
import CVTensor
import TestSupport
import Testing

@Suite struct LayerOperationTests {
    /// The example of the course: overlapping kernels are added, the padding is cropped.
    @Test("convTranspose2d: overlapping kernels are added, the padding is cropped")
    func transposedConvolutionOfTheCourse() {
        let x = Tensor([2, 1, 3, 2], shape: [1, 1, 2, 2])
        let weight = Tensor([1, 2, 1, 2, 0, 1, 0, 2, 1], shape: [1, 1, 3, 3])
        let y = convTranspose2d(x, weight, .init(kernel: 3, stride: 2, padding: 1), outputPadding: (1, 1))
        #expect(y.shape == [1, 1, 4, 4])
        #expect(y.values == [0, 4, 0, 1, 10, 7, 6, 3, 0, 7, 0, 2, 6, 3, 4, 2])
    }

    /// Larger than the blocks of the work, with remainders on all sides.
    @Test("matmul: large products match the definition", arguments: [false, true]) func largeProductsAreTheDefinition(
        _ transposeB: Bool
    ) {
        let (m, k, n) = (131, 530, 301)
        let (a, b) = (seededTensor(seed: 1, [m, k]), seededTensor(seed: 2, [k, n]))
        let (left, right) = (a.values, b.values)
        var expected = [Float](repeating: 0, count: m * n)
        for row in 0..<m {
            for column in 0..<n {
                expected[row * n + column] = Float(
                    (0..<k).reduce(0.0) { $0 + Double(left[row * k + $1]) * Double(right[$1 * n + column]) })
            }
        }
        let y = matmul(a, transposeB ? b.transposed() : b, transposeB: transposeB)
        #expect(relativeError(y, Tensor(expected, shape: [m, n])) < 2e-6)
    }

    @Test("softmax: large values do not overflow, NaN propagates") func softmaxStandsLargeAndMissingValues() {
        let x = Tensor([1000, 1000, -.infinity, -1000], shape: [1, 4])
        #expect(softmax(x).values == [0.5, 0.5, 0, 0])
        #expect(logSoftmax(Tensor([1e4, 1e4], shape: [2])).values.allSatisfy { abs($0 + 0.6931472) < 1e-6 })
        #expect(softmax(Tensor([1, .nan, 2], shape: [3])).values.allSatisfy { $0.isNaN })
    }
}

@Suite struct DropoutTests {
    private func dropped(_ mode: Tape.Mode, seed: UInt64, probability: Float = 0.3) -> (y: [Float], dx: [Float]) {
        let tape = Tape(mode, seed: seed)
        let x = tape.watch(Tensor(repeating: 1, shape: [100_000]), gradient: true)
        let y = dropout(x, probability: probability)
        return (y.values, tape.gradients(of: y.sum(to: []))[x]!.values)
    }

    @Test("dropout: zeros the requested share and scales the rest") func zeroesAsManyAsAskedAndScalesTheOthers() {
        let (y, dx) = dropped(.training, seed: 5)
        let zeros = y.count { $0 == 0 }
        // Five standard deviations of a binomial distribution.
        #expect(abs(zeros - 30_000) < 5 * 145)
        #expect(y.allSatisfy { $0 == 0 || $0 == 1 / (1 - 0.3 as Float) })
        #expect(dx == y)
    }

    @Test("dropout: the identity outside training") func isTheIdentityOutsideTraining() {
        #expect(dropped(.inference, seed: 5).y.allSatisfy { $0 == 1 })
        let x = seededTensor(seed: 1, [10])
        #expect(dropout(x, probability: 0.5).values == x.values)
        #expect(dropped(.training, seed: 5, probability: 1).y.allSatisfy { $0 == 0 })
    }

    @Test("dropout: the mask depends on seed and position, not on threads")
    func dependsOnTheSeedAndThePositionButNotOnThreads() {
        let threads = Parallel.threadCount
        defer { Parallel.threadCount = threads }
        let masks = [1, 2, 5].map { count in
            Parallel.threadCount = count
            return dropped(.training, seed: 9).y
        }
        #expect(masks[0] == masks[1] && masks[0] == masks[2])
        #expect(dropped(.training, seed: 10).y != masks[0])
        let tape = Tape(.training, seed: 9)
        let x = tape.watch(Tensor(repeating: 1, shape: [1000]))
        #expect(dropout(x, probability: 0.5).values != dropout(x, probability: 0.5).values)
    }
}
