import CVCore
import CVNN
import CVTensor

extension ModelSpec {
    /// Checks that there is memory for the weights and the results of a forward pass.
    ///
    /// - Parameters:
    ///   - classes: nil for `defaultClasses`.
    ///   - input: nil for `defaultInput`.
    ///   - batch: how many images go through at a time.
    /// - Throws: `MemoryError`.
    public func checkInferenceMemory(
        classes: Int? = nil, input: Input? = nil, batch: Int = 1
    ) throws(MemoryError) {
        let input = input ?? defaultInput
        guard let need = need(classes, input, batch) else { return }
        try requireMemory(
            Int(clamping: need.weights + Double(need.results.peak)),
            for: "\(name) for \(pluralized(batch, "image")) of \(input)")
    }

    /// Checks that there is memory for a step of training: weights with gradients and the state of an optimizer, and all
    /// results, which are kept for the backward pass.
    ///
    /// - Parameters:
    ///   - classes: nil for `defaultClasses`.
    ///   - input: nil for `defaultInput`.
    ///   - batch: how many images a step has.
    /// - Throws: `MemoryError`.
    public func checkTrainingMemory(
        classes: Int? = nil, input: Input? = nil, batch: Int
    ) throws(MemoryError) {
        let input = input ?? defaultInput
        guard let need = need(classes, input, batch) else { return }
        try requireMemory(
            Int(clamping: Self.copiesOfWeights * need.weights + Double(need.results.total)),
            for: "training \(name) with \(pluralized(batch, "image")) of \(input) at a time")
    }

    /// The weights, their gradients, and a moment.
    private static let copiesOfWeights = 3.0

    /// Bytes of weights, and what a batch needs; nil for a network that has limits of its own, such as darknet's.
    private func need(_ classes: Int?, _ input: Input, _ batch: Int) -> (weights: Double, results: MemoryEstimate)? {
        if summarize != nil { return nil }
        let (network, parameters) = ParameterSet.shapeOnly { make(classes: classes, input: input, $0) }
        let weights = parameters.map { $0.shape.dimensions.reduce(4.0) { $0 * Double($1) } }.reduce(0, +)
        let shape: Shape = [batch, input.channels, input.height, input.width]
        return (weights, MemoryEstimate(input: shape) { network.run($0) })
    }
}
