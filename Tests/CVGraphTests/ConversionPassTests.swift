import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

@Suite("Pass: layers become convolutions and affine maps") struct ConvolutionConversionTests {
    private typealias Layer = SeededLayer

    private static func converted(_ shape: Shape, _ body: (Tensor) -> [Tensor]) -> (Graph, Graph) {
        let graph = Graph(capturing: shape, body)
        let converted = graph.after {
            $0.convertConvolutions()
            $0.removeDeadCode()
        }
        return (graph, converted)
    }

    @Test("convolutions and transposed convolutions, with and without bias")
    func convolutions() {
        let (graph, after) = Self.converted([2, 6, 7, 5]) { x in
            let y = Layer.conv(x, 4, bias: false)
            let z = conv2d(y, seededWeight(seed: 3, [4, 1, 3, 3]), ConvGeometry(kernel: 3, stride: 2, groups: 4))
            return [
                Layer.conv(x, 4),
                convTranspose2d(
                    z, seededWeight(seed: 4, [4, 3, 3, 3]), bias: seededTensor(seed: 5, [3]),
                    ConvGeometry(kernel: 3, stride: 2), outputPadding: (1, 0)),
            ]
        }
        #expect(graph.names == ["conv2d", "conv2d", "conv2d", "convTranspose2d"])
        #expect(after.names == ["conv 3×3", "depthwise 3×3/2", "conv 3×3", "convTranspose 3×3/2"])
        #expect(after.nodes.allSatisfy { $0.inputs.count == 1 })
        #expect(graph.evaluationError(after) == 0)
    }

    @Test("the key of a weight is kept")
    func keys() {
        var graph = Graph()
        let x = graph.addInput([1, 3, 4, 4])
        let weight = graph.add([2, 3, 1, 1], constant: seededWeight(seed: 1, [2, 3, 1, 1]), name: "conv1.weight")
        graph.outputs = [graph.append(.tensor(.conv2d(ConvGeometry(kernel: 1))), [x, weight], [1, 2, 4, 4])]
        guard case .convolution(let convolution) = graph.after({ $0.convertConvolutions() }).nodes[0].operation else {
            Issue.record("not a convolution")
            return
        }
        #expect(convolution.key == "conv1.weight")
    }

    @Test("a convolution whose weight is computed stays as it is")
    func computedWeight() {
        let (graph, after) = Self.converted([2, 2, 3, 3]) { [conv2d($0, $0, ConvGeometry(kernel: 3, padding: 1))] }
        #expect(after.names == ["conv2d"])
        #expect(graph.evaluationError(after) == 0)
    }

    @Test("a linear layer of features is a 1×1 convolution")
    func linearLayer() {
        let (graph, after) = Self.converted([3, 10]) {
            [linear($0, seededWeight(seed: 1, [7, 10]), bias: seededTensor(seed: 2, [7]))]
        }
        #expect(after.names == ["conv 1×1"])
        #expect(graph.evaluationError(after) < 1e-6)
    }

    @Test("a linear layer after a flattening is a convolution over the whole image, which nothing needs to move")
    func flattening() {
        let (graph, after) = Self.converted([3, 4, 2, 5]) {
            [linear($0.reshaped([3, 40]), seededWeight(seed: 1, [7, 40]), bias: seededTensor(seed: 2, [7]))]
        }
        #expect(after.names == ["conv 2×5"])
        #expect(graph.evaluationError(after) < 1e-6)
    }

    @Test("another reshape than a flattening stays")
    func otherReshapes() {
        let (graph, after) = Self.converted([3, 4, 2, 5]) {
            [linear($0.reshaped([6, 20]), seededWeight(seed: 1, [7, 20]))]
        }
        #expect(after.names == ["reshaped", "conv 1×1"])
        #expect(graph.evaluationError(after) < 1e-6)
        let (rows, afterRows) = Self.converted([3, 4, 10]) { [linear($0, seededWeight(seed: 1, [7, 10]))] }
        #expect(rows.names == afterRows.names)
        #expect(rows.evaluationError(afterRows) == 0)
    }

    @Test("normalizations and factors of images are affine maps")
    func affineMaps() {
        let (graph, after) = Self.converted([2, 6, 3, 4]) { [Layer.norm($0), $0 * 3, $0 + 1] }
        #expect(after.names == ["affine", "affine", "affine"])
        #expect(graph.evaluationError(after) < 1e-6)
        let (features, afterFeatures) = Self.converted([2, 6]) { [$0 * 3 + 1] }
        #expect(features.names == afterFeatures.names)
    }
}

@Suite("Pass: affine maps are folded into convolutions") struct AffineFoldingTests {
    private typealias Layer = SeededLayer

    private static func folded(_ shape: Shape, _ body: (Tensor) -> [Tensor]) -> (Graph, Graph) {
        let graph = Graph(capturing: shape, body).after { $0.convertConvolutions() }
        return (graph, graph.after { $0.foldAffines() })
    }

    private static func expectFolded(
        _ names: [String], sourceLocation: SourceLocation = #_sourceLocation, _ body: (Tensor) -> [Tensor]
    ) {
        let (graph, after) = folded([2, 6, 8, 7], body)
        #expect(after.names == names, sourceLocation: sourceLocation)
        #expect(graph.evaluationError(after) < 1e-5, sourceLocation: sourceLocation)
    }

    private static func expectKept(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (Tensor) -> [Tensor]
    ) {
        let (graph, after) = folded([2, 6, 8, 7], body)
        #expect(after.names == graph.names, sourceLocation: sourceLocation)
        #expect(graph.evaluationError(after) == 0, sourceLocation: sourceLocation)
    }

    @Test("a normalization, and one after another, with and without bias")
    func normalizations() {
        Self.expectFolded(["conv 3×3"]) { [Layer.norm(Layer.conv($0, 5))] }
        Self.expectFolded(["conv 3×3"]) { [Layer.norm(Layer.conv($0, 5, bias: false))] }
        Self.expectFolded(["conv 3×3"]) { [Layer.norm(Layer.norm(Layer.conv($0, 5)), seed: 30) * 2 + 1] }
        Self.expectFolded(["conv 3×3", "relu", "conv 3×3"]) {
            [Layer.norm(Layer.conv(Activation.relu(Layer.norm(Layer.conv($0, 5))), 9, seed: 20), seed: 30)]
        }
    }

    @Test("into depthwise and grouped convolutions")
    func groups() {
        Self.expectFolded(["depthwise 3×3"]) {
            [Layer.norm(conv2d($0, seededWeight(seed: 1, [6, 1, 3, 3]), ConvGeometry(kernel: 3, groups: 6)))]
        }
        Self.expectFolded(["conv 3×3"]) {
            [Layer.norm(conv2d($0, seededWeight(seed: 1, [4, 3, 3, 3]), ConvGeometry(kernel: 3, groups: 2)))]
        }
    }

    @Test("into transposed convolutions, whose weights have the channels of the result second")
    func transposed() {
        Self.expectFolded(["convTranspose 3×3/2"]) {
            [
                Layer.norm(
                    convTranspose2d(
                        $0, seededWeight(seed: 1, [6, 5, 3, 3]), bias: seededTensor(seed: 2, [5]),
                        ConvGeometry(kernel: 3, stride: 2)))
            ]
        }
        Self.expectFolded(["convTranspose 2×2/2"]) {
            [
                Layer.norm(
                    convTranspose2d(
                        $0, seededWeight(seed: 1, [6, 4, 2, 2]), ConvGeometry(kernel: 2, stride: 2, groups: 3)))
            ]
        }
    }

    @Test("through concatenations, means and repeated pixels to the convolutions before them")
    func movesUp() {
        Self.expectFolded(["conv 3×3", "conv 1×1", "concatenate"]) {
            [Layer.norm(concatenate([Layer.conv($0, 5), Layer.conv($0, 3, kernel: 1, seed: 20)]))]
        }
        Self.expectFolded(["conv 3×3", "averagePool2d"]) {
            [Layer.norm(averagePool2d(Layer.conv($0, 5), ConvGeometry(kernel: 2, stride: 2), ceilMode: true))]
        }
        Self.expectFolded(["conv 3×3", "averagePool2d"]) {
            [
                Layer.norm(
                    averagePool2d(
                        Layer.conv($0, 5), ConvGeometry(kernel: 3, padding: 1), countIncludePadding: false))
            ]
        }
        Self.expectFolded(["conv 3×3", "adaptiveAveragePool2d"]) {
            [Layer.norm(adaptiveAveragePool2d(Layer.conv($0, 5), height: 3, width: 2))]
        }
        Self.expectFolded(["conv 3×3", "upsampleNearest"]) {
            [Layer.norm(upsampleNearest(Layer.conv($0, 5), factor: 2))]
        }
        Self.expectFolded(["conv 3×3", "upsampleNearest"]) {
            [Layer.norm(upsampleNearest(Layer.conv($0, 5), height: 3, width: 11))]
        }
    }

    @Test("not through a mean that counts zeros of the padding, nor through maxima")
    func staysBelowOthers() {
        Self.expectKept { [Layer.norm(averagePool2d(Layer.conv($0, 5), ConvGeometry(kernel: 3, padding: 1)))] }
        Self.expectKept { [Layer.norm(maxPool2d(Layer.conv($0, 5), ConvGeometry(kernel: 2)))] }
        Self.expectKept { [Layer.norm(pad2d(Layer.conv($0, 5), top: 1))] }
        Self.expectKept { x in
            [Layer.norm(concatenate([Layer.conv(x, 5), Activation.relu(Layer.conv(x, 3, seed: 20))]))]
        }
        Self.expectKept { x in
            let y = Layer.conv(x, 5)
            return [Layer.norm(concatenate([y, y]))]
        }
    }

    @Test("not past an activation, nor where others read the convolution")
    func keeps() {
        Self.expectKept { [Layer.norm(Activation.relu(Layer.conv($0, 5)))] }
        Self.expectKept { [Layer.norm($0)] }
        Self.expectKept {
            let y = Layer.conv($0, 5)
            return [Layer.norm(y), y]
        }
        Self.expectKept {
            let y = Layer.conv($0, 5)
            return [Layer.norm(y), Layer.norm(y, seed: 30)]
        }
    }

    @Test("of two maps, only the first where others read its result")
    func sharedResultOfAMap() {
        Self.expectFolded(["conv 3×3", "affine"]) {
            let y = Layer.norm(Layer.conv($0, 5))
            return [Layer.norm(y, seed: 30), y]
        }
        Self.expectFolded(["conv 3×3", "affine", "affine"]) {
            let y = Layer.norm(Layer.conv($0, 5))
            return [Layer.norm(y, seed: 30), Layer.norm(y, seed: 40)]
        }
    }

    @Test("not into a convolution that adds a residual, or that has an activation already")
    func keepsFinished() {
        for (activation, hasResidual) in [(Activation.linear, true), (.relu, false)] {
            let convolution = FusedConvolution.made(
                ConvGeometry(kernel: 1), weight: seededWeight(seed: 1, [4, 4, 1, 1]), activation,
                hasResidual: hasResidual)
            var graph = Graph()
            let x = graph.addInput([1, 4, 3, 3])
            let y = graph.append(.convolution(convolution), hasResidual ? [x, x] : [x], [1, 4, 3, 3])
            let affine = GraphOperation.affine(
                scale: seededTensor(seed: 2, [4]), shift: seededTensor(seed: 3, [4]), .linear)
            graph.outputs = [graph.append(affine, [y], [1, 4, 3, 3])]
            let after = graph.after { $0.foldAffines() }
            #expect(after.names == graph.names)
            #expect(graph.evaluationError(after) == 0)
        }
    }

    @Test("a map that ends with an activation gives it to the convolution")
    func activationOfTheMap() {
        var graph = Graph()
        let x = graph.addInput([1, 4, 3, 3])
        let convolution = FusedConvolution.made(
            ConvGeometry(kernel: 1), weight: seededWeight(seed: 1, [4, 4, 1, 1]))
        let y = graph.append(.convolution(convolution), [x], [1, 4, 3, 3])
        let affine = GraphOperation.affine(scale: seededTensor(seed: 2, [4]), shift: seededTensor(seed: 3, [4]), .relu)
        graph.outputs = [graph.append(affine, [y], [1, 4, 3, 3])]
        let after = graph.after { $0.foldAffines() }
        #expect(after.names == ["conv 1×1 + relu"])
        #expect(graph.evaluationError(after) < 1e-6)
    }
}
