import CVCore

/// About how much memory the results of a computation take, in bytes: found on shapes alone, before anything is allocated.
package struct MemoryEstimate: Sendable, Equatable {
    /// The most at a time where each result is freed after its last use, as without a tape.
    package let peak: Int
    /// All results together, as training keeps them for the backward pass.
    package let total: Int

    /// Runs a computation on shapes alone.
    ///
    /// - Parameters:
    ///   - shape: of the input.
    ///   - body: computes with the input; weights may have values or not, the results have none.
    package init(input shape: Shape, _ body: (Tensor) -> Void) {
        var steps: [Results] = []
        let tape = Tape(.inference)
        tape.observing {
            steps.append(Results($0))
        } during: {
            body(tape.watch(.shapeOnly(shape)))
        }
        self.init(steps)
    }

    private init(_ steps: [Results]) {
        // A result that has the memory of another, or overwrites it, counts as that one from then on.
        var owners: [ValueID: ValueID] = [:]
        func owner(_ id: ValueID) -> ValueID { owners[id] ?? id }
        var lastUse: [ValueID: Int] = [:]
        for (index, step) in steps.enumerated() {
            if step.sharesMemory, let input = step.inputs.first { owners[step.output] = owner(input) }
            for input in step.inputs { lastUse[owner(input)] = index }
        }
        var sizes: [ValueID: Double] = [:]
        var (live, peak, total) = (0.0, 0.0, 0.0)
        for (index, step) in steps.enumerated() {
            if step.isKept { total += step.bytes }
            if owner(step.output) == step.output {
                live += step.bytes
                peak = max(peak, live)
                sizes[step.output] = step.bytes
            }
            for input in Set(step.inputs.map(owner)) where lastUse[input] == index {
                live -= sizes.removeValue(forKey: input) ?? 0
            }
        }
        self.peak = Int(clamping: peak)
        self.total = Int(clamping: total)
    }
}

/// What a step leaves in memory.
private struct Results {
    let inputs: [ValueID]
    let output: ValueID
    let bytes: Double
    /// Without a tape.
    let sharesMemory: Bool
    /// For the backward pass.
    let isKept: Bool

    init(_ step: ObservedStep) {
        inputs = step.step.inputs
        output = step.step.outputs[0]
        let hasSizeOfInput = step.inputShapes.first?.count == step.result.shape.count
        switch step.operation {
        case .parameter, .constant:
            // Their memory is not that of results.
            (bytes, sharesMemory, isKept) = (0, false, false)
        case .reshape, .identity, .activation, .add, .scale:
            // These run in the memory of their input, or together with what computes it.
            (bytes, sharesMemory, isKept) = (Self.bytes(step), hasSizeOfInput, false)
        case .batchNorm: (bytes, sharesMemory, isKept) = (Self.bytes(step), hasSizeOfInput, true)
        default: (bytes, sharesMemory, isKept) = (Self.bytes(step), false, true)
        }
    }

    private static func bytes(_ step: ObservedStep) -> Double {
        step.result.shape.dimensions.reduce(Double(MemoryLayout<Float>.stride)) { $0 * Double($1) }
    }
}

/// Checks that there is memory for something before it is allocated. Memory that is kept for future tensors counts as free.
///
/// - Parameters:
///   - bytes: about as many as it needs beside what is in use; better too few than too many, since what would just fit must not
///     be refused.
///   - subject: what needs them, for the message.
/// - Throws: `MemoryError`.
package func requireMemory(_ bytes: Int, for subject: @autoclosure () -> String) throws(MemoryError) {
    if canAllocate(bytes) { return }
    BufferPool.empty()
    guard canAllocate(bytes) else {
        throw MemoryError(subject(), needed: bytes, available: availableMemoryBytes())
    }
}
