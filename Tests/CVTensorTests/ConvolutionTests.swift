import CVCore
import CVTensor
import TestSupport
import Testing

private struct Case: CustomTestStringConvertible {
    let input: Shape, cout: Int, geometry: ConvGeometry, bias: Bool

    var testDescription: String { "\(input) → \(cout), \(geometry), bias \(bias)" }

    func check(_ isa: InstructionSet, _ tuning: ConvTuning) {
        let x = seededTensor(seed: 7, input)
        let weight = seededTensor(
            seed: 8, [cout, input[1] / geometry.groups, geometry.y.kernel, geometry.x.kernel])
        let bias = bias ? seededTensor(seed: 9, [cout]) : nil
        let problem = ConvProblem(x: input, weight: weight.shape, bias: bias?.shape, geometry)
        let error = relativeError(
            problem.forward(x, weight, Epilogue(bias: bias), isa: isa, tuning: tuning),
            ConvolutionDefinition(x.shape, weight.shape, geometry).forward(x, weight, bias: bias))
        #expect(error < 2e-6, "\(isa), \(tuning.forced?.rawValue ?? "chosen"), \(testDescription)")
    }
}

@Suite struct ConvolutionTests {
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

    @Test("conv2d: matches the definition under every instruction set", arguments: cases)
    fileprivate func isTheDefinitionUnderEveryInstructionSet(_ sample: Case) {
        for isa in InstructionSet.available {
            sample.check(isa, .standard)
            sample.check(isa, .forcing(.direct))
        }
    }

    @Test("fused convolution: equals convolution, normalization, sum and activation", arguments: [false, true])
    func endsWithNormalizationAndActivation(_ hasResidual: Bool) {
        let x = seededTensor(seed: 101, [2, 6, 25, 31])
        let weight = seededTensor(seed: 102, [10, 3, 3, 3])
        let geometry = ConvGeometry(kernel: 3, padding: 1, groups: 2)
        let (mean, scale, bias) = (
            seededTensor(seed: 103, [10]), seededTensor(seed: 104, [10]), seededTensor(seed: 105, [10])
        )
        let variance = Tensor(seededTensor(seed: 106, [10]).values.map { $0 + 1.5 }, shape: [10])
        let residual = hasResidual ? seededTensor(seed: 109, [2, 10, 25, 31]) : nil
        for activation in [Activation.linear, .leakyReLU(slope: 0.1), .mish] {
            let fused = FusedConv2d(
                weight, bias: nil, geometry,
                .init(mean: mean, variance: variance, weight: scale, bias: bias, epsilon: 1e-3), activation)
            let apart = batchNorm(
                conv2d(x, weight, geometry), mean: mean, variance: variance, weight: scale, bias: bias, epsilon: 1e-3)
            let expected = activation(residual.map { apart + $0 } ?? apart)
            #expect(relativeError(fused(x, adding: residual), expected) < 1e-6, "\(activation)")
            #expect(relativeError(fused(Tape(.inference).watch(x), adding: residual), expected) < 1e-6)
        }
    }

    @Test("conv2d: independent of the number of threads") func doesNotDependOnTheNumberOfThreads() {
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
