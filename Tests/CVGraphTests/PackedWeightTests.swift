import CVCore
import CVGraph
import CVNN
import CVTensor
import TestSupport
import Testing

/// Packed weights are kept by the name of the weight: for each use that makes other weights of it, there must be others.
@Suite("Plans: packed weights of one parameter") struct PackedWeightTests {
    @Test("a weight that convolutions share, each with a bias and a normalization of its own")
    func sharedWeights() {
        var graph = Graph()
        let x = graph.addInput([1, 16, 8, 8])
        let weight = graph.add([16, 16, 3, 3], constant: seededWeight(seed: 1, [16, 16, 3, 3]), name: "weight")
        let geometry = ConvGeometry(kernel: 3, padding: 1)
        let plain = graph.append(.tensor(.conv2d(geometry)), [x, weight], [1, 16, 8, 8])
        graph.outputs = [plain]
        for seed in 1...2 as ClosedRange<UInt64> {
            let bias = graph.add([16], constant: seededTensor(seed: seed, [16]), name: "bias\(seed)")
            let conv = graph.append(.tensor(.conv2d(geometry)), [x, weight, bias], [1, 16, 8, 8])
            let parameters = (0..<4 as Range<UInt64>).map {
                graph.add([16], constant: uniformTensor(seed: seed * 9 + $0, [16]) + 0.5)
            }
            graph.outputs.append(
                graph.append(.tensor(.batchNorm(epsilon: 1e-5)), [conv] + parameters, [1, 16, 8, 8]))
        }
        let transposed = graph.append(
            .tensor(.convTranspose2d(geometry, outputPaddingY: 0, outputPaddingX: 0)), [x, weight], [1, 16, 8, 8])
        graph.outputs.append(transposed)
        #expect(graph.planError() < 1e-5)
        #expect(graph.planError(winogradTile: 4) < 1e-4)
    }

    /// A network whose layers are made by `make` and have seeded parameters.
    private static func network<Network>(_ make: (ParameterScope) -> Network) throws -> Network {
        try ParameterSet.load(make, from: seededState(ParameterSet.shapes(make), seed: 3)).network
    }

    private struct ResizedNorm: Sendable {
        let conv: Conv2d
        let norm: BatchNorm2d

        init(_ p: ParameterScope) {
            conv = Conv2d(16, 24, kernel: 3, padding: 1, p.scope("conv"))
            norm = BatchNorm2d(24, p.scope("norm"))
        }

        func callAsFunction(_ x: Tensor) -> [Tensor] { [norm(upsampleBilinear(conv(x), height: 8, width: 9))] }
    }

    /// A resizing to the size that an image has already changes nothing and is removed: then the normalization follows
    /// the convolution.
    @Test("a normalization that is folded into a convolution for one shape of the input only", arguments: [0, 4, 6])
    func foldedForOneShape(_ tile: Int) throws {
        let network = try Self.network { ResizedNorm($0) }
        for sizes in [[(8, 9), (5, 4), (8, 9)], [(5, 4), (8, 9), (7, 7)]] {
            let engine = InferenceEngine(PlanOptions(.current, winogradTile: tile)) { network($0) }
            for size in sizes {
                let x = seededTensor(seed: 1, [1, 16, size.0, size.1])
                #expect(relativeError(engine(x)[0], network(x)[0]) < 1e-3, "\(size)")
            }
        }
    }

    private struct SharedHead: Sendable {
        let conv: Conv2d
        let norms: [BatchNorm2d]

        init(_ p: ParameterScope) {
            conv = Conv2d(16, 16, kernel: 3, padding: 1, bias: false, p.scope("conv"))
            norms = (0..<3).map { BatchNorm2d(16, p.scope("norms").scope("\($0)")) }
        }

        func callAsFunction(_ x: Tensor) -> [Tensor] { norms.map { Activation.relu($0(conv(x))) } }
    }

    @Test("a head that all levels of a pyramid share, with normalizations of their own", arguments: [0, 4, 6])
    func sharedHead(_ tile: Int) throws {
        let network = try Self.network { SharedHead($0) }
        let engine = InferenceEngine(PlanOptions(.current, winogradTile: tile)) { network($0) }
        let x = seededTensor(seed: 1, [2, 16, 7, 8])
        for (found, expected) in zip(engine(x), network(x)) { #expect(relativeError(found, expected) < 1e-3) }
    }
}
