import CVCore
import CVTensor
import Foundation
import TestSupport
import Testing

/// Which algorithm is chosen, and each of them forced, in all directions and under every instruction set.
@Suite struct ConvAlgorithmTests {
    struct Case: CustomTestStringConvertible {
        let input: Shape, cout: Int, geometry: ConvGeometry

        init(
            _ input: Shape, cout: Int, kernel: Int = 3, stride: Int = 1, padding: Int = 1, dilation: Int = 1,
            groups: Int = 1
        ) {
            self.init(
                input, cout: cout,
                ConvGeometry(kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups))
        }

        init(_ input: Shape, cout: Int, _ geometry: ConvGeometry) {
            (self.input, self.cout, self.geometry) = (input, cout, geometry)
        }

        var weightShape: Shape { [cout, input[1] / geometry.groups, geometry.y.kernel, geometry.x.kernel] }
        var problem: ConvProblem { ConvProblem(x: input, weight: weightShape, geometry) }
        var definition: ConvolutionDefinition { ConvolutionDefinition(input, weightShape, geometry) }
        var testDescription: String { "\(input) → \(cout), \(geometry)" }

        /// Whether a kind of algorithm computes such a convolution forward.
        func isOffered(_ kind: ConvAlgorithmKind) -> Bool {
            switch kind {
            case .gemm, .direct: true
            case .phaseSplit: false
            case .depthwise: geometry.groups > 1 && geometry.groups == input[1]
            case .winograd: geometry == ConvGeometry(kernel: 3, padding: geometry.y.padding.before)
            }
        }
    }

    // MARK: Selection

    struct Choice: CustomTestStringConvertible {
        let name: String, sample: Case
        let forward, data, weights: ConvAlgorithmKind

        init(
            _ name: String, _ sample: Case, _ forward: ConvAlgorithmKind, data: ConvAlgorithmKind,
            weights: ConvAlgorithmKind
        ) {
            (self.name, self.sample, self.forward, self.data, self.weights) = (name, sample, forward, data, weights)
        }

        var testDescription: String { name }
    }

    /// A window of 3×3 that keeps the size, with another dilation in each direction.
    private static func dilated(y: Int, x: Int) -> ConvGeometry {
        func axis(_ dilation: Int) -> ConvGeometry.Axis {
            .init(kernel: 3, padding: (dilation, dilation), dilation: dilation)
        }
        return ConvGeometry(y: axis(y), x: axis(x))
    }

    static let choices = [
        Choice("3×3", .init([2, 64, 28, 28], cout: 64), .winograd, data: .winograd, weights: .winograd),
        Choice(
            "3×3 of the fewest channels", .init([1, 16, 28, 28], cout: 16), .winograd, data: .winograd,
            weights: .winograd),
        Choice("3×3 of few channels", .init([1, 15, 28, 28], cout: 64), .direct, data: .direct, weights: .direct),
        Choice("3×3 to few channels", .init([1, 64, 28, 28], cout: 15), .direct, data: .direct, weights: .direct),
        Choice("3×3 on few tiles", .init([1, 64, 26, 24], cout: 64), .direct, data: .direct, weights: .direct),
        Choice(
            "3×3 of many channels on few tiles", .init([1, 256, 13, 12], cout: 256), .winograd, data: .winograd,
            weights: .winograd),
        Choice(
            "3×3 of many channels on fewer tiles", .init([1, 256, 12, 12], cout: 512), .direct, data: .direct,
            weights: .direct),
        Choice(
            "3×3 dilated", .init([2, 64, 40, 40], cout: 64, padding: 2, dilation: 2), .direct, data: .direct,
            weights: .direct),
        Choice(
            "3×3 dilated, of the fewest channels", .init([2, 16, 40, 40], cout: 16, padding: 2, dilation: 2), .direct,
            data: .direct, weights: .direct),
        Choice(
            "3×3 dilated downwards", .init([2, 48, 40, 40], cout: 48, dilated(y: 2, x: 1)), .direct, data: .direct,
            weights: .direct),
        Choice(
            "3×3 dilated across", .init([2, 48, 40, 40], cout: 48, dilated(y: 1, x: 2)), .direct, data: .direct,
            weights: .direct),
        Choice(
            "3×3 with a stride", .init([2, 64, 56, 56], cout: 128, stride: 2), .direct, data: .phaseSplit,
            weights: .direct),
        Choice(
            "3×3 in groups", .init([2, 128, 40, 40], cout: 128, groups: 2), .direct, data: .direct, weights: .direct),
        Choice(
            "1×1", .init([2, 64, 56, 56], cout: 256, kernel: 1, padding: 0), .direct, data: .direct, weights: .direct),
        Choice(
            "1×1 with a stride", .init([2, 64, 56, 56], cout: 256, kernel: 1, stride: 2, padding: 0), .direct,
            data: .phaseSplit, weights: .direct),
        Choice(
            "7×7 with a stride", .init([1, 3, 64, 64], cout: 64, kernel: 7, stride: 2, padding: 3), .direct,
            data: .phaseSplit, weights: .direct),
        Choice(
            "5×5", .init([2, 64, 28, 28], cout: 64, kernel: 5, padding: 2), .direct, data: .direct, weights: .direct),
        Choice(
            "depthwise", .init([2, 64, 56, 56], cout: 64, groups: 64), .depthwise, data: .depthwise,
            weights: .depthwise),
        Choice(
            "depthwise with a stride", .init([2, 64, 56, 56], cout: 64, stride: 2, groups: 64), .depthwise,
            data: .depthwise, weights: .depthwise),
        // The flipped filters of a channel multiplier have several input channels a group.
        Choice(
            "depthwise with two filters a channel", .init([2, 64, 56, 56], cout: 128, groups: 64), .depthwise,
            data: .direct, weights: .depthwise),
        // The flipped convolution would have negative padding.
        Choice(
            "a border wider than the kernel", .init([1, 64, 20, 20], cout: 64, padding: 9), .winograd, data: .gemm,
            weights: .winograd),
    ]

    @Test("convolution: the selected algorithms", arguments: choices, [InstructionSet.avx2, .avx512, .neon])
    func choice(_ expected: Choice, _ isa: InstructionSet) {
        let problem = expected.sample.problem
        #expect(ConvAlgorithmSelection.forward(problem, isa).kind == expected.forward)
        #expect(ConvAlgorithmSelection.backwardData(problem, isa).kind == expected.data)
        #expect(ConvAlgorithmSelection.backwardWeights(problem, isa).kind == expected.weights)
    }

    @Test("convolution: OpenBLAS with the scalar instruction set", arguments: choices)
    func scalarChoice(_ choice: Choice) {
        let problem = choice.sample.problem
        #expect(ConvAlgorithmSelection.forward(problem, .scalar).kind == .gemm)
        #expect(ConvAlgorithmSelection.backwardData(problem, .scalar).kind == .gemm)
        #expect(ConvAlgorithmSelection.backwardWeights(problem, .scalar).kind == .gemm)
    }

    @Test("convolution: the tuning sets the thresholds")
    func tuningIsFollowed() {
        let problem = Case([1, 16, 12, 12], cout: 16).problem
        var tuning = ConvTuning()
        #expect(ConvAlgorithmSelection.forward(problem, .avx2, tuning).kind == .direct)
        tuning.winograd.minChannels = 16
        #expect(ConvAlgorithmSelection.forward(problem, .avx2, tuning).kind == .direct)
        tuning.winograd.minTiles = 9
        #expect(ConvAlgorithmSelection.forward(problem, .avx2, tuning).kind == .winograd)
        tuning.forced = .gemm
        #expect(ConvAlgorithmSelection.forward(problem, .avx2, tuning).kind == .gemm)
    }

    // MARK: Each algorithm

    /// Odd sizes, so that tiles, panels and vectors have remainders.
    static let cases = [
        Case([2, 5, 11, 13], cout: 7), Case([1, 19, 9, 30], cout: 17, padding: 0),
        Case([3, 9, 5, 6], cout: 12, padding: 2),
        Case([2, 8, 16, 64], cout: 16),
        Case([2, 5, 12, 9], cout: 11, stride: 2), Case([1, 4, 14, 15], cout: 6, kernel: 5, stride: 3, padding: 4),
        Case([2, 6, 10, 11], cout: 9, padding: 2, dilation: 2), Case([1, 6, 9, 8], cout: 4, stride: 2, groups: 2),
        Case([2, 13, 7, 9], cout: 10, kernel: 1, padding: 0),
        Case([1, 5, 9, 8], cout: 6, kernel: 1, stride: 2, padding: 0),
        Case([2, 5, 12, 11], cout: 5, groups: 5), Case([1, 3, 13, 10], cout: 6, stride: 2, groups: 3),
        Case([1, 3, 8, 7], cout: 4, padding: 6), Case([1, 3, 11, 10], cout: 4, kernel: 2, stride: 4, padding: 0),
        Case(
            [1, 4, 12, 9], cout: 5,
            ConvGeometry(
                y: .init(kernel: 1), x: .init(kernel: 7, padding: (3, 2)))),
    ]

    @Test(
        "convolution: each algorithm matches the definition in every direction", arguments: cases,
        ConvAlgorithmKind.allCases)
    func eachIsTheDefinition(_ sample: Case, _ kind: ConvAlgorithmKind) {
        let (problem, definition, tuning) = (sample.problem, sample.definition, ConvTuning.forcing(kind))
        let (x, weight) = (seededTensor(seed: 1, sample.input), seededTensor(seed: 2, sample.weightShape))
        let dy = seededTensor(seed: 3, definition.outputShape)
        let expected = (
            definition.forward(x, weight), definition.backwardData(dy, weight), definition.backwardWeights(dy, x)
        )
        // Winograd's transforms are slightly less accurate.
        let tolerance: Float = kind == .winograd ? 1e-5 : 2e-6
        for isa in InstructionSet.available {
            if sample.isOffered(kind) {
                #expect(ConvAlgorithmSelection.forward(problem, isa, tuning).kind == kind)
                #expect(ConvAlgorithmSelection.backwardWeights(problem, isa, tuning).kind == kind)
            }
            let found = (
                problem.forward(x, weight, isa: isa, tuning: tuning),
                problem.backwardData(dy, weight, isa: isa, tuning: tuning),
                problem.backwardWeights(dy, x, isa: isa, tuning: tuning)
            )
            #expect(relativeError(found.0, expected.0) < tolerance, "forward, \(isa)")
            #expect(relativeError(found.1, expected.1) < tolerance, "backward-data, \(isa)")
            #expect(relativeError(found.2, expected.2) < tolerance, "backward-weights, \(isa)")
        }
    }

    /// One shape for each algorithm.
    static let representatives: [(kind: ConvAlgorithmKind, sample: Case)] = [
        (.gemm, Case([2, 5, 11, 13], cout: 5)), (.direct, Case([2, 5, 11, 13], cout: 5)),
        (.phaseSplit, Case([2, 5, 11, 13], cout: 5, stride: 2)),
        (.depthwise, Case([2, 5, 11, 13], cout: 5, groups: 5)),
        (.winograd, Case([2, 5, 11, 13], cout: 5)),
    ]

    @Test(
        "convolution epilogue: scale, shift, sum and activation, forward and backward-data", arguments: representatives)
    func epilogues(_ kind: ConvAlgorithmKind, _ sample: Case) {
        let (problem, tuning) = (sample.problem, ConvTuning.forcing(kind))
        let (x, weight) = (seededTensor(seed: 1, sample.input), seededTensor(seed: 2, sample.weightShape))
        let dy = seededTensor(seed: 3, sample.definition.outputShape)
        for (isa, parts) in InstructionSet.available.flatMap({ isa in (0..<24).map { (isa, $0) } }) {
            let scale = parts & 1 == 0 ? nil : seededTensor(seed: 5, [5]).values
            let shift = parts & 2 == 0 ? nil : seededTensor(seed: 6, [5]).values
            let epilogue = Epilogue(scale: scale, shift: shift, [.linear, .relu, .mish][parts / 8])
            func check(_ run: (Epilogue, Tensor?) -> Tensor, _ direction: String) {
                let plain = run(.none, nil)
                let residual = parts & 4 == 0 ? nil : seededTensor(seed: 7, plain.shape)
                let plane = plain.shape[2] * plain.shape[3]
                let values = plain.values.enumerated().map { index, value in
                    let channel = index / plane % 5
                    return value * (scale?[channel] ?? 1) + (shift?[channel] ?? 0) + (residual?.values[index] ?? 0)
                }
                let expected = [Activation.linear, .relu, .mish][parts / 8](Tensor(values, shape: plain.shape))
                #expect(relativeError(run(epilogue, residual), expected) < 2e-6, "\(direction), \(isa), \(parts)")
            }
            check({ problem.forward(x, weight, $0, residual: $1, isa: isa, tuning: tuning) }, "forward")
            check({ problem.backwardData(dy, weight, $0, residual: $1, isa: isa, tuning: tuning) }, "backward-data")
        }
    }

    // MARK: Packed weights

    @Test("convolution: packed weights are shared by eight threads", arguments: representatives)
    func packedWeightsAreShared(_ kind: ConvAlgorithmKind, _ sample: Case) {
        let (problem, tuning, isa) = (sample.problem, ConvTuning.forcing(kind), InstructionSet.current)
        let (x, weight) = (seededTensor(seed: 1, sample.input), seededTensor(seed: 2, sample.weightShape))
        let dy = seededTensor(seed: 3, sample.definition.outputShape)
        let runs: [(algorithm: any ConvAlgorithm, input: Tensor, expected: Tensor)] = [
            (
                ConvAlgorithmSelection.forward(problem, isa, tuning), x,
                problem.forward(x, weight, isa: isa, tuning: tuning)
            ),
            (
                ConvAlgorithmSelection.backwardData(problem, isa, tuning), dy,
                problem.backwardData(dy, weight, isa: isa, tuning: tuning)
            ),
        ]
        for (algorithm, input, expected) in runs {
            let (packed, shape, done) = (algorithm.pack(weight), expected.shape, Results())
            for _ in 0..<8 {
                Thread {
                    for _ in 0..<5 {
                        let y = Tensor(shape: shape) { y in
                            input.withValues { x in
                                algorithm.run(ConvOperands(x: x.baseAddress!, y: y.baseAddress!), packed, .none)
                            }
                        }
                        done.append(y.values)
                    }
                }.start()
            }
            #expect(done.wait(for: 40).allSatisfy { $0 == expected.values })
        }
    }

    /// What threads found.
    private final class Results: @unchecked Sendable {
        private let condition = NSCondition()
        private var values: [[Float]] = []

        func append(_ result: [Float]) {
            condition.withLock {
                values.append(result)
                condition.signal()
            }
        }

        func wait(for count: Int) -> [[Float]] {
            condition.withLock {
                while values.count < count { condition.wait() }
                return values
            }
        }
    }
}
