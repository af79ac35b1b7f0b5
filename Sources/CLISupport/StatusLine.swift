/// A status line on standard error that is updated in place; only on a terminal.
public final class StatusLine {
    private let isTerminal: Bool
    private let quiet: Bool
    /// The time of the last update, in seconds, and the columns of the visible line.
    private var drawnAt = -1.0, shown = 0

    /// A status line.
    ///
    /// - Parameter quiet: whether to show nothing.
    public init(quiet: Bool) {
        self.quiet = quiet
        isTerminal = !quiet && Terminal.isStandardErrorATerminal
    }

    /// Shows a text, at most ten times a second.
    ///
    /// - Parameters:
    ///   - seconds: the time, of any clock.
    ///   - text: called only if the line is updated.
    public func show(at seconds: Double, _ text: () -> String) {
        guard isTerminal, seconds - drawnAt >= 0.1 else { return }
        drawnAt = seconds
        let line = String(text().escapedForDisplay.prefix(max(Terminal.width - 1, 0)))
        StandardError.draw("\r" + line + String(repeating: " ", count: max(0, shown - line.count)))
        shown = max(shown, line.count)
    }

    /// Removes the line.
    public func clear() {
        guard shown > 0 else { return }
        StandardError.draw("\r" + String(repeating: " ", count: shown) + "\r")
        shown = 0
    }

    /// Writes a permanent line, unless quiet.
    ///
    /// - Parameter line: without a newline.
    public func say(_ line: String) {
        clear()
        if !quiet { StandardError.write(line + "\n") }
    }

    /// A text progress bar: `[#####               ] 12/48`.
    ///
    /// - Parameters:
    ///   - done: the finished steps.
    ///   - total: all steps.
    /// - Returns: a bar of 20 characters in brackets, and the count.
    public static func bar(_ done: Int, of total: Int) -> String {
        let filled = min(20, 20 * done / max(total, 1))
        return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: 20 - filled)
            + "] \(done)/\(total)"
    }
}
