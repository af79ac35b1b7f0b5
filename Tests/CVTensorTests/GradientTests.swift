import CVTensor
import TestSupport
import Testing

/// The gradient of every operation against finite differences.
@Suite struct GradientTests {
    @Test(
        "conv2d: gradient matches finite differences",
        arguments: [
            ConvGeometry(kernel: 3), .init(kernel: 3, stride: 2, padding: 1), .init(kernel: 1),
            .init(kernel: 3, padding: 2, dilation: 2), .init(kernel: 3, padding: 1, groups: 2),
            .init(kernel: 2, stride: 3, padding: 1),
            .init(
                y: .init(kernel: 3, stride: 2, padding: (0, 1)), x: .init(kernel: 5, stride: 1, padding: (3, 1))),
        ]) func ofAConvolution(_ geometry: ConvGeometry)
    {
        let x = seededTensor(seed: 1, [2, 4, 9, 8])
        let weight = seededTensor(seed: 2, [6, 4 / geometry.groups, geometry.y.kernel, geometry.x.kernel])
        checkGradient(of: [x, weight, seededTensor(seed: 3, [6])], tolerance: 1e-4) {
            conv2d($0[0], $0[1], bias: $0[2], geometry)
        }
    }

    /// Larger than the blocks of the work.
    @Test("conv2d: gradient matches finite differences on several blocks") func ofALargeConvolution() {
        let x = seededTensor(seed: 1, [1, 24, 40, 33])
        checkGradient(of: [x, seededTensor(seed: 2, [70, 24, 3, 3])], tolerance: 1e-4, directions: 2) {
            conv2d($0[0], $0[1], ConvGeometry(kernel: 3, padding: 1))
        }
    }

    @Test(
        "activations: gradient matches finite differences",
        arguments: [
            Activation.relu, .relu6, .leakyReLU(slope: 0.1), .sigmoid, .silu, .mish, .tanh, .elu(alpha: 0.7),
            .hardSwish,
            .hardSigmoid,
        ]) func ofAnActivation(_ activation: Activation)
    {
        // Away from the kinks at -3, 0, 3 and 6, where finite differences are meaningless.
        let values = seededTensor(seed: 1, [1, 3, 7, 11]).values.map { $0 * 7 }.map { value in
            [-3, 0, 3, 6].reduce(value) { abs($0 - $1) < 0.05 ? $1 + 0.1 : $0 }
        }
        checkGradient(of: [Tensor(values, shape: [1, 3, 7, 11])], tolerance: 1e-3) { activation($0[0]) }
    }

    @Test("prelu: gradient matches finite differences") func ofAParametricReLU() {
        // Away from the kink at 0; slopes below 0 and above 1 are possible.
        let values = seededTensor(seed: 1, [2, 4, 5, 6]).values.map { abs($0) < 0.05 ? $0 + 0.1 : $0 }
        let slopes = Tensor([-0.5, 0, 0.3, 1.7], shape: [4])
        checkGradient(of: [Tensor(values, shape: [2, 4, 5, 6]), slopes], tolerance: 1e-3) { prelu($0[0], $0[1]) }
    }

    @Test("maxPool2d: gradient matches finite differences") func ofMaxPooling() {
        // Distinct values, further apart than the step of the differences.
        let values = (0..<336).map { (index: Int) -> Float in Float((index * 331) % 337) / 5 }
        for geometry in [ConvGeometry(kernel: 2, stride: 2), .init(kernel: 3, stride: 2, padding: 1)] {
            checkGradient(of: [Tensor(values, shape: [2, 3, 8, 7])], tolerance: 1e-3) { maxPool2d($0[0], geometry) }
        }
        checkGradient(of: [Tensor(values, shape: [2, 3, 8, 7])], tolerance: 1e-3) { globalMaxPool2d($0[0]) }
    }

    @Test("batchNorm: gradient matches finite differences") func ofBatchNormalization() {
        let x = seededTensor(seed: 1, [3, 4, 5, 6])
        let (weight, bias) = (seededTensor(seed: 2, [4]), seededTensor(seed: 3, [4]))
        checkGradient(of: [x, weight, bias]) { batchNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5).y }
        let mean = seededTensor(seed: 4, [4])
        let variance = Tensor(uniformTensor(seed: 5, [4]).values.map { $0 + 0.5 }, shape: [4])
        checkGradient(of: [x, weight, bias]) {
            batchNorm($0[0], mean: mean, variance: variance, weight: $0[1], bias: $0[2], epsilon: 1e-5)
        }
    }

    @Test("batchNorm with residual and activation: gradient matches finite differences")
    func ofANormalizationThatEndsABlock() {
        let x = seededTensor(seed: 1, [3, 4, 5, 6])
        let (weight, bias) = (seededTensor(seed: 2, [4]), seededTensor(seed: 3, [4]))
        checkGradient(of: [x, weight, bias, seededTensor(seed: 4, [3, 4, 5, 6])]) {
            batchNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-3, adding: $0[3], then: .silu).y
        }
    }

    /// The separate normalization, sum and activation, which have their own goldens.
    @Test(
        "batchNorm with residual and activation: equals the separate operations",
        arguments: [Activation.linear, .relu, .tanh], [false, true])
    func aNormalizationThatEndsABlockIsItsParts(_ activation: Activation, adding: Bool) {
        let shape: Shape = [3, 5, 7, 9]
        let tensors = [
            seededTensor(seed: 1, shape), seededTensor(seed: 2, [5]), seededTensor(seed: 3, [5]),
            seededTensor(seed: 4, shape),
        ]
        func gradients(_ function: ([Tensor]) -> Tensor) -> (y: Tensor, dx: [Tensor?]) {
            let tape = Tape(.training)
            let watched = tensors.map { tape.watch($0, gradient: true) }
            let y = function(watched)
            let gradients = tape.gradients(of: y, seed: seededTensor(seed: 5, shape))
            return (y, watched.map { gradients[$0] })
        }
        let one = gradients {
            batchNorm(
                $0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5, adding: adding ? $0[3] : nil, then: activation
            ).y
        }
        let parts = gradients {
            let y = batchNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5).y
            return activation(adding ? y + $0[3] : y)
        }
        #expect(relativeError(one.y, parts.y) < 1e-6)
        for (found, expected) in zip(one.dx, parts.dx) {
            #expect((found == nil) == (expected == nil))
            if let found, let expected { #expect(relativeError(found, expected) < 3e-6) }
        }
    }

    @Test("upsampling, concatenation, slicing: gradient matches finite differences")
    func ofUpsamplingConcatenationAndSlicing() {
        let a = seededTensor(seed: 1, [2, 3, 4, 5])
        let b = seededTensor(seed: 2, [2, 2, 4, 5])
        checkGradient(of: [a], tolerance: 1e-4) { upsampleNearest($0[0], factor: 3) }
        checkGradient(of: [a, b], tolerance: 1e-4) { concatenate([$0[0], $0[1], $0[0]]) }
        checkGradient(of: [a], tolerance: 1e-4) { $0[0].sliced(channels: 1..<3) }
    }

    @Test(
        "arithmetic with broadcasting: gradient matches finite differences",
        arguments: [
            ([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [5, 1]), ([3], [2, 3]), ([2, 3], []),
        ] as [(Shape, Shape)]) func ofArithmeticWithBroadcasting(_ shapes: (Shape, Shape))
    {
        let (a, b) = (seededTensor(seed: 1, shapes.0), seededTensor(seed: 2, shapes.1))
        checkGradient(of: [a, b]) { ($0[0] + $0[1]) * $0[1] - $0[0] * 3 + 1 }
    }

    @Test("sums and shapes: gradient matches finite differences") func ofSumsAndShapes() {
        let x = seededTensor(seed: 1, [2, 3, 4])
        checkGradient(of: [x]) { $0[0].sum(to: [3, 1]) }
        checkGradient(of: [x]) { $0[0].broadcast(to: [5, 2, 3, 4]) }
        checkGradient(of: [x]) { $0[0].reshaped([6, 4]) * $0[0].reshaped([6, 4]) }
    }
}
