import CVCore

/// Writing to standard output failed.
public enum StreamError: ToolkitError, Equatable {
    /// Whoever read the output has left, such as `head`: a reason to stop, quietly, not a failure.
    case closed
    case failed(reason: String)

    public var description: String {
        switch self {
        case .closed: "standard output: the reader has left"
        case .failed(let reason): "standard output: cannot be written: \(reason)"
        }
    }
}

/// Descriptors 0, 1 and 2.
public enum StandardStreams {
    /// Puts something in the place of those that are closed.
    ///
    /// The next file to be opened would otherwise get the number, and with it what is meant for standard output. To be
    /// called before anything is opened.
    public static func occupyClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // Open the wrong way round, so that reading and writing still fail. The lowest free number is taken.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

/// Data for the next program; unbuffered, so that it can be followed while a long job runs.
public enum StandardOutput {
    /// `Interruption.install()` must have been called: without it a reader that leaves ends the process by a signal.
    public static func write(_ text: String) throws(StreamError) {
        try write(text, to: STDOUT_FILENO)
    }

    package static func write(_ text: String, to descriptor: Int32) throws(StreamError) {
        if let number = writeAll(text, to: descriptor) {
            throw number == EPIPE ? .closed : .failed(reason: String(cString: strerror(number)))
        }
    }
}

/// Words for the person. Failing to say them is no reason to fail.
public enum StandardError {
    public static func write(_ text: String) { _ = writeAll(text, to: STDERR_FILENO) }
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
