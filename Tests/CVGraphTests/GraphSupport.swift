import CVCore
import CVGraph
import CVTensor
import TestSupport

extension Graph {
    /// The operations in order, as tables print them.
    var names: [String] { nodes.map(\.operation.name) }

    /// A seeded tensor for each input.
    func seededInputs(_ seed: UInt64 = 1) -> [Tensor] {
        inputs.enumerated().map { seededTensor(seed: seed + UInt64($0), values[$1].shape) }
    }

    /// Adds a node with a result of this shape.
    mutating func append(_ operation: GraphOperation, _ inputs: [ValueID], _ shape: Shape) -> ValueID {
        let output = add(shape)
        nodes.append(Node(operation: operation, inputs: inputs, output: output))
        return output
    }

    /// Adds an input.
    mutating func addInput(_ shape: Shape) -> ValueID {
        let input = add(shape, name: "input")
        inputs.append(input)
        return input
    }

    /// The graph after a pass.
    func after(_ pass: (inout Graph) -> Void) -> Graph {
        var graph = self
        pass(&graph)
        return graph
    }

    /// How far the results of a plan are from the definitions: the largest relative error of an output.
    ///
    /// - Parameters:
    ///   - other: another form of this graph, which the plan is made of; nil for this graph, optimized.
    ///   - isa: the instruction set of the plan.
    ///   - winogradTile: 0 for no transforms; nil for the choice of the cost model.
    /// - Returns: infinity for NaN, another shape or another number of outputs.
    func planError(
        _ other: Graph? = nil, _ isa: InstructionSet = .current, winogradTile: Int? = 0
    ) -> Float {
        let plan = InferencePlan(other ?? optimized(), PlanOptions(isa, winogradTile: winogradTile))
        let inputs = seededInputs()
        return error(of: plan.resultsInDirtyMemory(inputs), evaluated(inputs))
    }

    /// How far the results are from those of another form of this graph, both by the definitions.
    func evaluationError(_ other: Graph) -> Float {
        let inputs = seededInputs()
        return error(of: other.evaluated(inputs), evaluated(inputs))
    }

    private func error(of found: [Tensor], _ expected: [Tensor]) -> Float {
        guard found.count == expected.count else { return .infinity }
        return zip(found, expected).map { relativeError($0, $1) }.max() ?? 0
    }
}

extension FusedConvolution {
    /// What the passes make of a convolution, or of a transposed one with this output padding.
    static func made(
        _ geometry: ConvGeometry, weight: Tensor, bias: Tensor? = nil, transposed: (y: Int, x: Int)? = nil,
        _ activation: Activation = .linear, hasResidual: Bool = false
    ) -> FusedConvolution {
        var graph = Graph()
        let operation: CVTensor.Operation =
            transposed.map { .convTranspose2d(geometry, outputPaddingY: $0.y, outputPaddingX: $0.x) }
            ?? .conv2d(geometry)
        let x = graph.addInput([1, 1, 1, 1])
        let parameters = [weight, bias].compactMap { $0 }.map { graph.add($0.shape, constant: $0) }
        _ = graph.append(.tensor(operation), [x] + parameters, [1, 1, 1, 1])
        graph.convertConvolutions()
        guard case .convolution(var convolution) = graph.nodes[0].operation else {
            preconditionFailure("not converted: \(graph.names)")
        }
        (convolution.activation, convolution.hasResidual) = (activation, hasResidual)
        return convolution
    }
}

extension PlanOptions {
    init(_ isa: InstructionSet, winogradTile: Int? = nil) {
        self.init()
        (self.isa, self.winogradTile) = (isa, winogradTile)
    }
}

extension InferencePlan {
    /// The results of a run whose memory was full of NaN: what a step reads must have been written before, borders and
    /// all.
    func resultsInDirtyMemory(_ inputs: [Tensor]) -> [Tensor] {
        var isFirst = true
        return run(inputs) { step, memory in
            if isFirst { memory.arena.update(repeating: .nan, count: arena) }
            isFirst = false
            step.run(memory)
        }
    }

    /// What the steps do and how.
    var stepNames: [String] {
        steps.map(\.description).map { $0.operation + ($0.algorithm.isEmpty ? "" : ": " + $0.algorithm) }
    }
}

/// Weights whose sums are about as large as what goes in.
func seededWeight(seed: UInt64, _ shape: Shape) -> Tensor {
    let fan = shape.dimensions.dropFirst().reduce(1, *)
    return seededTensor(seed: seed, shape, scale: (3 / Float(fan)).squareRoot())
}

extension Activation {
    /// All cases.
    static let allForTests: [Activation] = [
        .linear, .relu, .relu6, .leakyReLU(slope: 0.1), .sigmoid, .silu, .mish, .tanh, .elu(alpha: 1), .hardSwish,
        .hardSigmoid,
    ]
}

/// Random choices that a seed determines.
struct Draw {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed, stream: 7) }

    mutating func callAsFunction<Element>(of elements: some Collection<Element>) -> Element {
        elements.randomElement(using: &random)!
    }

    /// True in so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// A seed for a tensor.
    mutating func seed() -> UInt64 { random.next() }
}
