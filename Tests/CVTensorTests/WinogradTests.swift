import CVCore
import CVTensor
import TestSupport
import Testing

/// Shapes that are large enough for the transforms, with tiles that stick out on all sides.
@Suite struct WinogradTests {
    struct Case: CustomTestStringConvertible {
        let input: Shape, cout: Int, padding: Int, bias: Bool

        var testDescription: String { "\(input) → \(cout), padding \(padding), bias \(bias)" }
        var geometry: ConvGeometry { ConvGeometry(kernel: 3, padding: padding) }
        var x: Tensor { seededTensor(seed: 1, input) }
        var weight: Tensor { seededTensor(seed: 2, [cout, input[1], 3, 3]) }
    }

    static let cases = [
        Case(input: [2, 24, 33, 21], cout: 32, padding: 1, bias: true),
        Case(input: [1, 37, 28, 28], cout: 24, padding: 1, bias: false),
        Case(input: [3, 32, 17, 70], cout: 50, padding: 0, bias: true),
        Case(input: [13, 64, 7, 7], cout: 64, padding: 1, bias: false),
        Case(input: [5, 26, 13, 15], cout: 130, padding: 2, bias: true),
        Case(input: [1, 30, 6, 300], cout: 27, padding: 1, bias: true),
    ]

    @Test(arguments: cases, InstructionSet.available)
    func givesTheConvolution(_ shape: Case, _ set: InstructionSet) {
        let bias = shape.bias ? seededTensor(seed: 3, [shape.cout]) : nil
        let found = conv2d(shape.x, shape.weight, bias: bias, shape.geometry, method: .tiles(set))
        let expected = conv2d(shape.x, shape.weight, bias: bias, shape.geometry, method: .openBLAS)
        #expect(relativeError(found, expected) < 1e-5)
    }

    /// A convolution is linear in x and in its weight, so for any direction V: Σ dW · V = Σ dY · conv(x, V).
    @Test(arguments: cases) func givesTheGradients(_ shape: Case) {
        let tape = Tape(.training)
        let (x, weight) = (tape.watch(shape.x, gradient: true), tape.watch(shape.weight, gradient: true))
        let y = conv2d(x, weight, shape.geometry)
        let dy = seededTensor(seed: 4, y.shape)
        let gradients = tape.gradients(of: y, seed: dy)
        for seed: UInt64 in 5..<8 {
            let (u, v) = (seededTensor(seed: seed, shape.input), seededTensor(seed: seed, shape.weight.shape))
            let moved = (
                conv2d(u, shape.weight, bias: nil, shape.geometry, method: .openBLAS),
                conv2d(shape.x, v, bias: nil, shape.geometry, method: .openBLAS)
            )
            expectEqual(dot(gradients[x]!, u), dot(dy, moved.0))
            expectEqual(dot(gradients[weight]!, v), dot(dy, moved.1))
        }
    }

    @Test func doesNotDependOnTheNumberOfThreads() {
        let shape = Self.cases[0]
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
