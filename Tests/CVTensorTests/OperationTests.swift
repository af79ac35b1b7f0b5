import CVCore
import CVTensor
import Foundation
import TestSupport
import Testing

@Suite struct ActivationTests {
    /// In double precision, from the definitions.
    private static func definition(_ activation: Activation, _ x: Double) -> Double {
        switch activation {
        case .linear: x
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
        case .sigmoid: 1 / (1 + exp(-x))
        case .silu: x / (1 + exp(-x))
        case .mish: x * tanh(log1p(exp(x)))
        case .tanh: Foundation.tanh(x)
        case .elu(let alpha): x > 0 ? x : Double(alpha) * expm1(x)
        case .hardSwish: x * min(max(x + 3, 0), 6) / 6
        case .hardSigmoid: min(max(x + 3, 0), 6) / 6
        }
    }

    @Test(
        "activations: match the definition under every instruction set",
        arguments: [
            Activation.linear, .relu, .relu6, .leakyReLU(slope: 0.1), .sigmoid, .silu, .mish, .tanh,
            .elu(alpha: 0.7), .hardSwish, .hardSigmoid,
        ]) func isTheDefinitionUnderEveryInstructionSet(_ activation: Activation)
    {
        // An odd number, so that there is a remainder after the last whole vector.
        let inputs = (-3000...3000).map { Float($0) / 50 } + [-1e30, 1e30, -87.5, 88.9]
        let x = Tensor(inputs, shape: [inputs.count])
        for isa in InstructionSet.available {
            for (input, found) in zip(inputs, activation(x, under: isa).values) {
                let expected = Float(Self.definition(activation, Double(input)))
                #expect(
                    abs(found - expected) <= 3e-6 * max(abs(expected), 1e-3) || found == expected,
                    "\(activation)(\(input)) under \(isa): \(found), not \(expected)")
            }
        }
    }

    /// As PyTorch's: with several elements, so that the vectors and what follows them are used.
    @Test(
        "activations: the slopes at the corners are those of PyTorch",
        arguments: [
            (Activation.relu, 0, 0), (.relu6, 0, 0), (.relu6, 6, 0), (.leakyReLU(slope: 0.25), 0, 0.25),
            (.hardSigmoid, -3, 0), (.hardSigmoid, 3, 0),
        ] as [(Activation, Float, Float)], [1, 37])
    func slopesAtTheCorners(_ corner: (Activation, Float, Float), count: Int) throws {
        let (activation, position, slope) = corner
        let tape = Tape(.training)
        let x = tape.watch(Tensor(repeating: position, shape: [count]), gradient: true)
        let y = activation(x)
        let slopes = tape.gradients(of: y, seed: Tensor(repeating: 1, shape: [count]))[x]
        #expect(slopes?.values == [Float](repeating: slope, count: count))
    }

    @Test(
        "activations: NaN propagates",
        arguments: [
            Activation.relu, .relu6, .leakyReLU(slope: 0.1), .sigmoid, .silu, .mish, .tanh, .elu(alpha: 1), .hardSwish,
            .hardSigmoid,
        ])
    func keepsNaN(_ activation: Activation) {
        let x = Tensor([Float](repeating: .nan, count: 19), shape: [19])
        for isa in InstructionSet.available {
            #expect(activation(x, under: isa).values.allSatisfy { $0.isNaN }, "\(isa)")
        }
    }
}

@Suite struct OperationTests {
    /// As in TensorFlow: the windows are centered on the image; an odd number of padded pixels has the extra one at the
    /// end.
    @Test(
        "SAME padding: one output per stride",
        arguments: [
            (224, 3, 2, 0, 1), (7, 3, 2, 1, 1), (8, 5, 2, 1, 2), (9, 3, 1, 1, 1), (4, 1, 2, 0, 0), (1, 3, 2, 1, 1),
        ])
    func paddingToSameGivesAnOutputForEachStride(
        _ size: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int
    ) {
        let same = ConvGeometry(kernel: kernel, stride: stride).paddedToSame(height: size, width: size)
        #expect(
            same.x == ConvGeometry.Axis(kernel: kernel, stride: stride, padding: (before, after)) && same.y == same.x)
        #expect(same.x.outputSize(size) == (size + stride - 1) / stride)
    }

    @Test("maxPool2d: the maximum ignores the padding") func maxPoolTakesTheLargestAndIgnoresThePadding() {
        let x = Tensor([-5, -2, -3, -4, -1, -6, -7, -8, -9], shape: [1, 1, 3, 3])
        let darknet = ConvGeometry.Axis(kernel: 2, stride: 1, padding: (0, 1))
        #expect(maxPool2d(x, .init(y: darknet, x: darknet)).values == [-1, -1, -3, -1, -1, -6, -7, -8, -9])
        #expect(maxPool2d(x, .init(kernel: 2, stride: 2)).values == [-1])
        #expect(maxPool2d(x, .init(kernel: 3, stride: 2, padding: 1)).values == [-1, -1, -1, -1])
        #expect(maxPool2d(x, .init(kernel: 1, stride: 2)).values == [-5, -3, -7, -9])
    }

    @Test("maxPool2d: NaN propagates") func maxPoolKeepsNaN() {
        let x = Tensor([1, .nan, 3, 4], shape: [1, 1, 2, 2])
        #expect(maxPool2d(x, .init(kernel: 2, stride: 2)).item.isNaN)
    }

    @Test("upsampleNearest: repeats pixels") func upsamplingRepeatsPixels() {
        let x = Tensor([1, 2, 3, 4, 5, 6], shape: [1, 2, 1, 3])
        #expect(
            upsampleNearest(x, factor: 2).values
                == [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6])
        #expect(upsampleNearest(x, factor: 1).values == x.values)
    }

    @Test("concatenate: joins the channels of each image, slicing inverts it") func concatenatesChannelsOfEachImage() {
        let a = Tensor([1, 2, 3, 4], shape: [2, 1, 1, 2])
        let b = Tensor([5, 6, 7, 8, 9, 10, 11, 12], shape: [2, 2, 1, 2])
        let both = concatenate([a, b])
        #expect(both.shape == [2, 3, 1, 2])
        #expect(both.values == [1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12])
        #expect(both.sliced(channels: 1..<3).values == b.values)
        #expect(both.sliced(channels: 0..<1).values == a.values)
    }

    @Test("batchNorm: uses the given statistics") func batchNormUsesTheStatistics() {
        let x = Tensor([1, 2, 3, 4], shape: [1, 2, 1, 2])
        func vector(_ a: Float, _ b: Float) -> Tensor { Tensor([a, b], shape: [2]) }
        let y = batchNorm(
            x, mean: vector(1, 2), variance: vector(3, 8), weight: vector(2, 6), bias: vector(10, 20), epsilon: 1)
        #expect(y.values == [10, 11, 22, 24])
    }

    @Test("addition: elementwise") func addsElementwise() {
        let a = seededTensor(seed: 109, [1, 3, 7, 5])
        let b = seededTensor(seed: 110, [1, 3, 7, 5])
        #expect((a + b).values == zip(a.values, b.values).map(+))
    }

    @Test("Tensor: copies have value semantics") func copiesShareNothingThatChanges() {
        let values: [Float] = [1, 2, 3, 4]
        let a = Tensor(values, shape: [4])
        _ = a + a
        #expect(a.values == values)
        #expect(a.reshaped([2, 2]).values == values)
    }
}
