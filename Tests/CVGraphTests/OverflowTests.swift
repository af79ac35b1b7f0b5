import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// An overflow, which damaged weights cause, must not pass for a result: limits such as those of ReLU would hide it.
@Suite("Plans: overflow") struct OverflowTests {
    /// What a plan does to a sum that overflows: whether it is counted, as eager activations do, or seen in the result.
    private static func isNoticed(_ graph: Graph, _ options: PlanOptions, _ x: [Tensor]) -> Bool {
        let plan = InferencePlan(graph.optimized(), options)
        let before = SaturatedInfinities.count
        let isFinite = plan(x).allSatisfy(\.isFinite)
        return SaturatedInfinities.count > before || !isFinite
    }

    @Test(
        "a sum that overflows is counted, or seen in the result", arguments: InstructionSet.available,
        Activation.allForTests)
    func convolution(_ isa: InstructionSet, _ activation: Activation) {
        let x = [Tensor(repeating: 2, shape: [1, 16, 6, 6])]
        for sign in [3e38, -3e38] as [Float] {
            let weight = Tensor(repeating: sign, shape: [16, 16, 3, 3])
            let graph = Graph(capturing: [1, 16, 6, 6]) {
                [activation(conv2d($0, weight, ConvGeometry(kernel: 3, padding: 1)))]
            }
            for tile in [0, 4, 6] {
                #expect(
                    Self.isNoticed(graph, PlanOptions(isa, winogradTile: tile), x), "tile \(tile), weights of \(sign)")
            }
        }
    }

    @Test("so is one of a depthwise convolution, and of a sum", arguments: InstructionSet.available)
    func blockwise(_ isa: InstructionSet) {
        let x = [Tensor(repeating: 2, shape: [1, 16, 9, 9])]
        for (sign, activation) in [(3e38, Activation.relu6), (-3e38, .relu), (-3e38, .relu6)] as [(Float, Activation)] {
            let weight = Tensor(repeating: sign, shape: [16, 1, 3, 3])
            let geometry = ConvGeometry(kernel: 3, padding: 1, groups: 16)
            let depthwise = Graph(capturing: [1, 16, 9, 9]) { [activation(conv2d($0, weight, geometry))] }
            #expect(Self.isNoticed(depthwise, PlanOptions(isa), x), "depthwise, weights of \(sign)")
            let sum = Graph(capturing: [1, 16, 9, 9]) { [activation($0 * sign + $0 * sign)] }
            #expect(Self.isNoticed(sum, PlanOptions(isa), x), "sum, factors of \(sign)")
        }
    }

    @Test("large sums that do not overflow are limited as they are defined", arguments: InstructionSet.available)
    func large(_ isa: InstructionSet) {
        let x = [Tensor(repeating: 2, shape: [1, 16, 6, 6])]
        for (factor, expected) in [(1e36, 6), (-1e36, 0)] as [(Float, Float)] {
            let weight = Tensor(repeating: factor, shape: [16, 16, 1, 1])
            let graph = Graph(capturing: [1, 16, 6, 6]) {
                [Activation.relu6(conv2d($0, weight, ConvGeometry(kernel: 1)))]
            }
            let found = InferencePlan(graph.optimized(), PlanOptions(isa))(x)[0]
            #expect(found.values.allSatisfy { $0 == expected })
        }
    }
}
