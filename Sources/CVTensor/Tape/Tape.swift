import CVCore

/// Watches a computation, so that it can be differentiated afterwards.
///
/// ```swift
/// let tape = Tape(.training)
/// let loss = meanSquare(network(tape.watch(pictures)))
/// let gradients = tape.gradients(of: loss)       // of parameters: added to their `gradient`
/// ```
/// An operation with a watched tensor among its inputs records how its gradient is computed; its result is watched, too.
/// Without a tape nothing is recorded and nothing kept. What is recorded belongs to the results: it is freed with them,
/// and by `gradients(of:)` as it goes.
///
/// One thread records on a tape; the operations themselves use all.
public final class Tape: @unchecked Sendable {
    /// What layers such as dropout and batch normalisation do: it travels with the tape, not in a global.
    public enum Mode: Sendable {
        case training, inference
    }

    public let mode: Mode
    /// What the random numbers of operations such as dropout start from.
    public let seed: UInt64

    /// Is told of each result as it is recorded.
    private let observer: ((ObservedResult) -> Void)?
    /// The parameters that were used since the last result: only kept for the observer.
    private var used: [String] = []

    private var recorded = 0
    private var streams: UInt64 = 0
    /// The leaves that stand for parameters, so that one used twice in a pass (siamese) is one leaf.
    private var leaves: [ObjectIdentifier: WeakTrace] = [:]

    private struct WeakTrace {
        weak var trace: Trace?
    }

    /// seed: the same seed and the same operations in the same order give the same random numbers, on any number of
    /// threads. Every step needs another one. observer: is told of each result, in the order of the computation.
    public init(_ mode: Mode, seed: UInt64 = 0, observer: ((ObservedResult) -> Void)? = nil) {
        self.mode = mode
        self.seed = seed
        self.observer = observer
    }

    /// The tensor as an input of this tape.
    ///
    /// gradient: whether `gradients(of:)` is to give the gradient with respect to it. Without, it only carries the tape.
    public func watch(_ x: Tensor, gradient: Bool = false) -> Tensor {
        let watched = x.traced(Trace(self, needsGradient: gradient, contributions: []))
        tell(of: watched, by: "input", from: [])
        return watched
    }

    /// The value of a parameter as an input of this tape, with a function that is given its gradient.
    ///
    /// owner: whose value it is; its leaf is made once.
    public func watch(_ x: Tensor, owner: AnyObject, receive: @escaping (Tensor) -> Void) -> Tensor {
        let key = ObjectIdentifier(owner)
        if let leaf = leaves[key]?.trace { return x.traced(leaf) }
        let leaf = Trace(self, needsGradient: true, contributions: [], receive: receive)
        leaves[key] = WeakTrace(trace: leaf)
        return x.traced(leaf)
    }

    /// Says that the parameter `name` is used by the next operation, so that its result can be told by it.
    public func passed(_ name: String) {
        if observer != nil { used.append(name) }
    }

    /// function: as `#function` gives it, such as `conv2d(_:_:bias:_:)`.
    func tell(of result: Tensor, by function: @autoclosure () -> String, from inputs: @autoclosure () -> [Shape]) {
        guard let observer else { return }
        let operation = function().prefix { $0 != "(" }
        observer(
            ObservedResult(operation: String(operation), parameters: used, inputs: inputs(), value: result))
        used = []
    }

    func nextIndex() -> Int {
        recorded += 1
        return recorded
    }

    /// The seed of the next operation's own stream of random numbers.
    func nextStream() -> UInt64 {
        streams += 1
        return SplitMix64.number(streams, seed: SplitMix64.number(0, seed: seed))
    }

    /// The gradients of `loss`, a tensor of one element, with respect to everything watched that it depends on.
    ///
    /// Frees what was recorded as it goes, so it can be called once. Parameters are given theirs; those of inputs that were
    /// watched with `gradient: true` are returned.
    @discardableResult
    public func gradients(of loss: Tensor) -> Gradients {
        precondition(loss.shape.count == 1, "the gradient of \(loss.shape): a loss has one element")
        return gradients(of: loss, seed: Tensor(repeating: 1, shape: loss.shape))
    }

    /// The gradients of `Σ seed · y`: the vector-Jacobian product.
    ///
    /// keeping: results on the way whose gradients are wanted as well, such as the maps of a layer.
    public func gradients(of y: Tensor, seed: Tensor, keeping results: [Tensor] = []) -> Gradients {
        precondition(seed.shape == y.shape, "seed \(seed.shape) for \(y.shape)")
        guard let root = y.trace, root.needsGradient else { return Gradients([:]) }
        precondition(root.tape === self, "the tensor was recorded on another tape")
        var pending: [ObjectIdentifier: Tensor] = [ObjectIdentifier(root): seed.detached]
        var found: [ObjectIdentifier: Tensor] = [:]
        let kept = Set(results.compactMap { $0.trace.map { ObjectIdentifier($0) } })
        // Later results first: when a trace's turn comes, all that use it have added their part.
        for trace in reachable(from: root) {
            var gradient = pending.removeValue(forKey: ObjectIdentifier(trace))
            guard gradient != nil else { continue }
            if trace.isLeaf { trace.receive?(gradient!) }
            if trace.isLeaf || kept.contains(ObjectIdentifier(trace)) { found[ObjectIdentifier(trace)] = gradient }
            let contributions = trace.takeContributions()
            for (number, contribution) in contributions.enumerated() {
                // The last one is handed it with its memory.
                let own = number == contributions.count - 1 ? gradient.take()! : gradient!
                let part = contribution.compute(consume own)
                let key = ObjectIdentifier(contribution.input)
                if let sum = pending.removeValue(forKey: key) {
                    pending[key] = added(consume sum, part)
                } else {
                    pending[key] = part
                }
            }
        }
        return Gradients(found)
    }

    private func reachable(from root: Trace) -> [Trace] {
        var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
        var found = [root]
        var next = 0
        while next < found.count {
            for contribution in found[next].contributions
            where seen.insert(ObjectIdentifier(contribution.input)).inserted {
                found.append(contribution.input)
            }
            next += 1
        }
        return found.sorted { $0.index > $1.index }
    }
}

/// The result of an operation, as the observer of a tape is told of it.
public struct ObservedResult: Sendable {
    /// The function that gave it, such as `conv2d`; `input` for a tensor that the tape was told to watch.
    public let operation: String
    /// The keys of the parameters that went into it.
    public let parameters: [String]
    /// The shapes of what it was computed from, in the order of the function: those of weights as well.
    public let inputs: [Shape]
    /// Watched by the tape: its gradient can be asked for.
    public let value: Tensor
}

/// Gradients with respect to the inputs of a tape, and to the results that were to be kept.
public struct Gradients {
    private let byTrace: [ObjectIdentifier: Tensor]

    init(_ byTrace: [ObjectIdentifier: Tensor]) { self.byTrace = byTrace }

    /// That of a tensor that came from `Tape.watch` or was kept; nil if the loss does not depend on it.
    public subscript(x: Tensor) -> Tensor? { x.trace.flatMap { byTrace[ObjectIdentifier($0)] } }
}
