import CVCore

/// The exit codes of the command.
public enum ExitStatus: Int32, Sendable {
    /// All inputs were processed; finding nothing in them is not a failure.
    case success = 0
    /// The run failed, or all inputs did.
    case failure = 1
    /// Some of several inputs failed.
    case partial = 2
    /// The arguments are invalid (EX_USAGE of sysexits.h, as in swift-argument-parser).
    case usage = 64
    /// Stopped by Ctrl-C: 128 plus the number of the signal. By another signal: ``Interruption/exitCode``.
    case interrupted = 130

    /// The section of a command's help on its exit codes.
    ///
    /// - Parameters:
    ///   - success: what 0 means.
    ///   - failure: what 1 means.
    ///   - partial: what 2 means; nil for a command that does not end with it.
    ///   - interrupted: what becomes of the work that was done; nil to leave it out.
    /// - Returns: a heading, and a line for each code.
    public static func help(
        success: String = "done", failure: String = "failed", partial: String? = nil, interrupted: String? = nil
    ) -> String {
        let rows: [(status: ExitStatus, meaning: String?)] = [
            (.success, success), (.failure, failure), (.partial, partial), (.usage, "the arguments make no sense"),
            (.interrupted, "interrupted (Ctrl-C)" + (interrupted.map { "; \($0)" } ?? "")),
        ]
        let lines = rows.compactMap { row in
            row.meaning.map { "  \("\(row.status.rawValue)".padded(to: 4)) \($0)" }
        }
        return (["EXIT CODES"] + lines).joined(separator: "\n")
    }
}

/// Counts the successes and failures of one run.
public struct RunSummary: Sendable {
    /// The number of inputs.
    public let total: Int
    /// The number of inputs that succeeded.
    public private(set) var succeeded = 0
    /// The inputs that failed, as given.
    public private(set) var failures: [String] = []
    /// Whether the run stopped before its last input.
    public var isInterrupted = false

    /// A run that has not started.
    ///
    /// - Parameter total: the number of inputs.
    public init(total: Int) { self.total = total }

    /// Counts one success.
    public mutating func recordSuccess() { succeeded += 1 }

    /// Records one failure.
    ///
    /// - Parameter input: the input, as given.
    public mutating func recordFailure(_ input: String) { failures.append(input) }

    /// The exit code of the run.
    public var status: ExitStatus {
        if isInterrupted { return .interrupted }
        if failures.isEmpty { return .success }
        return succeeded > 0 ? .partial : .failure
    }

    /// The summary for standard error, with a newline at the end; nil if there is nothing to add.
    ///
    /// The reason of a failure is reported when it happens and not repeated here.
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
