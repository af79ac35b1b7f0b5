import CVCore

/// Records a computation for reverse-mode differentiation, as PyTorch's autograd.
///
/// ```swift
/// let tape = Tape(.training)
/// let loss = meanSquare(network(tape.watch(images)))
/// let gradients = tape.gradients(of: loss)       // of parameters: added to their `gradient`
/// ```
/// An operation with a watched tensor among its inputs records how its gradient is computed; its result is watched,
/// too. Without a tape nothing is recorded and nothing retained. Records belong to the results: they are freed with
/// them, and by `gradients(of:)` as it proceeds.
///
/// One thread records on a tape; the operations themselves use all.
public final class Tape: @unchecked Sendable {
    /// The mode of layers such as dropout and batch normalization, as `torch.nn.Module.train` and `eval`.
    public enum Mode: Sendable {
        /// Dropout is active; batch normalization uses the statistics of the batch.
        case training
        /// Dropout is inactive; batch normalization uses the running statistics.
        case inference
    }

    /// How layers such as dropout behave.
    public let mode: Mode
    /// The seed of the random numbers of operations such as dropout.
    public let seed: UInt64

    /// Only while steps are observed.
    private(set) var observation: Observation?

    private var recorded = 0
    private var streams: UInt64 = 0
    /// The leaves that stand for parameters, so that one used twice in a pass (siamese) is one leaf.
    private var leaves: [ObjectIdentifier: WeakTrace] = [:]

    private struct WeakTrace {
        weak var trace: Trace?
    }

    /// A tape without records.
    ///
    /// - Parameters:
    ///   - mode: how layers such as dropout behave.
    ///   - seed: the same seed and the same operations in the same order give the same random numbers, on any number of
    ///     threads. Each training step needs a different one.
    public init(_ mode: Mode, seed: UInt64 = 0) {
        self.mode = mode
        self.seed = seed
    }

    /// The tensor as an input of this tape.
    ///
    /// - Parameters:
    ///   - x: of any shape.
    ///   - gradient: whether `gradients(of:)` returns the gradient with respect to it. If not, it only carries the
    ///     tape.
    /// - Returns: the same values, watched.
    public func watch(_ x: Tensor, gradient: Bool = false) -> Tensor {
        let leaf = Trace(self, needsGradient: gradient, contributions: [])
        let watched = x.traced(leaf)
        observation?.observe(input: watched, leaf)
        return watched
    }

    /// The value of a parameter as an input of this tape. However often it is used, it is one value of the tape.
    ///
    /// - Parameters:
    ///   - x: its value.
    ///   - name: its key in a checkpoint.
    ///   - owner: the object that identifies the parameter.
    ///   - receive: receives the gradient; nil for a frozen parameter.
    /// - Returns: the same values; watched, but for a frozen parameter only while steps are observed.
    public func watch(_ x: Tensor, name: String, owner: AnyObject, receive: ((Tensor) -> Void)?) -> Tensor {
        if receive == nil, observation == nil { return x }
        let watched = leaf(owner, receive)
        let value = x.traced(watched)
        observation?.observe(parameter: value, watched, name: name, owner: owner)
        return value
    }

    private func leaf(_ owner: AnyObject, _ receive: ((Tensor) -> Void)?) -> Trace {
        let key = ObjectIdentifier(owner)
        if let leaf = leaves[key]?.trace { return leaf }
        let leaf = Trace(self, needsGradient: receive != nil, contributions: [], receive: receive)
        leaves[key] = WeakTrace(trace: leaf)
        return leaf
    }

    /// Records what `body` computes, and hands each step to an observer: the graph of a network, in the order of its
    /// computation.
    ///
    /// ```swift
    /// var steps: [Step] = []
    /// let y = tape.observing { steps.append($0.step) } during: { network(tape.watch(x)) }
    /// ```
    /// Inputs, parameters and constants are steps without inputs, reported before the first step that uses them. The
    /// tape releases the observer when `body` returns, so an observer that keeps results makes no cycle of references.
    ///
    /// - Parameters:
    ///   - observer: receives each step as it is recorded.
    ///   - body: computes with tensors that this tape watches.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func observing<Result>(
        _ observer: (ObservedStep) -> Void, during body: () throws -> Result
    ) rethrows -> Result {
        precondition(observation == nil, "the steps of this tape are observed already")
        return try withoutActuallyEscaping(observer) { observer in
            observation = Observation(observer)
            defer { observation = nil }
            return try body()
        }
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

    /// The gradients of a loss with respect to everything watched that it depends on, as `torch.Tensor.backward`.
    ///
    /// Frees the records as it proceeds, so it can be called once. Parameters receive their gradients.
    ///
    /// - Parameter loss: a tensor of one element.
    /// - Returns: the gradients of inputs that were watched with `gradient: true`.
    @discardableResult
    public func gradients(of loss: Tensor) -> Gradients {
        precondition(loss.shape.count == 1, "the gradient of \(loss.shape): a loss has one element")
        return gradients(of: loss, seed: Tensor(repeating: 1, shape: loss.shape))
    }

    /// The gradients of `Σ seed · y`, the vector-Jacobian product, as `torch.autograd.grad` with `grad_outputs`.
    ///
    /// - Parameters:
    ///   - y: a result recorded on this tape.
    ///   - seed: the gradient with respect to `y`, of the same shape.
    ///   - results: intermediate results whose gradients are returned as well, such as the feature maps of a layer.
    /// - Returns: the gradients of inputs that were watched with `gradient: true`, and of `results`.
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
            let contributions = trace.removeContributions()
            for (number, contribution) in contributions.enumerated() {
                // Ownership moves to the last consumer, which may overwrite it.
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

/// Gradients with respect to the inputs of a tape, and to intermediate results on request.
public struct Gradients {
    private let byTrace: [ObjectIdentifier: Tensor]

    init(_ byTrace: [ObjectIdentifier: Tensor]) { self.byTrace = byTrace }

    /// The gradient with respect to a tensor; nil if the result does not depend on it.
    ///
    /// - Parameter x: a tensor that `Tape.watch` returned, or one of the results to keep.
    public subscript(x: Tensor) -> Tensor? { x.trace.flatMap { byTrace[ObjectIdentifier($0)] } }
}
