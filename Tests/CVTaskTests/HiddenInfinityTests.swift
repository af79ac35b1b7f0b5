import CVCore
import CVTask
import CVTensor
import Testing

/// Sigmoid, tanh, ReLU6 and others make finite numbers of infinities: these are found all the same.
@Suite struct HiddenInfinityTests {
    static let hiding: [Activation] = [
        .relu, .relu6, .sigmoid, .silu, .mish, .tanh, .elu(alpha: 1), .hardSigmoid,
    ]

    /// The second image of the batch overflows to the sign.
    private func images(_ sign: Float) -> Tensor {
        Tensor([1, 1, sign * 3e38, sign * 3e38, 1, 1], shape: [3, 2, 1, 1])
    }

    private let weight = Tensor([1, 1], shape: [1, 2, 1, 1])

    @Test("infinities that an activation hides are errors, with the image of the batch", arguments: hiding)
    func hiddenInfinitiesAreErrors(_ activation: Activation) throws {
        for isFused in [false, true] {
            let fused = FusedConv2d(weight, bias: nil, ConvGeometry(kernel: 1), nil, activation)
            func network(_ x: Tensor) -> Tensor {
                isFused ? fused(x) : activation(conv2d(x, weight, ConvGeometry(kernel: 1)))
            }
            // Negative infinity is what all of these make finite.
            #expect(network(images(-1)).isFinite)
            let error = #expect(throws: NonFiniteOutput.self) {
                try NonFiniteOutput.checking(images(-1), network: network)
            }
            #expect(error?.index == 1)
            guard case .layer(_, operation: "conv2d", nan: 0, infinite: 1, count: 3)? = error?.cause else {
                Issue.record("\(activation): \(error as Any)")
                continue
            }
        }
    }

    @Test("large numbers that an activation saturates are results", arguments: hiding)
    func largeNumbersAreResults(_ activation: Activation) throws {
        let x = Tensor([-1e38, -1e38, 1e38, 1e38], shape: [2, 2, 1, 1])
        let y = try NonFiniteOutput.checking(x) { activation(conv2d($0, weight, ConvGeometry(kernel: 1))) }
        #expect(y.isFinite)
    }

    @Test("infinities at any position are seen under every instruction set", arguments: hiding)
    func infinitiesAtAnyPositionAreSeen(_ activation: Activation) {
        for isa in InstructionSet.available {
            for count in [1, 15, 16, 17, 33] {
                for position in 0..<count {
                    for value in [-Float.infinity, .nan] {
                        var values = [Float](repeating: -3e38, count: count)
                        values[position] = value
                        let before = SaturatedInfinities.count
                        _ = activation(Tensor(values, shape: [count]), under: isa)
                        #expect(SaturatedInfinities.count > before, "\(isa) \(position) of \(count)")
                    }
                }
            }
        }
    }
}
