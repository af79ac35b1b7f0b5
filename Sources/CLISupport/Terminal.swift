import CVCore

/// The terminal of the command.
public enum Terminal {
    /// Whether standard error is a terminal.
    public static var isStandardErrorATerminal: Bool { isatty(STDERR_FILENO) == 1 }
    /// Whether standard output is a terminal.
    public static var isStandardOutputATerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Its width in columns: `COLUMNS` if it is a positive number, else the width that the terminal reports, else 80.
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
