import CVCore
import CVTensor

/// Choices that a plan is made with.
public struct PlanOptions: Sendable {
    /// The instruction set of the kernels.
    package var isa: InstructionSet
    /// Winograd's tiles of 4×4 or 6×6 wherever they apply, 0 for none; nil for the choice by the cost model.
    package var winogradTile: Int?

    /// What convolutions and linear layers multiply.
    public var precision: Precision

    /// The choices for this machine, and `Precision.standard`.
    public init() { (isa, precision) = (.current, .standard) }
}

/// A network made ready to run on inputs of one shape: steps in order, packed weights, and a place for every value.
///
/// Immutable: any number of threads may run one plan at the same time, each with memory of its own.
public final class InferencePlan: Sendable {
    package let steps: [any PlanStep]
    /// Floats of memory that a run needs beside inputs and outputs.
    package let arena: Int
    private let outputShapes: [Shape]

    /// - Parameters:
    ///   - graph: an optimized graph.
    ///   - options: choices.
    ///   - weights: packed weights of the network.
    package init(_ graph: Graph, _ options: PlanOptions, _ weights: PackedWeightCache) {
        let builder = PlanBuilder(graph, options, weights)
        (steps, arena) = builder.finished()
        outputShapes = graph.outputs.map { graph.values[$0].shape }
    }

    /// A plan with packed weights of its own.
    ///
    /// - Parameters:
    ///   - graph: an optimized graph.
    ///   - options: choices.
    public convenience init(_ graph: Graph, _ options: PlanOptions = PlanOptions()) {
        self.init(graph, options, PackedWeightCache())
    }

    /// Computes the results. The bytes do not depend on the number of threads.
    ///
    /// - Parameter inputs: a tensor for each input of the graph, of its shape.
    /// - Returns: a tensor for each output.
    public func callAsFunction(_ inputs: [Tensor]) -> [Tensor] {
        run(inputs) { step, memory in step.run(memory) }
    }

    /// Runs the steps through `execute`, which a profile replaces.
    package func run(_ inputs: [Tensor], execute: (any PlanStep, RunMemory) -> Void) -> [Tensor] {
        let outputs = outputShapes.map { Tensor(shape: $0) { _ in } }
        withPointers(inputs) { inputs in
            withPointers(outputs) { outputs in
                withScratch(arena) { arena in
                    let memory = RunMemory(
                        arena: arena, inputs: inputs, outputs: outputs.map { UnsafeMutablePointer(mutating: $0) })
                    for step in steps { execute(step, memory) }
                }
            }
        }
        return outputs
    }

    /// Calls `body` with pointers to the values of all tensors.
    private func withPointers(_ tensors: [Tensor], _ body: ([UnsafePointer<Float>]) -> Void) {
        let pointers = tensors.map { $0.withValues { $0.baseAddress! } }
        withExtendedLifetime(tensors) { body(pointers) }
    }
}
