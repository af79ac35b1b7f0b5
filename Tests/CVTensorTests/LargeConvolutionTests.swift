import CVCore
import CVTensor
import TestSupport
import Testing

/// Convolutions that are large enough to be divided into parts, by every algorithm, against matrix products of
/// OpenBLAS.
@Suite struct LargeConvolutionTests {
    struct Case: CustomTestStringConvertible {
        let input: Shape, cout: Int, geometry: ConvGeometry, bias: Bool

        init(
            _ input: Shape, cout: Int, kernel: Int = 3, stride: Int = 1, padding: Int = 1, dilation: Int = 1,
            groups: Int = 1, bias: Bool = false
        ) {
            (self.input, self.cout, self.bias) = (input, cout, bias)
            geometry = ConvGeometry(
                kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups)
        }

        /// Winograd's sums over many channels are slightly less accurate.
        var tolerance: Float { input[1] < 200 ? 1e-5 : 3e-5 }

        var testDescription: String { "\(input) → \(cout), \(geometry), bias \(bias)" }
        var problem: ConvProblem { ConvProblem(x: input, weight: weight.shape, geometry) }
        var x: Tensor { seededTensor(seed: 1, input) }
        var weight: Tensor {
            seededTensor(seed: 2, [cout, input[1] / geometry.groups, geometry.y.kernel, geometry.x.kernel])
        }
    }

    static let cases = [
        // By Winograd's transforms, with partial tiles on all sides.
        Case([2, 50, 33, 21], cout: 64, bias: true),
        Case([1, 51, 28, 28], cout: 48),
        Case([3, 48, 17, 70], cout: 50, padding: 0, bias: true),
        Case([13, 64, 7, 7], cout: 64),
        Case([5, 52, 13, 15], cout: 130, padding: 2, bias: true),
        Case([1, 50, 6, 300], cout: 49, bias: true),
        // Whole tiles in whole vectors; more tiles than are transformed at a time.
        Case([2, 48, 12, 128], cout: 51, bias: true),
        Case([1, 49, 175, 171], cout: 50, bias: true),
        // Few tiles with many channels.
        Case([4, 256, 7, 7], cout: 261, bias: true),
        Case([1, 259, 13, 16], cout: 256),
        // Direct, and with a stride.
        Case([2, 16, 40, 50], cout: 24, bias: true),
        Case([4, 40, 19, 23], cout: 70, kernel: 1, padding: 0),
        Case([2, 100, 56, 56], cout: 33, kernel: 1, padding: 0, bias: true),
        Case([3, 64, 28, 28], cout: 50, kernel: 1, stride: 2, padding: 0),
        Case([2, 30, 31, 29], cout: 60, stride: 2, bias: true),
        Case([2, 3, 60, 64], cout: 64, kernel: 7, stride: 2, padding: 3),
        Case([2, 20, 32, 48], cout: 16, kernel: 2, stride: 2, padding: 0),
        Case([2, 24, 15, 14], cout: 36, stride: 2, groups: 2),
        Case([1, 18, 30, 37], cout: 20, kernel: 5, padding: 4, dilation: 2),
        Case([2, 20, 23, 31], cout: 17, kernel: 3, stride: 3, padding: 2, dilation: 2, bias: true),
        Case([1, 18, 30, 37], cout: 20, kernel: 4, stride: 2, padding: 0, dilation: 4),
        // Windows that step over pixels, and borders wider than the kernel.
        Case([2, 19, 22, 21], cout: 18, kernel: 2, stride: 4, padding: 0),
        Case([2, 17, 22, 30], cout: 20, kernel: 1, stride: 3, padding: 2, bias: true),
        Case([1, 16, 21, 22], cout: 18, kernel: 3, stride: 4, padding: 9),
        // Depthwise: rows of one vector and of many, every stride, borders wider than the kernel.
        Case([2, 40, 30, 37], cout: 40, groups: 40, bias: true),
        Case([3, 33, 7, 7], cout: 33, groups: 33),
        Case([1, 5, 112, 111], cout: 5, stride: 2, groups: 5),
        Case([2, 6, 15, 200], cout: 12, kernel: 5, stride: 2, padding: 2, groups: 6, bias: true),
        Case([1, 7, 31, 23], cout: 7, kernel: 3, stride: 3, padding: 4, dilation: 2, groups: 7),
        Case([1, 4, 9, 150], cout: 8, kernel: 4, stride: 1, padding: 3, groups: 4),
        Case([2, 3, 6, 5], cout: 3, kernel: 2, stride: 4, padding: 0, groups: 3),
    ]

    /// Gradients of filters whose input is transformed some channels at a time.
    static let manyChannels = [Case([1, 512, 52, 48], cout: 48), Case([1, 519, 49, 51], cout: 101)]

    @Test("large convolutions: match OpenBLAS", arguments: cases, InstructionSet.available)
    func givesTheConvolution(_ shape: Case, _ isa: InstructionSet) {
        let bias = Epilogue(bias: shape.bias ? seededTensor(seed: 3, [shape.cout]) : nil)
        // The scalar kernels, where the choice would be OpenBLAS.
        let scalar = ConvTuning.forcing(shape.geometry.groups == shape.input[1] ? .depthwise : .direct)
        let found = shape.problem.forward(
            shape.x, shape.weight, bias, isa: isa, tuning: isa == .scalar ? scalar : .standard)
        let expected = shape.problem.forward(shape.x, shape.weight, bias, isa: .scalar)
        #expect(relativeError(found, expected) < shape.tolerance)
    }

    /// A convolution is linear in x and in its weight, so for any direction V: Σ dW · V = Σ dY · conv(x, V).
    @Test("large convolutions: gradients are the adjoints", arguments: cases + manyChannels) func givesTheGradients(
        _ shape: Case
    ) {
        let tape = Tape(.training)
        let (x, weight) = (tape.watch(shape.x, gradient: true), tape.watch(shape.weight, gradient: true))
        let y = conv2d(x, weight, shape.geometry)
        let dy = seededTensor(seed: 4, y.shape)
        let gradients = tape.gradients(of: y, seed: dy)
        for seed: UInt64 in 5..<8 {
            let (u, v) = (seededTensor(seed: seed, shape.input), seededTensor(seed: seed, shape.weight.shape))
            let moved = (
                shape.problem.forward(u, shape.weight, isa: .scalar), shape.problem.forward(shape.x, v, isa: .scalar)
            )
            expectEqual(dot(gradients[x]!, u), dot(dy, moved.0))
            expectEqual(dot(gradients[weight]!, v), dot(dy, moved.1))
        }
    }

    @Test("large convolutions: independent of the number of threads", arguments: cases)
    func doesNotDependOnTheNumberOfThreads(_ shape: Case) {
        let before = Parallel.threadCount
        defer { Parallel.threadCount = before }
        let results = [1, 2, 5].map { threads in
            Parallel.threadCount = threads
            let tape = Tape(.training)
            let (x, weight) = (tape.watch(shape.x, gradient: true), tape.watch(shape.weight, gradient: true))
            let y = conv2d(x, weight, shape.geometry)
            let gradients = tape.gradients(of: y, seed: seededTensor(seed: 4, y.shape))
            return [y.values, gradients[x]!.values, gradients[weight]!.values]
        }
        #expect(results[0] == results[1])
        #expect(results[0] == results[2])
    }

    private func dot(_ a: Tensor, _ b: Tensor) -> (sum: Double, size: Double) {
        let products = zip(a.values, b.values).map { Double($0) * Double($1) }
        return (products.reduce(0, +), products.reduce(0) { $0 + $1 * $1 }.squareRoot())
    }

    /// The sums are of terms of both signs: an error is measured by their root of squares.
    private func expectEqual(
        _ a: (sum: Double, size: Double), _ b: (sum: Double, size: Double),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(abs(a.sum - b.sum) < 3e-5 * max(a.size, b.size), sourceLocation: sourceLocation)
    }
}
