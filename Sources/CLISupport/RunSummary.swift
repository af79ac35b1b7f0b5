import CVCore

/// The exit codes of the command.
public enum ExitStatus: Int32, Sendable {
    /// All inputs done; finding nothing in them is no failure.
    case success = 0
    case failure = 1
    /// Some of several inputs failed.
    case partial = 2
    /// The arguments make no sense (EX_USAGE of sysexits.h, as swift-argument-parser has it).
    case usage = 64
    /// Stopped by Ctrl-C: 128 and the signal's number.
    case interrupted = 130
}

/// Keeps count of what became of the inputs of one run.
public struct RunSummary: Sendable {
    /// How many inputs there are in all.
    public let total: Int
    public private(set) var succeeded = 0
    /// The inputs that failed, as they were given.
    public private(set) var failures: [String] = []
    /// Set when the run stopped before its last input.
    public var isInterrupted = false

    public init(total: Int) { self.total = total }

    public mutating func recordSuccess() { succeeded += 1 }

    public mutating func recordFailure(_ input: String) { failures.append(input) }

    public var status: ExitStatus {
        if isInterrupted { return .interrupted }
        if failures.isEmpty { return .success }
        return succeeded > 0 ? .partial : .failure
    }

    /// What to say at the end on standard error, a line each; nil if there is nothing to add.
    ///
    /// Why an input failed has been said when it happened, and is not said again.
    public var text: String? {
        var lines: [String] = []
        if isInterrupted {
            lines.append("interrupted: \(succeeded + failures.count) of \(total) inputs were worked on")
        }
        if total > 1, !failures.isEmpty {
            lines.append("\(failures.count) of \(total) inputs failed:")
            lines += failures.prefix(20).map { "  " + $0.escapedForDisplay }
            if failures.count > 20 { lines.append("  and \(failures.count - 20) more") }
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n") + "\n"
    }
}
