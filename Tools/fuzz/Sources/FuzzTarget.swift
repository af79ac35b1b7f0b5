import Foundation

/// A reader that is given any bytes: it must return or throw, in bounded time and memory.
struct FuzzTarget: Sendable {
    let name: String
    /// Its part of the executions of a long run, relative to others: less where an execution takes longer.
    var share = 10
    /// The longest input in bytes.
    var length = 4096
    /// Valid inputs that together use most of the format; always the same.
    let seeds: @Sendable () throws -> [[UInt8]]
    /// Words of the format, which random changes would take long to find.
    var words: @Sendable () throws -> [String] = { [] }
    /// Makes the checksums of an input right.
    var repair: (@Sendable (inout [UInt8]) -> Void)?
    /// Reads an input; an error is a right answer.
    let run: @Sendable ([UInt8]) throws -> Void

    /// An own folder for readers that only read files; in memory where the system offers that.
    static let scratch: String = {
        let parent = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
        let folder = parent + "cvtoolkit-fuzz-\(getpid())"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: FuzzTarget.scratch) }
        return folder
    }()

    /// Writes a file for a reader of files.
    ///
    /// - Returns: its path.
    static func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = scratch + "/" + name
        try bytes.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
        return path
    }

    /// Makes a folder in ``scratch``.
    ///
    /// - Returns: its path.
    static func folder(_ name: String) throws -> String {
        let path = scratch + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// Calls all of them, and throws the first error only then.
func attempt(_ works: (() throws -> Void)...) throws {
    var first: (any Error)?
    for work in works {
        do { try work() } catch {
            precondition(!"\(error)".isEmpty)
            first = first ?? error
        }
    }
    if let first { throw first }
}
