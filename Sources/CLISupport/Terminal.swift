import CVCore

/// What the command knows about the terminal that it writes to.
public enum Terminal {
    public static var isStandardErrorATerminal: Bool { isatty(STDERR_FILENO) == 1 }
    public static var isStandardOutputATerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns: `COLUMNS` if it is set to a number, else what the terminal says, else 80.
    public static var width: Int {
        width(columns: environmentVariable("COLUMNS"), ofTerminal: windowWidth())
    }

    package static func width(columns: String?, ofTerminal: Int?) -> Int {
        if let columns, let number = Int(columns), number > 0 { return number }
        return ofTerminal ?? 80
    }

    private static func windowWidth() -> Int? {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
