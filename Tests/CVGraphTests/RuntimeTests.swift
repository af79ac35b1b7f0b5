import CVCore
import CVGraph
import CVTensor
import Foundation
import Synchronization
import TestSupport
import Testing

/// Plans on several threads, unusual graphs, and what engines keep.
@Suite("Inference engine: plans at run time", .serialized) struct RuntimeTests {
    private typealias Layer = SeededLayer

    /// Direct, depthwise and Winograd convolutions, steps in place, parts of a whole, and features.
    @Sendable private static func network(_ x: Tensor) -> [Tensor] {
        let first = Activation.silu(Layer.norm(Layer.conv(x, 32)))
        let second = Activation.relu(Layer.norm(Layer.conv(first, 32, seed: 9)) + first)
        let depthwise = conv2d(
            second, seededWeight(seed: 3, [32, 1, 5, 5]), ConvGeometry(kernel: 5, stride: 2, padding: 2, groups: 32))
        let joined = concatenate([maxPool2d(second, ConvGeometry(kernel: 2, stride: 2)), depthwise])
        let hidden = Activation.relu(Layer.conv(globalAveragePool2d(joined), 8, kernel: 1))
        let gated = joined * Activation.sigmoid(Layer.conv(hidden, 64, kernel: 1))
        let up = convTranspose2d(
            gated, seededWeight(seed: 4, [64, 16, 2, 2]), ConvGeometry(kernel: 2, stride: 2))
        let features = globalAveragePool2d(gated).reshaped([x.shape[0], 64])
        return [up, linear(features, seededWeight(seed: 5, [10, 64])), upsampleBilinear(gated, height: 20, width: 31)]
    }

    private static let shape: Shape = [2, 3, 48, 52]

    private static func plan(_ tile: Int?, _ isa: InstructionSet = .current) -> InferencePlan {
        InferencePlan(Graph(capturing: shape, network).optimized(), PlanOptions(isa, winogradTile: tile))
    }

    private static func bits(_ results: [Tensor]) -> [[UInt32]] { results.map { $0.values.map(\.bitPattern) } }

    @Test("results are the same to the last bit on any number of threads", arguments: InstructionSet.available)
    func threadCounts(_ isa: InstructionSet) {
        let before = Parallel.threadCount
        defer { Parallel.threadCount = before }
        let x = [seededTensor(seed: 1, Self.shape)]
        for tile in [nil, 0, 4, 6] as [Int?] {
            let plan = Self.plan(tile, isa)
            Parallel.threadCount = 1
            let expected = Self.bits(plan(x))
            for count in [2, 3, 8] {
                Parallel.threadCount = count
                #expect(Self.bits(plan(x)) == expected, "\(count) threads, tile \(String(describing: tile))")
                #expect(Self.bits(Self.plan(tile, isa)(x)) == expected, "a plan made on \(count) threads")
            }
        }
    }

    @Test("a plan that eight threads run at once gives each its own results")
    func concurrentRuns() {
        let plan = Self.plan(nil)
        let inputs = (0..<8).map { seededTensor(seed: UInt64($0), Self.shape) }
        let expected = inputs.map { Self.bits(plan([$0])) }
        #expect(Set(expected.map { $0[1] }).count == 8)
        let wrong = Counter()
        let group = DispatchGroup()
        for (x, expected) in zip(inputs, expected) {
            group.enter()
            Thread {
                for _ in 0..<6 where Self.bits(plan([x])) != expected { wrong.add() }
                group.leave()
            }.start()
        }
        group.wait()
        #expect(wrong.count == 0)
    }

    /// A count that threads share.
    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }

    @Test("an engine that eight threads use at once for several shapes")
    func concurrentEngine() {
        let engine = InferenceEngine { [Activation.relu(SeededLayer.conv($0, 17))] }
        let wrong = Counter()
        let group = DispatchGroup()
        for number in 0..<8 {
            group.enter()
            Thread {
                for side in 5..<15 {
                    let x = seededTensor(seed: UInt64(number), [1, 16, side, side])
                    let expected = Activation.relu(SeededLayer.conv(x, 17))
                    if relativeError(engine(x)[0], expected) > 1e-3 { wrong.add() }
                }
                group.leave()
            }.start()
        }
        group.wait()
        #expect(wrong.count == 0)
    }

    // MARK: Unusual graphs

    @Test("an input as a result, twice and beside others")
    func inputsAsResults() {
        for shape in [[2, 3, 4, 5], [2, 17], [3, 4, 5]] as [Shape] {
            let graph = Graph(capturing: shape) { [$0, Activation.tanh($0), $0] }
            #expect(graph.planError() == 0)
        }
    }

    @Test("one value as several results, in blocks and in the order of tensors")
    func valuesAsSeveralResults() {
        let blocked = Graph(capturing: [2, 3, 6, 5]) {
            let y = Layer.conv($0, 17)
            return [y, Activation.relu(y), y]
        }
        #expect(blocked.planError() < 1e-5)
        let planar = Graph(capturing: [2, 3, 6, 5]) {
            let y = softmax($0, dimension: 1)
            return [y, y, Layer.conv(y, 5), y]
        }
        #expect(planar.planError() < 1e-5)
    }

    @Test("constants as results, with and without others, and as parts of sums and concatenations")
    func constantResults() {
        let constant = seededTensor(seed: 7, [2, 16, 6, 5])
        let alone = Graph(capturing: [2, 16, 6, 5]) { _ in [constant, Tensor([3], shape: [1])] }
        #expect(alone.planError() == 0)
        let both = Graph(capturing: [2, 16, 6, 5]) {
            [
                constant, Layer.conv($0, 16) + constant, concatenate([constant, $0]), concatenate([$0, constant]),
                constant,
            ]
        }
        #expect(both.planError() < 1e-5)
    }

    @Test("a graph of nothing, and one whose result does not exist in any step")
    func emptyGraphs() {
        #expect(InferencePlan(Graph())([]).isEmpty)
        let unused = Graph(capturing: [1, 3, 4, 4]) { x in
            _ = Activation.relu(x)
            return []
        }
        #expect(unused.optimized().nodes.isEmpty)
        #expect(InferencePlan(unused.optimized())(unused.seededInputs()).isEmpty)
    }

    @Test("several inputs")
    func severalInputs() {
        var graph = Graph()
        let (a, b) = (graph.addInput([1, 17, 4, 4]), graph.addInput([1, 17, 4, 4]))
        graph.outputs = [graph.append(.add(.silu), [a, b], [1, 17, 4, 4]), b]
        #expect(graph.planError(graph) < 1e-5)
    }

    // MARK: Engines

    /// An engine, and how often its network was called.
    private static func counted() -> (engine: InferenceEngine, calls: Counter) {
        let calls = Counter()
        let engine = InferenceEngine { x in
            calls.add()
            return [Activation.relu(SeededLayer.conv(x, 17)), x]
        }
        return (engine, calls)
    }

    @Test("an engine captures the network once for each shape, and keeps the eight that were used last")
    func cachedPlans() {
        let (engine, calls) = Self.counted()
        func run(_ side: Int) -> Int {
            let x = seededTensor(seed: 1, [1, 3, side, side + 1])
            let found = engine(x)
            #expect(relativeError(found[0], Activation.relu(Layer.conv(x, 17))) < 1e-5)
            #expect(found[1].values == x.values)
            return calls.count
        }
        for side in 1...8 { #expect(run(side) == side) }
        for side in 1...8 { #expect(run(side) == 8) }
        #expect(run(1) == 8)
        // The shape that was used longest ago makes room: 2.
        #expect(run(9) == 9)
        #expect(run(1) == 9)
        #expect(run(3) == 9)
        #expect(run(2) == 10)
        #expect(run(4) == 11)
    }

    @Test("a tensor on a tape goes through the network itself, and its gradient comes back")
    func tapes() {
        let (engine, calls) = Self.counted()
        let x = seededTensor(seed: 1, [1, 3, 5, 4])
        func gradient(_ network: (Tensor) -> [Tensor]) -> Tensor? {
            let tape = Tape(.inference)
            let watched = tape.watch(x, gradient: true)
            let y = network(watched)[0]
            #expect(y.tape === tape)
            return tape.gradients(of: y, seed: seededTensor(seed: 3, y.shape))[watched]
        }
        _ = engine(x)
        let found = gradient { engine($0) }
        #expect(calls.count == 2)
        let expected = gradient { [Activation.relu(Layer.conv($0, 17))] }
        #expect(found != nil && found?.values == expected?.values)
    }

    @Test("tensors without values and without elements go through the network itself")
    func tensorsWithoutValues() {
        let (engine, _) = Self.counted()
        let shapeOnly = engine(.shapeOnly([2, 3, 5, 4]))
        #expect(shapeOnly[0].isShapeOnly && shapeOnly[0].shape == [2, 17, 5, 4])
        let empty = InferenceEngine { [$0 * 2] }(Tensor([], shape: [0, 3]))
        #expect(empty[0].shape == [0, 3])
    }

    @Test("infinite and missing numbers are seen in the result", arguments: [.infinity, -.infinity, .nan] as [Float])
    func unusualNumbers(_ value: Float) {
        let (engine, calls) = Self.counted()
        var values = seededTensor(seed: 1, [1, 3, 5, 4]).values
        values[17] = value
        let x = Tensor(values, shape: [1, 3, 5, 4])
        #expect(!engine(x)[0].isFinite && !engine(x)[0].isFinite)
        #expect(calls.count == 1)
    }

    @Test("the listing and the profile of a plan name every step")
    func profile() {
        let plan = Self.plan(nil)
        let listing = plan.listing
        #expect(listing.steps.count == plan.steps.count && listing.total == nil)
        #expect(listing.arenaBytes == plan.arena * 4)
        let profile = plan.profile([seededTensor(seed: 1, Self.shape)], runs: 3)
        #expect(profile.steps.map(\.description.operation) == listing.steps.map(\.description.operation))
        let times = profile.steps.compactMap(\.milliseconds)
        #expect(times.count == plan.steps.count && times.allSatisfy { $0 >= 0 })
        #expect(profile.total! >= times.max()!)
    }
}
