/// A failure to read or write a file.
public struct FileError: ToolkitError, Equatable {
    /// What went wrong.
    public enum Problem: Sendable, Equatable {
        /// `reason` is the message of the system, such as "No such file or directory".
        case cannotOpen(reason: String)
        case cannotRead(reason: String)
        case cannotWrite(reason: String)
        case isDirectory
        case notRegular
        case tooLarge(bytes: Int, limit: Int)
        case exists
        /// Text in another encoding than UTF-8, such as UTF-16.
        case otherEncoding(String)
        /// Text with bytes that are not UTF-8; lines are counted from 1.
        case invalidUTF8(line: Int)
        /// The folder that a file was to be written to.
        case missingFolder(String)
    }

    /// The path as given.
    public let path: String
    /// What went wrong.
    public let problem: Problem

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - problem: what went wrong.
    public init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    public var description: String {
        let name = path.escapedForDisplay
        return switch problem {
        case .cannotOpen(let reason): "\(name): cannot be opened: \(reason)" + encodingHint
        case .cannotRead(let reason): "\(name): cannot be read: \(reason)"
        case .cannotWrite(let reason): "\(name): cannot be written: \(reason)"
        case .isDirectory: "\(name): is a directory; a file is expected here"
        case .notRegular: "\(name): is a pipe, socket or device; a regular file is expected here"
        case .tooLarge(let bytes, let limit): "\(name): has \(bytes) bytes; at most \(limit) are read"
        case .exists: "\(name): exists already"
        case .otherEncoding(let encoding): "\(name): is text in \(encoding); save it as UTF-8"
        case .invalidUTF8(let line): "\(name): line \(line) is not valid UTF-8; save it as UTF-8"
        case .missingFolder(let folder):
            "\(name): cannot be written: the folder \(folder.escapedForDisplay) does not exist; create it first"
        }
    }

    /// A name with bytes that are no UTF-8 reaches Swift with replacement characters in it, and opens nothing.
    private var encodingHint: String {
        path.unicodeScalars.contains("\u{FFFD}") ? " (its name is not valid UTF-8: rename it)" : ""
    }

    /// The system's words for `errno`.
    static func lastReason() -> String { String(cString: strerror(errno)) }
}

extension FileError {
    public var category: ErrorCategory {
        switch problem {
        case .cannotOpen(let reason): reason == String(cString: strerror(ENOENT)) ? .notFound : .io
        case .cannotRead, .cannotWrite, .exists: .io
        case .isDirectory, .notRegular, .otherEncoding, .invalidUTF8: .invalid
        case .missingFolder: .notFound
        case .tooLarge: .limit
        }
    }
}
