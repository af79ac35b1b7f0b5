import CVTensor
import TestSupport
import Testing

/// An operation as a function of its inputs, and what the tape must record for it last.
struct RecordedCase: Sendable, CustomTestStringConvertible {
    let operation: Operation
    let shapes: [Shape]
    let run: @Sendable ([Tensor]) -> Tensor

    init(
        _ operation: Operation, _ shapes: [Shape] = [maps], _ run: @escaping @Sendable ([Tensor]) -> Tensor
    ) {
        (self.operation, self.shapes, self.run) = (operation, shapes, run)
    }

    var testDescription: String { "\(operation)" }

    /// Positive, so that some may be variances.
    var inputs: [Tensor] { shapes.enumerated().map { uniformTensor(seed: UInt64($0), $1) + 0.1 } }
}

private let maps: Shape = [2, 4, 6, 5]
private let window = ConvGeometry(kernel: 3, stride: 2, padding: 1)

private let products: [RecordedCase] = [
    .init(.conv2d(window), [maps, [3, 4, 3, 3], [3]]) { conv2d($0[0], $0[1], bias: $0[2], window) },
    .init(.conv2d(window), [maps, [3, 4, 3, 3]]) { conv2d($0[0], $0[1], window) },
    .init(.convTranspose2d(window, outputPaddingY: 1, outputPaddingX: 0), [maps, [4, 3, 3, 3], [3]]) {
        convTranspose2d($0[0], $0[1], bias: $0[2], window, outputPadding: (1, 0))
    },
    .init(.linear, [[2, 7, 4], [3, 4], [3]]) { linear($0[0], $0[1], bias: $0[2]) },
    .init(.matmul(transposeB: true), [[2, 4, 3], [2, 5, 3]]) { matmul($0[0], $0[1], transposeB: true) },
    .init(.transpose, [[2, 4, 3]]) { $0[0].transposed() },
    .init(.gram) { gram($0[0]) },
    .init(.softmax(axis: 1)) { softmax($0[0], dimension: -3) },
    .init(.logSoftmax(axis: 3)) { logSoftmax($0[0]) },
]

private let normalizations: [RecordedCase] = [
    .init(.batchNorm(epsilon: 1e-3), [maps, [4], [4], [4], [4]]) {
        batchNorm($0[0], mean: $0[3], variance: $0[4], weight: $0[1], bias: $0[2], epsilon: 1e-3)
    },
    .init(.batchNormTraining(epsilon: 1e-5, activation: .relu), [maps, [4], [4], maps]) {
        batchNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5, adding: $0[3], then: .relu).y
    },
    .init(.groupNorm(groups: 2, epsilon: 1e-5, hasWeight: true, hasBias: true), [maps, [4], [4]]) {
        groupNorm($0[0], groups: 2, weight: $0[1], bias: $0[2])
    },
    .init(.groupNorm(groups: 4, epsilon: 1e-5, hasWeight: false, hasBias: true), [maps, [4]]) {
        groupNorm($0[0], groups: 4, bias: $0[1])
    },
    .init(.instanceNorm(epsilon: 1e-4, hasWeight: true, hasBias: false), [maps, [4]]) {
        instanceNorm($0[0], weight: $0[1], epsilon: 1e-4)
    },
    .init(.localResponseNorm(size: 3, alpha: 1e-2, beta: 0.5, k: 2)) {
        localResponseNorm($0[0], size: 3, alpha: 1e-2, beta: 0.5, k: 2)
    },
    .init(.l2Normalize(epsilon: 1e-6), [[4, 5]]) { l2Normalized($0[0], epsilon: 1e-6) },
]

private let elementwise: [RecordedCase] =
    [
        .init(.add, [maps, [4, 1, 1]]) { $0[0] + $0[1] }, .init(.multiply, [maps, maps]) { $0[0] * $0[1] },
        .init(.prelu, [maps, [4]]) { prelu($0[0], $0[1]) }, .init(.scale(factor: 3, term: 0)) { $0[0] * 3 },
        .init(.scale(factor: 1, term: 3)) { $0[0] + 3 },
        .init(.reshape([2, 120])) { $0[0].reshaped([2, 120]) },
        .init(.broadcast(maps), [[4, 1, 5]]) { $0[0].broadcast(to: maps) },
        .init(.sum([4, 1, 1])) { $0[0].sum(to: [4, 1, 1]) },
        .init(.concatenate(axis: 1), [maps, maps]) { concatenate($0) },
        .init(.slice(axis: 1, range: 1..<3)) { $0[0].sliced(channels: 1..<3) },
        .init(.padChannels(before: 1, after: 2)) { $0[0].paddedChannels(before: 1, after: 2) },
        .init(.absoluteDifference, [[4, 5], [4, 5]]) { absoluteDifference($0[0], $0[1]) },
        .init(.chiSquaredDifference(epsilon: 3), [[4, 5], [4, 5]]) { chiSquaredDifference($0[0], $0[1], epsilon: 3) },
        .init(.angularMargin(classes: [2, 0, 1], margin: 0.5), [[3, 4]]) {
            angularMargin($0[0], classes: [2, 0, 1], margin: 0.5)
        },
    ]
    + [.relu, .leakyReLU(slope: 0.2), .elu(alpha: 2), .hardSwish].map { (activation: Activation) in
        RecordedCase(.activation(activation)) { activation($0[0]) }
    }

private let resampling: [RecordedCase] = [
    .init(.maxPool2d(window, ceilMode: true)) { maxPool2d($0[0], window, ceilMode: true) },
    .init(.averagePool2d(window, ceilMode: false, countIncludePadding: false)) {
        averagePool2d($0[0], window, countIncludePadding: false)
    },
    .init(.adaptiveAveragePool2d(height: 2, width: 3)) { adaptiveAveragePool2d($0[0], height: 2, width: 3) },
    .init(.adaptiveAveragePool2d(height: 1, width: 1)) { globalAveragePool2d($0[0]) },
    .init(.pad2d(top: 1, bottom: 2, left: 0, right: 3, mode: .reflect)) {
        pad2d($0[0], top: 1, bottom: 2, right: 3, mode: .reflect)
    },
    .init(.upsampleNearest(factor: 3)) { upsampleNearest($0[0], factor: 3) },
    .init(.resizeNearest(height: 7, width: 11)) { upsampleNearest($0[0], height: 7, width: 11) },
    .init(.upsampleBilinear(height: 12, width: 10, alignCorners: true)) {
        upsampleBilinear($0[0], factor: 2, alignCorners: true)
    },
    .init(.subsample(stride: 2)) { $0[0].subsampled(stride: 2) },
    .init(.gather(rows: [0, -1, 5], columns: [4, 1])) { gathered($0[0], rows: [0, -1, 5], columns: [4, 1]) },
    .init(
        .roiAlign(
            regions: [.init(image: 0, minX: 1, minY: 0, maxX: 5, maxY: 4.5)], height: 2, width: 3, scale: 0.5,
            samples: nil,
            isAligned: true)
    ) {
        roiAlign(
            $0[0], [.init(image: 0, minX: 1, minY: 0, maxX: 5, maxY: 4.5)], height: 2, width: 3, scale: 0.5,
            samples: nil)
    },
]

@Suite("Operations as the tape records them") struct OperationRecordingTests {
    static let cases = products + normalizations + elementwise + resampling

    @Test("Tape: an operation is recorded with its attributes and can be replayed", arguments: cases)
    func isRecordedAndReplayed(_ test: RecordedCase) {
        let inputs = test.inputs
        var result: Tensor?
        let graph = RecordedGraph { tape in result = test.run(inputs.map { tape.watch($0) }) }
        #expect(graph.operations == [test.operation])
        #expect(graph.steps.last?.inputs == graph.steps.dropLast().map { $0.outputs[0] })
        #expect(graph.replayed().values == result?.values)
        // On constants but for one input: still a graph without gaps.
        let partly = RecordedGraph { tape in _ = test.run([tape.watch(inputs[0])] + inputs.dropFirst()) }
        #expect(partly.steps.filter { $0.operation == .constant }.count == inputs.count - 1)
        #expect(partly.replayed().values == result?.values)
    }

    @Test("shape-only tensors: same steps and shapes, without values", arguments: cases)
    func worksOnShapesAlone(_ test: RecordedCase) {
        let inputs = test.inputs
        let real = RecordedGraph { tape in _ = test.run(inputs.map { tape.watch($0) }) }
        // Whichever of the inputs is shape-only, or all of them.
        for chosen in [nil] + inputs.indices.map(Optional.some) {
            let shapes = inputs.enumerated().map { index, input in
                chosen == nil || chosen == index ? Tensor.shapeOnly(input.shape) : input
            }
            var result: Tensor?
            let graph = RecordedGraph { tape in result = test.run(shapes.map { tape.watch($0) }) }
            #expect(graph.steps == real.steps && graph.shapes == real.shapes)
            #expect(result?.isShapeOnly == true)
            #expect(test.run(shapes).isShapeOnly)
        }
    }

    @Test("dropout: recorded with the seed of its mask") func dropoutHasASeed() throws {
        func operations(_ seed: UInt64, _ x: Tensor) -> [Operation] {
            RecordedGraph(seed: seed) { _ = dropout($0.watch(x), probability: 0.25) }.operations
        }
        let x = seededTensor(seed: 1, [100])
        let found = operations(5, x)
        guard case .dropout(0.25, _) = try #require(found.first) else {
            Issue.record("\(found)")
            return
        }
        #expect(found != operations(6, x) && found == operations(5, .shapeOnly([100])))
    }

    @Test("Tape: the graph of a small network") func topology() {
        final class Owner {}
        let (owner, frozen) = (Owner(), Owner())
        let (x, weight, bias) = (
            seededTensor(seed: 1, [1, 2, 4, 4]), seededTensor(seed: 2, [2, 2, 1, 1]), seededTensor(seed: 3, [2])
        )
        let geometry = ConvGeometry(kernel: 1)
        let graph = RecordedGraph { tape in
            func layer(_ x: Tensor) -> Tensor {
                let filters = tape.watch(weight, name: "conv.weight", owner: owner) { _ in }
                let offset = tape.watch(bias, name: "conv.bias", owner: frozen, receive: nil)
                return Activation.relu(conv2d(x, filters, bias: offset, geometry))
            }
            let input = tape.watch(x)
            _ = layer(layer(input)) + input
        }
        let names = Dictionary(uniqueKeysWithValues: graph.steps.enumerated().map { ($1.outputs[0], $0) })
        // A parameter that is used twice is one value, whether trained or frozen.
        let expected: [(Operation, [Int])] = [
            (.input, []), (.parameter("conv.weight"), []), (.parameter("conv.bias"), []),
            (.conv2d(geometry), [0, 1, 2]), (.activation(.relu), [3]), (.conv2d(geometry), [4, 1, 2]),
            (.activation(.relu), [5]), (.add, [6, 0]),
        ]
        #expect(graph.steps.map(\.operation) == expected.map(\.0))
        #expect(graph.steps.map { $0.inputs.map { names[$0] } } == expected.map(\.1))
    }

    @Test("Tape: a frozen parameter is watched only while observed") func frozenParametersCostNothing() {
        final class Owner {}
        let tape = Tape(.inference)
        let weight = seededTensor(seed: 1, [3])
        #expect(tape.watch(weight, name: "w", owner: Owner(), receive: nil).tape == nil)
        let watched = tape.observing { _ in
        } during: {
            tape.watch(weight, name: "w", owner: Owner(), receive: nil)
        }
        #expect(watched.tape === tape)
    }

    @Test("shape-only tensors: reading values traps") func valuesOfShapesAreAMistake() async {
        await #expect(processExitsWith: .failure) { _ = Tensor.shapeOnly([2, 3]).values }
    }

    @Test("shape-only tensors: preconditions hold") func preconditionsHold() async {
        await #expect(processExitsWith: .failure) {
            _ = conv2d(.shapeOnly([1, 2, 3, 3]), .shapeOnly([4, 2, 5, 5]), ConvGeometry(kernel: 5))
        }
        await #expect(processExitsWith: .failure) {
            _ = linear(.shapeOnly([1, 2]), .shapeOnly([4, 3]))
        }
    }
}
