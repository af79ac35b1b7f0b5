import CVCore

/// A failure to write to standard output.
public enum StreamError: ToolkitError, Equatable {
    /// The reader has closed the pipe, as `head` does: a reason to stop quietly, not a failure.
    case closed
    /// The message of the system.
    case failed(reason: String)

    /// The whole message.
    public var description: String {
        switch self {
        case .closed: "standard output: the reader has left"
        case .failed(let reason): "standard output: cannot be written: \(reason)"
        }
    }
}

/// The file descriptors 0, 1 and 2.
public enum StandardStreams {
    /// Opens /dev/null for those that are closed.
    ///
    /// Otherwise the next opened file would get the number, and with it the data meant for standard output. To be
    /// called before anything is opened.
    public static func occupyClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // Opened in the wrong direction, so that reading and writing still fail. The lowest free number is used.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

/// Output for the next program; unbuffered, so that it can be followed during a long job.
public enum StandardOutput {
    /// Writes text. ``Interruption/prepare()`` must have been called: otherwise a closed pipe ends the process by
    /// SIGPIPE.
    ///
    /// - Parameter text: written as UTF-8; what a terminal would obey, such as an escape sequence in a label, is escaped.
    /// - Throws: `StreamError`.
    public static func write(_ text: String) throws(StreamError) {
        try write(text, to: STDOUT_FILENO)
    }

    package static func write(_ text: String, to descriptor: Int32) throws(StreamError) {
        if let number = writeAll(text.escapedForTerminal, to: descriptor) {
            throw number == EPIPE ? .closed : .failed(reason: String(cString: strerror(number)))
        }
    }
}

/// Messages for the user. A failure to write them is ignored.
public enum StandardError {
    /// Writes text.
    ///
    /// - Parameter text: written as UTF-8; what a terminal would obey, such as an escape sequence in a label, is escaped.
    public static func write(_ text: String) { _ = writeAll(text.escapedForTerminal, to: STDERR_FILENO) }

    /// Writes what moves the cursor itself, and holds no text from elsewhere.
    static func draw(_ line: String) { _ = writeAll(line, to: STDERR_FILENO) }
}

/// Nil, or the error number.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
    var text = text
    return text.withUTF8 { buffer in
        var rest = UnsafeRawBufferPointer(buffer)
        while let start = rest.baseAddress, rest.count > 0 {
            let wrote = write(descriptor, start, rest.count)
            if wrote >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(wrote))
            } else if errno == EAGAIN {
                // Another program may have made the terminal non-blocking.
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, 1000)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}

extension StreamError {
    public var category: ErrorCategory { .io }
}
