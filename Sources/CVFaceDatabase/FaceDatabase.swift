import CVCore
import Synchronization

@_exported import struct CVTask.EmbeddingModel

/// People, and embeddings of their faces, in one file of SQLite.
///
/// One photograph of a person is enough to find them again (one-shot learning): what is compared are embeddings, not classes
/// that a network has learned. Whoever is farther than a threshold from everybody is not recognized.
///
/// ```swift
/// let database = try FaceDatabase("people.faces", model: model, access: .create)
/// try database.enroll([EnrolledFace(person: "Ada", source: "ada.jpg", box: box, embedding: embedding)])
/// let nearest = try database.index().matches(for: other, limit: 1)
/// ```
/// Changes are transactions: a process that is killed leaves what was done before. Any number of processes may read at a
/// time, and one may write; a second one waits for a few seconds. May be used by many threads, one at a time does something.
public final class FaceDatabase: Sendable {
    /// What is done with a database.
    public enum Access: Sendable {
        /// Read one that is there.
        case read
        /// Change one that is there.
        case change
        /// Change it, and make it if there is none.
        case create
    }

    /// The path of the file.
    public let path: String
    /// The network of all its embeddings.
    public let model: EmbeddingModel

    let connection: Mutex<SQLiteConnection>

    /// In the header of the file: "CVFD".
    static let applicationID = 0x4356_4644
    /// The form of the tables, counted up when it changes.
    static let version = 1

    /// Opens or makes a database.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - model: the network whose embeddings will be given; nil for that of the database.
    ///   - access: what will be done with it.
    /// - Throws: `FaceDatabaseError` for a file that is missing, damaged, locked, read-only, of another program, of a later
    ///   version, or of another network.
    public convenience init(_ path: String, model: EmbeddingModel? = nil, access: Access = .read)
        throws(FaceDatabaseError)
    {
        if let problem = Self.problem(ofFile: path, mayBeMissing: access == .create && model != nil) {
            throw FaceDatabaseError(path, problem)
        }
        let connection = try SQLiteConnection(path, access == .read ? .read : access == .change ? .write : .create)
        if access == .create, let model, try connection.isEmpty { try connection.makeTables(for: model) }
        try connection.checkForm()
        let found = try connection.readModel()
        if let model, model != found { throw FaceDatabaseError(path, .otherModel(found: found, expected: model)) }
        self.init(path, found, connection)
    }

    /// What a look at the file alone shows; SQLite would wait for a pipe.
    private static func problem(ofFile path: String, mayBeMissing: Bool) -> FaceDatabaseError.Problem? {
        do throws(FileError) {
            let file = try RandomAccessFile(path)
            return file.count > 0 || mayBeMissing ? nil : .damaged("it is empty")
        } catch {
            switch error.problem {
            case .isDirectory, .notRegular: return .notAFile
            case .cannotOpen where error.category == .notFound && mayBeMissing: break
            case .cannotOpen where error.category == .notFound: return .missing
            case .cannotOpen(let reason), .cannotRead(let reason): return .io(reason: reason)
            default: return .io(reason: error.description)
            }
        }
        do throws(FileError) { try FileOutput.checkWritable(path) } catch { return .io(reason: error.description) }
        return nil
    }

    private init(_ path: String, _ model: EmbeddingModel, _ connection: sending SQLiteConnection) {
        self.path = path
        self.model = model
        self.connection = Mutex(connection)
    }
}

extension SQLiteConnection {
    /// Whether the file is new: nothing is in it yet.
    fileprivate var isEmpty: Bool {
        get throws(FaceDatabaseError) {
            guard try integer("PRAGMA application_id") == 0 else { return false }
            return try integer("SELECT count(*) FROM sqlite_schema") == 0
        }
    }

    fileprivate func makeTables(for model: EmbeddingModel) throws(FaceDatabaseError) {
        try transaction { () throws(FaceDatabaseError) in
            // Another process may have done it between the look and the lock.
            guard try isEmpty else { return }
            for statement in Self.schema { try execute(statement) }
            try execute(
                "INSERT INTO model VALUES (1, ?, ?, ?, ?, randomblob(16))", .text(model.name), .text(model.sha256),
                .integer(model.dimension), .text(model.metric.rawValue))
            try execute("PRAGMA application_id = \(FaceDatabase.applicationID)")
            try execute("PRAGMA user_version = \(FaceDatabase.version)")
        }
    }

    /// `AUTOINCREMENT`: the number of a face that was removed is not given again. `digest` finds a face that is enrolled
    /// already. `generation` is another one after each
    /// change: by it an index knows whether it is of this state.
    private static let schema = [
        """
        CREATE TABLE model (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, sha256 TEXT NOT NULL,
            dimension INTEGER NOT NULL, metric TEXT NOT NULL, generation BLOB NOT NULL)
        """,
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """
        CREATE TABLE face (id INTEGER PRIMARY KEY AUTOINCREMENT,
            person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE, model INTEGER NOT NULL REFERENCES model,
            source TEXT NOT NULL, left REAL, top REAL, right REAL, bottom REAL, digest BLOB NOT NULL,
            embedding BLOB NOT NULL, UNIQUE (person, digest))
        """,
    ]

    fileprivate func checkForm() throws(FaceDatabaseError) {
        guard try integer("PRAGMA application_id") == FaceDatabase.applicationID else {
            // A new file that nothing was written to is a database of nobody.
            throw FaceDatabaseError(path, .otherProgram)
        }
        let found = try integer("PRAGMA user_version") ?? 0
        guard found == FaceDatabase.version else {
            throw FaceDatabaseError(
                path,
                found > FaceDatabase.version
                    ? .laterVersion(found: found, supported: FaceDatabase.version)
                    : .damaged("its form is \(found), which never was"))
        }
    }

    fileprivate func readModel() throws(FaceDatabaseError) -> EmbeddingModel {
        var found: EmbeddingModel?
        try forEachRow("SELECT name, sha256, dimension, metric FROM model") { row throws(FaceDatabaseError) in
            let dimension = row.integer(2)
            guard let metric = EmbeddingModel.Metric(rawValue: row.text(3)), (1...65536).contains(dimension) else {
                throw FaceDatabaseError(path, .damaged("its network has no known form"))
            }
            found = EmbeddingModel(name: row.text(0), sha256: row.text(1), dimension: dimension, metric: metric)
        }
        guard let found else { throw FaceDatabaseError(path, .damaged("it names no network")) }
        return found
    }
}
