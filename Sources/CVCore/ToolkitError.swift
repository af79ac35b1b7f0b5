/// An error about external input: a file, an argument, a set of weights.
///
/// Every module has its own conforming type. `description` is a complete message for a person: what went wrong, where,
/// what was expected, what was found, and what to do about it; Foundation's `localizedDescription` is the same. A program
/// decides by `category`, or by the cases of the type. A programming error (two shapes that do not match) is a
/// `precondition` instead.
///
/// ```swift
/// do {
///     found = try detector.detect(Image(data: upload))
/// } catch let error as any ToolkitError {
///     respond(status: error.category == .invalid ? 422 : 500, error.localizedDescription)
/// }
/// ```
public protocol ToolkitError: Platform.LocalizedError, CustomStringConvertible, Sendable {
    /// What kind of thing went wrong.
    var category: ErrorCategory { get }
}

extension ToolkitError {
    /// `description`: what `localizedDescription` gives.
    public var errorDescription: String? { description }
}

/// What kind of thing went wrong: the exit status of a command and the status of a web service follow from it.
public enum ErrorCategory: String, Sendable, Codable, CaseIterable {
    /// What was asked for makes no sense, whatever the files hold.
    case usage
    /// A file, a set of weights or a named thing in them is not there.
    case notFound
    /// Valid, but of a kind that is not handled.
    case unsupported
    /// Damaged, contradictory, or not what it should be.
    case invalid
    /// More pixels, bytes, values or memory than are allowed.
    case limit
    /// The system could not read or write.
    case io
}
