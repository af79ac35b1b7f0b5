import CKernels
import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// Plans that multiply bfloat16, against the definition with operands that were rounded before.
@Suite("Plans: precision") struct PrecisionTests {
    private static func options(_ isa: InstructionSet) -> PlanOptions {
        var options = PlanOptions(isa, winogradTile: 0)
        options.precision = .bf16
        return options
    }

    /// Rounded to bfloat16, by the conversion for weight files.
    private static func rounded(_ x: Tensor) -> Tensor {
        var halves = [UInt16](repeating: 0, count: x.shape.count)
        return Tensor(shape: x.shape) { target in
            x.withValues { cvk_f32_to_bf16(CVK_SCALAR, $0.baseAddress!, &halves, $0.count) }
            cvk_bf16_to_f32(CVK_SCALAR, &halves, target.baseAddress!, target.count)
        }
    }

    /// Cin, Cout, kernel, stride, padding, rows and columns.
    static let cases = [
        [16, 16, 1, 1, 0, 9, 7], [64, 48, 1, 1, 0, 13, 17], [19, 33, 1, 1, 0, 20, 20], [40, 70, 1, 2, 0, 11, 9],
        [24, 33, 3, 1, 1, 14, 9], [33, 16, 3, 2, 1, 15, 16], [128, 64, 3, 1, 1, 40, 31], [17, 20, 5, 2, 2, 12, 30],
        [512, 40, 3, 1, 1, 6, 5], [31, 100, 1, 1, 0, 1, 1], [257, 300, 1, 1, 0, 1, 1],
    ]

    @Test("convolutions of rounded operands", arguments: InstructionSet.available, cases)
    func convolution(_ isa: InstructionSet, _ numbers: [Int]) {
        let (cin, cout, kernel) = (numbers[0], numbers[1], numbers[2])
        let geometry = ConvGeometry(kernel: kernel, stride: numbers[3], padding: numbers[4])
        let weight = seededWeight(seed: 1, [cout, cin, kernel, kernel])
        let bias = seededTensor(seed: 2, [cout])
        for batch in [1, 2] {
            let x = seededTensor(seed: 3, [batch, cin, numbers[5], numbers[6]])
            let graph = Graph(capturing: x.shape) { [Activation.relu(conv2d($0, weight, bias: bias, geometry))] }
            let plan = InferencePlan(graph.optimized(), Self.options(isa))
            let found = plan.resultsInDirtyMemory([x])[0]
            let expected = Activation.relu(conv2d(Self.rounded(x), Self.rounded(weight), bias: bias, geometry))
            #expect(relativeError(found, expected) < 1e-5, "\(numbers), batch \(batch)")
            #expect(
                relativeError(found, expected)
                    < relativeError(Activation.relu(conv2d(x, weight, bias: bias, geometry)), expected))
        }
    }

    @Test("a transposed convolution, and one with a residual", arguments: InstructionSet.available)
    func transposedAndResidual(_ isa: InstructionSet) {
        let x = seededTensor(seed: 3, [2, 40, 9, 11])
        let up = seededTensor(seed: 1, [40, 24, 2, 2], scale: 0.1)
        let two = ConvGeometry(kernel: 2, stride: 2)
        let graph = Graph(capturing: x.shape) { [convTranspose2d($0, up, two)] }
        let found = InferencePlan(graph.optimized(), Self.options(isa)).resultsInDirtyMemory([x])[0]
        #expect(relativeError(found, convTranspose2d(Self.rounded(x), Self.rounded(up), two)) < 1e-5)

        let weight = seededWeight(seed: 4, [40, 40, 3, 3])
        let same = ConvGeometry(kernel: 3, padding: 1)
        let sum = Graph(capturing: x.shape) { [Activation.relu(conv2d($0, weight, same) + $0)] }
        let second = InferencePlan(sum.optimized(), Self.options(isa)).resultsInDirtyMemory([x])[0]
        // The residual is not multiplied, and so not rounded.
        let expected = Activation.relu(conv2d(Self.rounded(x), Self.rounded(weight), same) + x)
        #expect(relativeError(second, expected) < 1e-5)
    }

    @Test("a convolution of a few channels, and Winograd's transforms, stay in single precision")
    func staysExact() {
        let stem = seededWeight(seed: 1, [32, 3, 3, 3])
        let x = seededTensor(seed: 2, [1, 3, 20, 20])
        let two = ConvGeometry(kernel: 3, stride: 2, padding: 1)
        let graph = Graph(capturing: x.shape) { [conv2d($0, stem, two)] }
        let found = InferencePlan(graph.optimized(), Self.options(.current))([x])[0]
        #expect(relativeError(found, conv2d(x, stem, two)) < 1e-5)

        let weight = seededWeight(seed: 3, [64, 64, 3, 3])
        let y = seededTensor(seed: 4, [1, 64, 48, 48])
        let same = ConvGeometry(kernel: 3, padding: 1)
        var options = PlanOptions(.current)
        options.precision = .bf16
        let plan = InferencePlan(Graph(capturing: y.shape) { [conv2d($0, weight, same)] }.optimized(), options)
        #expect(plan.stepNames.contains { $0.contains("winograd") }, "\(plan.stepNames)")
        #expect(relativeError(plan([y])[0], conv2d(y, weight, same)) < 1e-4)
    }

    @Test("an overflow is seen in the result", arguments: InstructionSet.available)
    func overflow(_ isa: InstructionSet) {
        let x = Tensor(repeating: 2, shape: [1, 32, 4, 4])
        for factor in [3e38, -3e38, .infinity, -.infinity, .nan] as [Float] {
            let weight = Tensor(repeating: factor, shape: [16, 32, 1, 1])
            let graph = Graph(capturing: x.shape) { [Activation.relu6(conv2d($0, weight, ConvGeometry(kernel: 1)))] }
            #expect(!InferencePlan(graph.optimized(), Self.options(isa))([x])[0].isFinite, "\(factor)")
        }
    }

    @Test("numbers are rounded to the nearest, ties to even; NaN stays NaN")
    func rounding() {
        let bits: [UInt32] = [
            0, 0x8000_0000, 0x3F80_0000, 0x3F80_7FFF, 0x3F80_8000, 0x3F80_8001, 0x3F81_8000, 0xBF81_8000, 0x7F7F_FFFF,
            0x7F80_0000, 0xFF80_0000, 0x7F80_0001, 0x7FFF_FFFF, 0x0080_0000, 0x4049_0FDB,
        ]
        let x = Tensor(bits.map { Float(bitPattern: $0) }, shape: [bits.count])
        let expected = Self.rounded(x).values.map(\.bitPattern)
        var found = [Float](repeating: 0, count: bits.count)
        x.withValues { cvk_bf16_round($0.baseAddress!, &found, $0.count) }
        #expect(found.map(\.bitPattern) == expected)
    }

    @Test("the choice for the whole program is that of new options")
    func standard() {
        #expect(Precision.standard == .float32 && PlanOptions().precision == .float32)
        #expect(Precision.float32.isFast)
    }
}
