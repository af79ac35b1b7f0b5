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

    /// The width that a table on standard output should fit: `COLUMNS` if it is a positive number, else that of the terminal;
    /// nil where standard output is a file or a pipe, whose reader wants a line for each row.
    public static var tableWidth: Int? {
        if let columns = environmentVariable("COLUMNS").flatMap({ Int($0) }), columns > 0 { return columns }
        return isStandardOutputATerminal ? windowWidth(of: STDOUT_FILENO) ?? 80 : nil
    }

    package static func width(columns: String?, ofTerminal: Int?) -> Int {
        if let columns, let number = Int(columns), number > 0 { return number }
        return ofTerminal ?? 80
    }

    private static func windowWidth(of descriptor: Int32 = STDERR_FILENO) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
