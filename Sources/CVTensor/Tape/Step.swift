/// The identity of a value on a tape: an input, a parameter, or the result of a step.
///
/// Valid for one tape; a parameter that is used twice has one identity.
public struct ValueID: Sendable, Hashable {
    /// Grows in the order of recording.
    public let index: Int
}

/// A step of a computation: what was done, with which values, and what came out.
///
/// Steps are the edges of a graph whose nodes are values. A leaf, such as a parameter, is a step without inputs.
public struct Step: Sendable, Equatable {
    /// What was done.
    public let operation: Operation
    /// The values that it was done with, in the order that the case of `operation` names.
    public let inputs: [ValueID]
    /// The results.
    public let outputs: [ValueID]

    /// A step between values of one tape.
    ///
    /// - Parameters:
    ///   - operation: what was done.
    ///   - inputs: in the order that the case names.
    ///   - outputs: the results.
    public init(_ operation: Operation, inputs: [ValueID], outputs: [ValueID]) {
        (self.operation, self.inputs, self.outputs) = (operation, inputs, outputs)
    }
}

/// A step as the observer of a tape receives it, with its tensors.
public struct ObservedStep: Sendable {
    /// What was done with which values.
    public let step: Step
    /// Of each input of the step.
    public let inputShapes: [Shape]
    /// The keys of those inputs that are parameters or buffers, in their order.
    public let parameters: [String]
    /// The value of the output, watched by the tape: its gradient can be requested. The value of a constant is not
    /// watched.
    public let result: Tensor

    /// What was done.
    public var operation: Operation { step.operation }
}

extension Tensor {
    /// Its identity on the tape that watches it; nil if none does.
    package var valueID: ValueID? { trace?.id }
}
