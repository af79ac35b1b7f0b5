/// An error about something that came from outside: a file, an argument, a set of weights.
///
/// Every module has its own type that conforms. `description` is a whole message for a person: what went
/// wrong, where, what was expected, what was found, and what to do about it. A mistake of the programmer
/// (two shapes that do not fit) is not an error but a `precondition`.
public protocol ToolkitError: Error, CustomStringConvertible, Sendable {}
