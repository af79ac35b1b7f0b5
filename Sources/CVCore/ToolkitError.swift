/// An error about external input: a file, an argument, a set of weights.
///
/// Every module has its own conforming type. `description` is a complete message for a person: what went wrong, where,
/// what was expected, what was found, and what to do about it. A programming error (two shapes that do not match) is a
/// `precondition` instead.
public protocol ToolkitError: Error, CustomStringConvertible, Sendable {}
