import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// Pooling, resizing, sums and other steps that keep channels apart, through plans of one such step.
@Suite("Plans of pooling, resizing, sums and gates") struct BlockwisePlanTests {
    private typealias Layer = SeededLayer
    private static let channels = [1, 3, 5, 17, 24, 33]
    private static let sizes = [(1, 1), (1, 20), (2, 2), (3, 7), (8, 8), (13, 5), (20, 19)]

    /// Compares plans under an instruction set for several sizes, channels and batches.
    ///
    /// - Parameters:
    ///   - step: what a step must be called; nil for no condition.
    ///   - body: nil for a size that the operation does not take.
    private static func check(
        _ isa: InstructionSet, step: String? = nil, tolerance: Float = 1e-5,
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (Tensor) -> Tensor?
    ) {
        for (index, size) in sizes.enumerated() {
            for channels in channels {
                var isTaken = true
                let graph = Graph(capturing: [1 + (index + channels) % 3, channels, size.0, size.1]) { x in
                    guard let y = body(x) else {
                        isTaken = false
                        return [x]
                    }
                    return [y]
                }
                guard isTaken else { continue }
                let error = graph.planError(nil, isa)
                #expect(error <= tolerance, "\(channels) channels of \(size)", sourceLocation: sourceLocation)
                guard let step else { continue }
                let names = InferencePlan(graph.optimized(), PlanOptions(isa)).stepNames
                #expect(names.contains { $0.hasPrefix(step) }, "\(names)", sourceLocation: sourceLocation)
            }
        }
    }

    /// Kernel, stride, padding.
    private static let pools = [(1, 2, 0), (2, 2, 0), (2, 1, 1), (3, 2, 1), (3, 1, 1), (3, 3, 0), (5, 1, 2), (7, 4, 3)]

    @Test("max pooling, with and without a partly fitting last window", arguments: pools, InstructionSet.available)
    func maxPooling(_ window: (Int, Int, Int), _ isa: InstructionSet) {
        let geometry = ConvGeometry(kernel: window.0, stride: window.1, padding: window.2)
        for ceilMode in [false, true] {
            Self.check(isa, step: "maxPool", tolerance: 0) { x in
                guard min(x.shape[2], x.shape[3]) + 2 * window.2 >= window.0 else { return nil }
                return maxPool2d(x, geometry, ceilMode: ceilMode)
            }
        }
        let rectangle = ConvGeometry(y: .init(kernel: 1, stride: 2), x: .init(kernel: 3, padding: (1, 1)))
        Self.check(isa, step: "maxPool", tolerance: 0) { maxPool2d($0, rectangle) }
    }

    @Test("max pooling with dilation", arguments: InstructionSet.available)
    func dilatedMaxPooling(_ isa: InstructionSet) {
        Self.check(isa, tolerance: 0) {
            guard min($0.shape[2], $0.shape[3]) >= 3 else { return nil }
            return maxPool2d($0, ConvGeometry(kernel: 2, dilation: 2))
        }
    }

    @Test("average pooling, with padding that counts and that does not", arguments: pools, InstructionSet.available)
    func averagePooling(_ window: (Int, Int, Int), _ isa: InstructionSet) {
        let geometry = ConvGeometry(kernel: window.0, stride: window.1, padding: window.2)
        for (ceilMode, counts) in [(false, false), (false, true), (true, false), (true, true)] {
            Self.check(isa, step: "averagePool") { x in
                guard min(x.shape[2], x.shape[3]) + 2 * window.2 >= window.0 else { return nil }
                return averagePool2d(x, geometry, ceilMode: ceilMode, countIncludePadding: counts)
            }
        }
    }

    @Test("means over bins, and over all pixels", arguments: InstructionSet.available)
    func adaptivePooling(_ isa: InstructionSet) {
        Self.check(isa) { adaptiveAveragePool2d(Activation.tanh($0), height: 3, width: 5) }
        Self.check(isa) { adaptiveAveragePool2d(Activation.tanh($0), height: 7, width: 1) }
        Self.check(isa) { globalAveragePool2d(Activation.tanh($0)) }
    }

    @Test("nearest pixels, repeated or picked", arguments: InstructionSet.available)
    func nearest(_ isa: InstructionSet) {
        for factor in [2, 3] { Self.check(isa, tolerance: 0) { upsampleNearest($0, factor: factor) } }
        for (height, width) in [(1, 1), (5, 7), (23, 4), (40, 41)] {
            Self.check(isa, tolerance: 0) { upsampleNearest($0, height: height, width: width) }
        }
        for stride in [2, 3] { Self.check(isa, tolerance: 0) { $0.subsampled(stride: stride) } }
    }

    @Test("linear interpolation", arguments: [false, true], InstructionSet.available)
    func bilinear(_ alignCorners: Bool, _ isa: InstructionSet) {
        for (height, width) in [(1, 1), (5, 7), (23, 4), (40, 41)] {
            Self.check(isa, step: "upsampleBilinear") { x in
                guard x.shape != [x.shape[0], x.shape[1], height, width] else { return nil }
                return upsampleBilinear(x, height: height, width: width, alignCorners: alignCorners)
            }
        }
    }

    @Test("activations by themselves and after sums and affine maps", arguments: InstructionSet.available)
    func activations(_ isa: InstructionSet) {
        for activation in Activation.allForTests {
            Self.check(isa) { activation(maxPool2d($0, ConvGeometry(kernel: 1))) }
            Self.check(isa) { activation(Activation.tanh($0) + $0) }
            Self.check(isa) { activation(Layer.norm($0)) }
        }
    }

    @Test("large results, whose rows several tasks share", arguments: InstructionSet.available)
    func largeResults(_ isa: InstructionSet) {
        let steps: [(Tensor) -> Tensor] = [
            { maxPool2d($0, ConvGeometry(kernel: 3, padding: 1)) }, { Activation.silu($0) }, { Layer.norm($0) },
            { Activation.mish(Layer.norm($0)) }, { Activation.mish($0 + Activation.tanh($0)) },
            { averagePool2d($0, ConvGeometry(kernel: 3, padding: 1)) }, { globalAveragePool2d($0) },
            { upsampleBilinear($0, height: 150, width: 90) }, { upsampleNearest($0, factor: 2) },
            {
                conv2d(
                    $0, seededWeight(seed: 1, [20, 1, 5, 3]),
                    ConvGeometry(y: .init(kernel: 5, padding: (2, 2)), x: .init(kernel: 3, padding: (0, 2)), groups: 20)
                )
            },
        ]
        for (index, step) in steps.enumerated() {
            let graph = Graph(capturing: [2, 20, 130, 67]) { [Layer.conv(Activation.silu(step($0)), 3)] }
            #expect(graph.planError(nil, isa) < 1e-5, "step \(index)")
        }
    }

    @Test("squeeze-and-excitation", arguments: InstructionSet.available)
    func squeezeExcite(_ isa: InstructionSet) {
        for (squeezed, activation, gate) in [
            (1, Activation.relu, Activation.sigmoid), (8, .silu, .hardSigmoid), (19, .linear, .linear),
        ] {
            Self.check(isa, step: "squeezeExcite") { x in
                // Of one pixel, nothing needs to be averaged.
                guard x.shape[2] * x.shape[3] > 1 else { return nil }
                let hidden = activation(Layer.conv(globalAveragePool2d(x), squeezed, kernel: 1))
                return x * gate(Layer.conv(hidden, x.shape[1], kernel: 1, seed: 9, bias: squeezed > 1))
            }
            // In the memory of its input, and not.
            Self.check(isa) { x in
                let y = Activation.tanh(x)
                let hidden = activation(Layer.conv(globalAveragePool2d(y), squeezed, kernel: 1))
                let z = y * gate(Layer.conv(hidden, x.shape[1], kernel: 1, seed: 9))
                return squeezed == 8 ? z + y : z
            }
        }
    }

    @Test("features without rows and columns", arguments: InstructionSet.available)
    func features(_ isa: InstructionSet) {
        for (batch, inputs, outputs) in [(1, 1, 1), (2, 5, 3), (3, 33, 17), (2, 300, 40)] {
            let graph = Graph(capturing: [batch, inputs]) { x in
                let hidden = Activation.silu(linear(x, seededWeight(seed: 1, [outputs, inputs])))
                let y = linear(hidden, seededWeight(seed: 2, [inputs, outputs]), bias: seededTensor(seed: 3, [inputs]))
                return [y + x, softmax(y), hidden * 2]
            }
            #expect(graph.planError(nil, isa) < 1e-5, "\(batch), \(inputs), \(outputs)")
        }
    }

    /// NaN is never lost: an image with a damaged pixel must not pass for one without.
    @Test("NaN stays NaN through every step", arguments: InstructionSet.available)
    func notANumber(_ isa: InstructionSet) {
        let steps: [(Tensor) -> Tensor] = [
            { Activation.relu(Layer.conv($0, 16)) }, { Activation.relu6(Layer.conv($0, 16, kernel: 1)) },
            { maxPool2d($0, ConvGeometry(kernel: 2)) }, { averagePool2d($0, ConvGeometry(kernel: 2)) },
            { globalAveragePool2d($0) }, { Activation.relu6($0 + Activation.tanh($0)) },
            { Activation.relu(Layer.norm($0)) },
            {
                Activation.relu6(
                    conv2d($0, seededWeight(seed: 1, [16, 1, 3, 3]), ConvGeometry(kernel: 3, padding: 1, groups: 16)))
            },
        ]
        var values = seededTensor(seed: 1, [1, 16, 6, 6]).values
        values[16 * 18 + 3] = .nan
        let x = Tensor(values, shape: [1, 16, 6, 6])
        for (index, step) in steps.enumerated() {
            for tile in [0, 4, 6] {
                let graph = Graph(capturing: x.shape) { [step($0)] }
                let found = InferencePlan(graph.optimized(), PlanOptions(isa, winogradTile: tile))([x])[0].values
                let expected = graph.evaluated([x])[0].values
                for (a, b) in zip(found, expected) where b.isNaN { #expect(a.isNaN, "step \(index), \(tile)") }
            }
        }
    }
}
