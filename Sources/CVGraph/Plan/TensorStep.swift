import CVCore
import CVTensor

/// An operation on planar tensors, for what has no step of its own.
package struct TensorStep: PlanStep {
    /// What an input is: a value of the run, or one that is known.
    package enum Input: Sendable {
        case value(Placement, Shape)
        case constant(Tensor)
    }

    package let operation: GraphOperation
    package let inputs: [Input]
    package let y: Placement
    package let shape: Shape

    package func run(_ memory: RunMemory) {
        let tensors = inputs.map { input in
            switch input {
            case .constant(let tensor): return tensor
            case .value(let placement, let shape):
                return Tensor(shape: shape) { target in
                    target.baseAddress!.update(from: memory.read(placement, at: placement.offset), count: shape.count)
                }
            }
        }
        let result = operation.applied(to: tensors)
        precondition(result.shape.count == shape.count, "\(operation.name): \(result.shape) instead of \(shape)")
        result.withValues { memory.write(y, at: y.offset).update(from: $0.baseAddress!, count: $0.count) }
    }

    package var description: PlanStepDescription {
        PlanStepDescription(
            operation: operation.name, algorithm: "", layout: "planar", shape: shape, operations: 0,
            floats: Double(shape.count))
    }
}
