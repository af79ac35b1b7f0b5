/// A line on standard error that says what is being done, written over again and again; only on a terminal.
public final class StatusLine {
    private let isTerminal: Bool
    private let quiet: Bool
    /// Seconds at the last drawing, and the columns that it took.
    private var drawnAt = -1.0, shown = 0

    public init(quiet: Bool) {
        self.quiet = quiet
        isTerminal = !quiet && Terminal.isStandardErrorATerminal
    }

    /// Writes the line, ten times a second at most. seconds: of any clock.
    public func show(at seconds: Double, _ text: () -> String) {
        guard isTerminal, seconds - drawnAt >= 0.1 else { return }
        drawnAt = seconds
        let line = String(text().prefix(max(Terminal.width - 1, 0)))
        StandardError.write("\r" + line + String(repeating: " ", count: max(0, shown - line.count)))
        shown = max(shown, line.count)
    }

    /// Takes the line off the screen.
    public func clear() {
        guard shown > 0 else { return }
        StandardError.write("\r" + String(repeating: " ", count: shown) + "\r")
        shown = 0
    }

    /// Writes a line that stays, unless all shall be quiet.
    public func say(_ line: String) {
        clear()
        if !quiet { StandardError.write(line + "\n") }
    }

    /// `[#####               ] 12/48`.
    public static func bar(_ done: Int, of total: Int) -> String {
        let filled = min(20, 20 * done / max(total, 1))
        return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: 20 - filled)
            + "] \(done)/\(total)"
    }
}
