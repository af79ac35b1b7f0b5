import CVNN
import CVTensor

/// Finds where numbers first became NaN or infinite, after it was detected.
struct NonFiniteSearch {
    let parameters: ParameterSet

    /// Weights and statistics that are not finite.
    var badParameters: [String] { parameters.filter { !$0.value.isFinite }.map(\.name) }

    /// Gradients that are not finite, from the one nearest to the loss: the first layer is the last to get its gradient.
    var badGradients: [String] {
        parameters.reversed().filter { $0.gradient.map { !$0.isFinite } ?? false }.map(\.name)
    }

    /// Runs the forward pass once more and checks each result.
    ///
    /// - Parameters:
    ///   - seed: of the step's tape.
    ///   - forward: the loss of the step's batch; the network must have the statistics that it had before the step.
    /// - Returns: the first cause.
    /// - Throws: what `forward` throws.
    func cause(seed: UInt64, forward: (Tape) throws -> TrainingLoss) rethrows -> NonFiniteCause {
        let parameters = badParameters
        if !parameters.isEmpty { return .parameters(parameters) }
        let tape = Tape(.training, seed: seed)
        // Parameters are finite; constants, such as targets, are nothing that the network computed.
        let found = try tape.firstNonFinite { _ = try forward(tape) }
        return found.map { step in step.parameter.map { .result(after: $0) } ?? .input } ?? .loss
    }
}
