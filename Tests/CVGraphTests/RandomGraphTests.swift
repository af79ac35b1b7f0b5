import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// Randomly chosen networks: what passes and plans make of them is still the same computation.
@Suite("Random networks") struct RandomGraphTests {
    private static let seeds: [UInt64] = stride(from: 0, to: 300, by: sampleStep).map { UInt64($0) }

    private static func graph(_ seed: UInt64) -> Graph {
        var network = RandomNetwork(seed: seed)
        return Graph(capturing: network.inputShape()) { network($0) }
    }

    @Test("random networks: the passes keep every result up to rounding")
    func passes() {
        for seed in Self.seeds {
            let graph = Self.graph(seed)
            #expect(graph.evaluationError(graph.optimized()) < 5e-5, "seed \(seed): \(graph.names)")
        }
    }

    @Test(
        "random networks: plans agree with the definitions", arguments: [0, 4, 6, nil] as [Int?],
        InstructionSet.available)
    func plans(_ winogradTile: Int?, _ isa: InstructionSet) {
        let tolerance: Float = winogradTile == 0 ? 5e-5 : winogradTile == 4 ? 1e-4 : 1e-3
        for seed in Self.seeds {
            let graph = Self.graph(seed)
            let error = graph.planError(nil, isa, winogradTile: winogradTile)
            #expect(error < tolerance, "seed \(seed): \(graph.names)")
        }
    }

    @Test("random networks: plans of graphs that no pass has changed", arguments: InstructionSet.available)
    func unoptimizedPlans(_ isa: InstructionSet) {
        for seed in Self.seeds.prefix(40) {
            let graph = Self.graph(seed)
            #expect(graph.planError(graph, isa) < 5e-5, "seed \(seed): \(graph.names)")
        }
    }
}
