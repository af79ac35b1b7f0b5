import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// Bounds of values, which decide whether an activation may hide an overflow.
@Suite("Plans: bounds of values") struct ValueBoundsTests {
    private typealias Layer = SeededLayer

    @Test("no value of a network is larger than its bound")
    func boundsHold() {
        for seed in stride(from: 0, to: 100, by: sampleStep) {
            var network = RandomNetwork(seed: UInt64(seed))
            let captured = Graph(capturing: network.inputShape()) { network($0) }
            for var graph in [captured, captured.optimized()] {
                let bounds = ValueBounds(graph)
                graph.outputs = graph.nodes.map(\.output)
                let found = graph.evaluated(graph.seededInputs().map { $0 * 1e6 })
                for (node, tensor) in zip(graph.nodes, found) {
                    let largest = tensor.values.reduce(0) { max($0, Double(abs($1))) }
                    let bound = bounds.magnitudes[node.output]
                    #expect(largest <= bound * (1 + 1e-5), "seed \(seed): \(node.operation.name)")
                }
            }
        }
    }

    @Test("weights of usual size exclude an overflow, huge and missing numbers do not")
    func overflow() {
        func excludes(_ change: (inout [Float]) -> Void) -> Bool {
            var values = seededWeight(seed: 1, [4, 3, 3, 3]).values
            change(&values)
            let weight = Tensor(values, shape: [4, 3, 3, 3])
            let graph = Graph(capturing: [1, 3, 5, 5]) {
                [Activation.relu6(conv2d($0, weight, ConvGeometry(kernel: 3)))]
            }.optimized()
            return ValueBounds(graph).excludesOverflow(of: graph.outputs[0])
        }
        #expect(excludes { _ in })
        #expect(!excludes { $0[7] = 1e34 })
        #expect(!excludes { $0[7] = .infinity })
        #expect(!excludes { $0[7] = .nan })
    }

    @Test("an overflow before ReLU6 is counted, or seen in the result", arguments: InstructionSet.available)
    func overflowIsCounted(_ isa: InstructionSet) {
        let weight = Tensor(repeating: 3e38, shape: [16, 16, 3, 3])
        let graph = Graph(capturing: [1, 16, 6, 6]) {
            [Activation.relu6(conv2d($0, weight, ConvGeometry(kernel: 3, padding: 1)))]
        }
        let x = [Tensor(repeating: 2, shape: [1, 16, 6, 6])]
        for tile in [0, 4, 6] {
            let plan = InferencePlan(graph.optimized(), PlanOptions(isa, winogradTile: tile))
            let before = SaturatedInfinities.count
            // Transforms make NaN of differences of infinities, which is seen in the result.
            let isFinite = plan(x)[0].isFinite
            #expect(SaturatedInfinities.count > before || !isFinite, "tile \(tile)")
        }
    }

    @Test("inputs that the bounds are not for", arguments: [.nan, .infinity, -.infinity, 1.1e6, -1.1e6] as [Float])
    func unusual(_ value: Float) {
        for position in [0, 17, 99] {
            var values = seededTensor(seed: 1, [100]).values
            #expect(ValueBounds.areUsual(Tensor(values, shape: [100])))
            values[position] = value
            #expect(!ValueBounds.areUsual(Tensor(values, shape: [100])))
        }
    }
}
