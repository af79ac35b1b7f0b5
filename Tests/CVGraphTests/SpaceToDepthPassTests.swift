import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

@Suite("Pass: pixels that become channels, and their convolution") struct SpaceToDepthPassTests {
    /// Each s×s pixels as channels, in the order of the offsets.
    private static func focused(_ x: Tensor, _ offsets: [(Int, Int)], factor: Int) -> Tensor {
        concatenate(
            offsets.map { row, column in
                gathered(
                    x, rows: Array(stride(from: row, to: x.shape[2], by: factor)),
                    columns: Array(stride(from: column, to: x.shape[3], by: factor)))
            })
    }

    private static func offsets(_ factor: Int) -> [(Int, Int)] {
        (0..<factor * factor).map { ($0 % factor, $0 / factor) }
    }

    private static func graph(
        _ shape: Shape, _ offsets: [(Int, Int)], factor: Int, _ geometry: ConvGeometry
    ) -> Graph {
        let weight = seededWeight(seed: 1, [5, shape[1] * offsets.count, geometry.y.kernel, geometry.x.kernel])
        let bias = seededTensor(seed: 2, [5])
        return Graph(capturing: shape) {
            [Activation.relu(conv2d(focused($0, offsets, factor: factor), weight, bias: bias, geometry))]
        }
    }

    @Test("one convolution of a window s times as large", arguments: [2, 3], [1, 2, 3, 5])
    func fused(_ factor: Int, _ kernel: Int) {
        for (channels, padding) in [(1, 0), (3, 1), (20, 0), (3, 2), (1, 1)] {
            let geometry = ConvGeometry(kernel: kernel, padding: padding)
            let graph = Self.graph(
                [2, channels, factor * 7, factor * 6], Self.offsets(factor), factor: factor, geometry)
            let optimized = graph.optimized()
            let side = factor * kernel
            #expect(optimized.names == ["conv \(side)×\(side)/\(factor) + relu"])
            #expect(graph.evaluationError(optimized) < 1e-5)
            #expect(graph.planError(optimized) < 1e-5, "\(channels) channels")
        }
    }

    @Test("what is not all pixels, or not such a convolution, stays")
    func others() {
        let same = ConvGeometry(kernel: 3, padding: 1)
        let cases: [(Shape, [(Int, Int)], ConvGeometry)] = [
            ([1, 3, 8, 8], [(0, 0), (1, 0), (0, 1), (0, 1)], same),
            ([1, 3, 8, 8], [(0, 0), (1, 0), (0, 1)], same),
            ([1, 3, 8, 8], Self.offsets(2), ConvGeometry(kernel: 3, stride: 2, padding: 1)),
            ([1, 3, 8, 8], Self.offsets(2), ConvGeometry(kernel: 3, padding: 2, dilation: 2)),
        ]
        for (shape, offsets, geometry) in cases {
            let graph = Self.graph(shape, offsets, factor: 2, geometry)
            let optimized = graph.optimized()
            #expect(optimized.names.contains("gathered"), "\(optimized.names)")
            #expect(graph.planError(optimized) < 1e-5)
        }
    }

    @Test("pixels that something else uses, too, stay")
    func usedTwice() {
        let weight = seededWeight(seed: 1, [5, 12, 3, 3])
        let graph = Graph(capturing: [1, 3, 8, 8]) {
            let pixels = Self.focused($0, Self.offsets(2), factor: 2)
            return [conv2d(pixels, weight, ConvGeometry(kernel: 3, padding: 1)), Activation.relu(pixels)]
        }
        #expect(graph.optimized().names.contains("gathered"))
        #expect(graph.planError() < 1e-5)
    }
}
