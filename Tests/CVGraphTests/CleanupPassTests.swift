import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

@Suite("Pass: constants are folded") struct ConstantFoldingTests {
    private static let parts = [seededTensor(seed: 3, [1, 4, 1, 1]), seededTensor(seed: 4, [1, 4, 1, 1])]

    @Test("what depends on constants only is computed once, one after the other")
    func folds() {
        var graph = Graph()
        let x = graph.addInput([2, 4, 3, 5])
        let (a, b) = (
            graph.add([1, 4, 1, 1], constant: Self.parts[0]), graph.add([1, 4, 1, 1], constant: Self.parts[1])
        )
        let product = graph.append(.tensor(.multiply), [a, b], [1, 4, 1, 1])
        let tanh = graph.append(.tensor(.activation(.tanh)), [product], [1, 4, 1, 1])
        graph.outputs = [graph.append(.tensor(.add), [x, tanh], [2, 4, 3, 5])]
        let folded = graph.after { $0.foldConstants() }
        #expect(folded.names == ["+"])
        #expect(folded.values[tanh].constant?.values == Activation.tanh(Self.parts[0] * Self.parts[1]).values)
        #expect(graph.evaluationError(folded) == 0)
    }

    @Test("what depends on an input, too, stays")
    func keepsWhatDependsOnInputs() {
        var graph = Graph()
        let x = graph.addInput([1, 4, 1, 1])
        let a = graph.add([1, 4, 1, 1], constant: Self.parts[0])
        let sum = graph.append(.tensor(.add), [a, x], [1, 4, 1, 1])
        graph.outputs = [graph.append(.tensor(.activation(.relu)), [sum], [1, 4, 1, 1])]
        #expect(graph.after { $0.foldConstants() }.names == ["+", "relu"])
    }

    @Test("a result that is constant")
    func constantOutput() {
        var graph = Graph()
        _ = graph.addInput([1])
        let a = graph.add([1, 4, 1, 1], constant: Self.parts[0])
        graph.outputs = [graph.append(.tensor(.activation(.relu)), [a], [1, 4, 1, 1])]
        let folded = graph.after { $0.foldConstants() }
        #expect(folded.nodes.isEmpty)
        #expect(graph.evaluationError(folded) == 0)
    }
}

@Suite("Pass: steps that change nothing are removed") struct NoOpRemovalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let body: @Sendable (Tensor) -> Tensor

        init(_ name: String, _ body: @escaping @Sendable (Tensor) -> Tensor) { (self.name, self.body) = (name, body) }

        var testDescription: String { name }

        /// The step between two others, which must stay.
        var graph: Graph {
            Graph(capturing: [2, 4, 6, 5]) { [Activation.relu(body(Activation.tanh($0)))] }
        }
    }

    static let noOps = [
        Case("reshaped") { $0.reshaped([2, 4, 6, 5]) }, Case("all channels") { $0.sliced(channels: 0..<4) },
        Case("no channels added") { $0.paddedChannels(before: 0, after: 0) }, Case("factor 1") { $0 * 1 },
        Case("term 0") { $0 + 0 }, Case("one part") { concatenate([$0]) },
        Case("nearest, factor 1") { upsampleNearest($0, factor: 1) },
        Case("nearest, same size") { upsampleNearest($0, height: 6, width: 5) },
        Case("bilinear, same size") { upsampleBilinear($0, height: 6, width: 5) },
        Case("bilinear, same corners") { upsampleBilinear($0, height: 6, width: 5, alignCorners: true) },
        Case("every pixel") { $0.subsampled(stride: 1) }, Case("no border") { pad2d($0) },
        Case("as many bins as pixels") { adaptiveAveragePool2d($0, height: 6, width: 5) },
        Case("broadcast to itself") { $0.broadcast(to: [2, 4, 6, 5]) },
        Case("sum of nothing") { $0.sum(to: [2, 4, 6, 5]) },
    ]

    @Test("removed", arguments: noOps)
    func removes(_ noOp: Case) {
        let graph = noOp.graph
        let cleaned = graph.after { $0.removeNoOps() }
        #expect(cleaned.names == ["tanh", "relu"])
        #expect(graph.evaluationError(cleaned) == 0)
    }

    static let others = [
        Case("a window of its own size") {
            averagePool2d($0, ConvGeometry(kernel: 3, padding: 1))
        },
        Case("maxima of neighbors") { maxPool2d($0, ConvGeometry(kernel: 3, padding: 1)) },
        Case("some channels") { $0.sliced(channels: 0..<3) }, Case("factor 2") { $0 * 2 }, Case("term 1") { $0 + 1 },
        Case("a border") { pad2d($0, left: 1) }, Case("softmax") { softmax($0, dimension: 1) },
        Case("another shape") { $0.reshaped([2, 4, 5, 6]) }, Case("two parts") { concatenate([$0, $0]) },
        Case("a part and itself") { $0 + $0 },
    ]

    @Test("not removed, although some keep the shape", arguments: others)
    func keeps(_ other: Case) {
        let graph = other.graph
        let cleaned = graph.after { $0.removeNoOps() }
        #expect(cleaned.nodes.count == 3)
        #expect(graph.evaluationError(cleaned) == 0)
    }

    @Test("what is recorded for its gradient only, one after the other, up to the result")
    func identities() {
        var graph = Graph()
        let x = graph.addInput([2, 3])
        let first = graph.append(.tensor(.identity), [x], [2, 3])
        let second = graph.append(.tensor(.dropout(probability: 0, seed: 1)), [first], [2, 3])
        graph.outputs = [second, first]
        graph.removeNoOps()
        #expect(graph.nodes.isEmpty)
        #expect(graph.outputs == [x, x])
    }
}

@Suite("Pass: dead code is removed") struct DeadCodeRemovalTests {
    @Test("nodes that no output needs, and constants that no node needs")
    func removes() {
        var graph = Graph()
        let x = graph.addInput([2, 3])
        let constant = graph.add([2, 3], constant: seededTensor(seed: 1, [2, 3]))
        let used = graph.append(.tensor(.activation(.relu)), [x], [2, 3])
        let unused = graph.append(.tensor(.add), [used, constant], [2, 3])
        _ = graph.append(.tensor(.activation(.tanh)), [unused], [2, 3])
        graph.outputs = [used]
        let live = graph.after { $0.removeDeadCode() }
        #expect(live.names == ["relu"])
        #expect(live.values[constant].constant == nil)
        #expect(live.inputs == [x])
        #expect(graph.evaluationError(live) == 0)
    }

    @Test("nothing that an output needs")
    func keeps() {
        var graph = Graph()
        let x = graph.addInput([2, 3])
        let constant = graph.add([2, 3], constant: seededTensor(seed: 1, [2, 3]))
        let alone = graph.add([1], constant: Tensor([7], shape: [1]))
        graph.outputs = [graph.append(.tensor(.add), [x, constant], [2, 3]), alone]
        let live = graph.after { $0.removeDeadCode() }
        #expect(live.names == ["+"])
        #expect(live.values[constant].constant != nil && live.values[alone].constant != nil)
    }
}

@Suite("Pass: a border of zeros becomes padding") struct PaddingMergeTests {
    private static let weight = seededWeight(seed: 2, [4, 3, 3, 3])

    private static func merged(_ body: (Tensor) -> [Tensor]) -> (before: Graph, after: Graph) {
        let graph = Graph(capturing: [2, 3, 6, 7], body).after { $0.convertConvolutions() }
        let merged = graph.after {
            $0.mergePadding()
            $0.removeDeadCode()
        }
        return (graph, merged)
    }

    @Test("a border that only a convolution reads is added to its padding")
    func merges() throws {
        let (before, after) = Self.merged {
            [
                conv2d(
                    pad2d($0, top: 1, bottom: 2, left: 0, right: 3), Self.weight,
                    ConvGeometry(kernel: 3, stride: 2, padding: 1))
            ]
        }
        #expect(before.names == ["pad2d", "conv 3×3/2"])
        #expect(after.names == ["conv 3×3/2"])
        guard case .convolution(let convolution) = after.nodes[0].operation else { throw NotAConvolution() }
        #expect(convolution.geometry.y == .init(kernel: 3, stride: 2, padding: (2, 3)))
        #expect(convolution.geometry.x == .init(kernel: 3, stride: 2, padding: (1, 4)))
        #expect(before.evaluationError(after) < 1e-6)
    }

    private struct NotAConvolution: Error {}

    @Test("not a border that is mirrored, read by others, or read by a transposed convolution or a pooling")
    func keeps() {
        let window = ConvGeometry(kernel: 3)
        let others: [(String, (Tensor) -> [Tensor])] = [
            ("mirrored", { [conv2d(pad2d($0, top: 1, left: 1, mode: .reflect), Self.weight, window)] }),
            ("repeated", { [conv2d(pad2d($0, top: 1, left: 1, mode: .edge), Self.weight, window)] }),
            (
                "read twice",
                {
                    let padded = pad2d($0, top: 1, left: 1)
                    return [conv2d(padded, Self.weight, window), Activation.relu(padded)]
                }
            ),
            (
                "a result itself",
                {
                    let padded = pad2d($0, top: 1)
                    return [conv2d(padded, Self.weight, window), padded]
                }
            ),
            (
                "transposed",
                { [convTranspose2d(pad2d($0, top: 1), seededWeight(seed: 1, [3, 4, 3, 3]), ConvGeometry(kernel: 3))] }
            ),
            ("pooled", { [maxPool2d(pad2d($0, top: 1), window)] }),
        ]
        for (name, body) in others {
            let (before, after) = Self.merged(body)
            #expect(before.names == after.names, "\(name)")
            #expect(before.evaluationError(after) == 0, "\(name)")
        }
    }
}
