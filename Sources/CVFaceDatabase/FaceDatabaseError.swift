import CVCore
import CVTask

/// A face database that cannot be used as asked.
public struct FaceDatabaseError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// There is no file at the path.
        case missing
        /// A folder, a pipe or a device.
        case notAFile
        /// A file, but not of SQLite.
        case notSQLite
        /// A database of SQLite that another program made.
        case otherProgram
        /// Made by a later version of the toolkit.
        case laterVersion(found: Int, supported: Int)
        /// Something in it is not as it was written; where, in words.
        case damaged(String)
        /// Another process is writing to it, and did not stop within the time that is waited.
        case locked
        /// The file, or the folder that the journal is written to, may not be written.
        case readOnly
        /// The disk is full, or cannot be read or written; the reason is SQLite's.
        case io(reason: String)
        /// Embeddings of two networks cannot be compared.
        case otherModel(found: EmbeddingModel, expected: EmbeddingModel)
        /// An embedding that is no result of the model: its count of numbers, or one that is NaN or infinite.
        case embedding(reason: String)
        /// A name that is empty or too long.
        case name(reason: String)
        /// Nobody of this name is enrolled; the names that are most alike.
        case unknownPerson(String, nearest: String?)
        /// More memory than there is.
        case tooLarge(bytes: Int)
        /// Any other answer of SQLite.
        case failed(reason: String)
    }

    /// The path of the database.
    public let path: String
    /// What is wrong.
    public let problem: Problem

    init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    public var description: String {
        "\(path.escapedForDisplay): " + text
    }

    private var text: String {
        switch problem {
        case .missing: "no such face database; enroll somebody to make one"
        case .notAFile: "is not a regular file; a face database is expected"
        case .notSQLite: "is not a database of SQLite, or its beginning is damaged; a face database is expected"
        case .otherProgram: "is a database of SQLite, but not of faces; choose another file"
        case .laterVersion(let found, let supported):
            "has the form \(found) of a later version; this one reads forms up to \(supported): update it"
        case .damaged(let reason): "is damaged (\(reason.escapedForDisplay)); restore a copy, or enroll again"
        case .locked: "is locked: another process is writing to it; try again when that is done"
        case .readOnly: "cannot be written: the file or its folder is read-only"
        case .io(let reason): "the disk cannot be read or written: \(reason)"
        case .otherModel(let found, let expected):
            "holds embeddings of \(found), not of \(expected): those of two networks cannot be compared; use the "
                + "network of the database, or enroll the faces again in a new one"
        case .embedding(let reason): "an embedding cannot be used: \(reason)"
        case .name(let reason): "a name cannot be used: \(reason)"
        case .unknownPerson(let name, let nearest):
            "nobody is enrolled as \(quoted(name))" + (nearest.map { "; did you mean \(quoted($0))?" } ?? "")
        case .tooLarge(let bytes): "its embeddings take \(bytes) bytes of memory, more than there are"
        case .failed(let reason): "SQLite reports: \(reason)"
        }
    }

    public var category: ErrorCategory {
        switch problem {
        case .missing, .unknownPerson: .notFound
        case .laterVersion: .unsupported
        case .notAFile, .notSQLite, .otherProgram, .damaged, .otherModel, .embedding: .invalid
        case .name: .usage
        case .tooLarge: .limit
        case .locked, .readOnly, .io, .failed: .io
        }
    }
}
