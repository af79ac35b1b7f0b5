import CVCore
import CVTensor
import TestSupport
import Testing

/// The definition, one loop for each letter.
private func naive(_ x: Tensor, _ weight: Tensor, bias: Tensor?, _ geometry: ConvGeometry) -> Tensor {
    let (n, cin, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (cout, part) = (weight.shape[0], weight.shape[1])
    let (ho, wo) = (geometry.y.outputSize(h), geometry.x.outputSize(w))
    let (values, filters) = (x.values, weight.values)
    var y = [Float](repeating: 0, count: n * cout * ho * wo)
    for batch in 0..<n {
        for o in 0..<cout {
            let group = o / (cout / geometry.groups)
            for oy in 0..<ho {
                for ox in 0..<wo {
                    var sum = Double(bias?.values[o] ?? 0)
                    for i in 0..<part {
                        for ky in 0..<geometry.y.kernel {
                            for kx in 0..<geometry.x.kernel {
                                let iy = oy * geometry.y.stride + ky * geometry.y.dilation - geometry.y.padding.before
                                let ix = ox * geometry.x.stride + kx * geometry.x.dilation - geometry.x.padding.before
                                guard (0..<h).contains(iy), (0..<w).contains(ix) else { continue }
                                let filter = ((o * part + i) * geometry.y.kernel + ky) * geometry.x.kernel + kx
                                let pixel = ((batch * cin + group * part + i) * h + iy) * w + ix
                                sum += Double(filters[filter]) * Double(values[pixel])
                            }
                        }
                    }
                    y[((batch * cout + o) * ho + oy) * wo + ox] = Float(sum)
                }
            }
        }
    }
    return Tensor(y, shape: [n, cout, ho, wo])
}

private struct Case: CustomTestStringConvertible {
    let input: Shape, cout: Int, geometry: ConvGeometry, bias: Bool

    var testDescription: String { "\(input) → \(cout), \(geometry), bias \(bias)" }

    func check(_ method: MatrixProduct) {
        let x = seededTensor(seed: 7, input)
        let weight = seededTensor(
            seed: 8, [cout, input[1] / geometry.groups, geometry.y.kernel, geometry.x.kernel])
        let bias = bias ? seededTensor(seed: 9, [cout]) : nil
        let error = relativeError(
            conv2d(x, weight, bias: bias, geometry, method: method), naive(x, weight, bias: bias, geometry))
        #expect(error < 2e-6, "\(method), \(testDescription)")
    }
}

@Suite struct ConvolutionTests {
    private static let methods: [MatrixProduct] =
        InstructionSet.available.map(MatrixProduct.tiles) + [.openBLAS]

    private static let cases: [Case] = {
        let same = ConvGeometry.Axis(kernel: 3, stride: 2, padding: (0, 1))
        let long = ConvGeometry.Axis(kernel: 7, stride: 1, padding: (3, 3))
        let point = ConvGeometry.Axis(kernel: 1)
        return [
            Case(input: [1, 3, 11, 13], cout: 16, geometry: .init(kernel: 3, padding: 1), bias: false),
            Case(input: [2, 5, 9, 7], cout: 11, geometry: .init(kernel: 3, stride: 2, padding: 1), bias: true),
            Case(input: [1, 40, 13, 13], cout: 255, geometry: .init(kernel: 1), bias: true),
            Case(input: [1, 64, 5, 5], cout: 9, geometry: .init(kernel: 3, padding: 1), bias: false),
            Case(input: [1, 4, 30, 29], cout: 8, geometry: .init(kernel: 5, stride: 3, padding: 4), bias: true),
            Case(input: [1, 2, 17, 19], cout: 3, geometry: .init(kernel: 3, padding: 2, dilation: 2), bias: true),
            Case(input: [2, 12, 8, 8], cout: 18, geometry: .init(kernel: 3, padding: 1, groups: 3), bias: true),
            Case(input: [1, 8, 10, 10], cout: 8, geometry: .init(kernel: 3, padding: 1, groups: 8), bias: false),
            Case(input: [1, 3, 8, 9], cout: 4, geometry: .init(y: same, x: same), bias: true),
            Case(input: [1, 6, 12, 9], cout: 5, geometry: .init(y: point, x: long), bias: false),
            Case(input: [1, 1, 3, 3], cout: 1, geometry: .init(kernel: 3), bias: true),
            Case(input: [1, 1, 1, 1], cout: 2, geometry: .init(kernel: 3, padding: 1), bias: false),
            Case(input: [1, 2, 40, 41], cout: 7, geometry: .init(kernel: 3, stride: 4, padding: 9), bias: true),
        ]
    }()

    @Test(arguments: cases) fileprivate func isTheDefinitionByEveryMethod(_ sample: Case) {
        for method in Self.methods { sample.check(method) }
    }

    @Test func endsWithNormalizationAndActivation() {
        let x = seededTensor(seed: 101, [2, 6, 25, 31])
        let weight = seededTensor(seed: 102, [10, 3, 3, 3])
        let geometry = ConvGeometry(kernel: 3, padding: 1, groups: 2)
        let (mean, scale, bias) = (
            seededTensor(seed: 103, [10]), seededTensor(seed: 104, [10]), seededTensor(seed: 105, [10])
        )
        let variance = Tensor(seededTensor(seed: 106, [10]).values.map { $0 + 1.5 }, shape: [10])
        for activation in [Activation.linear, .leakyReLU(slope: 0.1), .mish] {
            let epilogue = ConvEpilogue(
                mean: mean, variance: variance, weight: scale, bias: bias, epsilon: 1e-3, activation)
            let apart = batchNorm(
                conv2d(x, weight, geometry), mean: mean, variance: variance, weight: scale, bias: bias, epsilon: 1e-3)
            let error = relativeError(conv2d(x, weight, geometry, then: epilogue), activation(apart))
            #expect(error < 1e-6, "\(activation)")
        }
    }

    @Test func doesNotDependOnTheNumberOfThreads() {
        let x = seededTensor(seed: 107, [1, 64, 26, 26])
        let weight = seededTensor(seed: 108, [130, 64, 3, 3])
        let before = Parallel.threadCount
        defer { Parallel.threadCount = before }
        let results = [1, 2, 3, 8].map { threads in
            Parallel.threadCount = threads
            return conv2d(x, weight, .init(kernel: 3, padding: 1)).values
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }
}
