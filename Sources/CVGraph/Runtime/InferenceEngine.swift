import CVCore
import CVTensor
import Synchronization

/// Runs a network: captured once for each input shape, optimized, planned, and kept.
///
/// ```swift
/// let engine = InferenceEngine { [network($0)] }
/// let logits = engine(images)[0]
/// ```
/// The parameters are taken as they are at the first run; a network that is being trained is not for an engine.
public final class InferenceEngine: Sendable {
    private struct Planned {
        let shape: Shape
        let plan: InferencePlan
    }

    private let network: @Sendable (Tensor) -> [Tensor]
    /// nil for a network that runs operation by operation.
    private let options: PlanOptions?
    private let weights = PackedWeightCache()
    /// The most recently used last.
    private let plans = Mutex<[Planned]>([])

    /// Plans that are kept; more shapes than this are planned again when they come back.
    private static let capacity = 8

    /// - Parameters:
    ///   - options: choices; nil for a network that is to run operation by operation, because its parameters may change
    ///     or because it decides by the values of tensors.
    ///   - network: the forward pass.
    public init(_ options: PlanOptions? = PlanOptions(), _ network: @escaping @Sendable (Tensor) -> [Tensor]) {
        (self.options, self.network) = (options, network)
    }

    /// The results of the network.
    ///
    /// A tensor that a tape watches, or one that has no values, goes through the network itself.
    ///
    /// - Parameter x: of any shape that the network takes.
    /// - Returns: what the network returns.
    public func callAsFunction(_ x: Tensor) -> [Tensor] {
        guard let options, x.tape == nil, !x.isShapeOnly, x.shape.count > 0 else { return network(x) }
        return plan(for: x.shape, options)([x])
    }

    /// The plan for inputs of this shape, made if it is not there yet.
    ///
    /// - Parameter shape: of the input.
    /// - Returns: a plan.
    public func plan(for shape: Shape) -> InferencePlan { plan(for: shape, options ?? PlanOptions()) }

    private func plan(for shape: Shape, _ options: PlanOptions) -> InferencePlan {
        if let found = recent(shape) { return found }
        let plan = InferencePlan(Graph(capturing: shape, network).optimized(), options, weights)
        plans.withLock { plans in
            if plans.count >= Self.capacity { plans.removeFirst() }
            plans.append(Planned(shape: shape, plan: plan))
        }
        return plan
    }

    private func recent(_ shape: Shape) -> InferencePlan? {
        plans.withLock { plans in
            guard let index = plans.lastIndex(where: { $0.shape == shape }) else { return nil }
            let found = plans.remove(at: index)
            plans.append(found)
            return found.plan
        }
    }
}
