import CSQLite
import CVCore

/// A connection to a file of SQLite: what a face database needs of the C interface, with typed errors.
///
/// For one thread at a time.
final class SQLiteConnection {
    /// What a connection may do with the file.
    enum Access {
        case read, write
        /// Write, and make the file if there is none.
        case create

        fileprivate var flags: Int32 {
            switch self {
            case .read: SQLITE_OPEN_READONLY
            case .write: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        }
    }

    let path: String
    private let handle: OpaquePointer
    /// Statements that were prepared before, by their text.
    private var prepared: [String: SQLiteStatement] = [:]

    /// How long another writer is waited for.
    private static let milliseconds: Int32 = 5000

    /// Opens a file. Whether it is a database shows at the first statement.
    init(_ path: String, _ access: Access) throws(FaceDatabaseError) {
        var handle: OpaquePointer?
        // SQLite takes names that begin with a colon, and an empty one, for databases that are no file.
        let name = path.hasPrefix("/") ? path : "./" + path
        let status = sqlite3_open_v2(name, &handle, access.flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard status == SQLITE_OK, let handle else {
            let problem = Self.problem(status, handle)
            sqlite3_close_v2(handle)
            throw FaceDatabaseError(path, problem)
        }
        self.path = path
        self.handle = handle
        sqlite3_busy_timeout(handle, Self.milliseconds)
        _ = csqlite_defend(handle)
        // The schema may come from anybody: its views and triggers call no functions that do anything.
        try execute("PRAGMA trusted_schema = OFF")
        try execute("PRAGMA cell_size_check = ON")
        try execute("PRAGMA foreign_keys = ON")
        // Whoever is removed is gone.
        try execute("PRAGMA secure_delete = ON")
    }

    deinit {
        prepared = [:]
        sqlite3_close_v2(handle)
    }

    /// Runs a statement to its end.
    func execute(_ sql: String, _ values: SQLiteValue...) throws(FaceDatabaseError) {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// Hands each row of the result to `body`.
    func forEachRow(
        _ sql: String, _ values: SQLiteValue..., body: (SQLiteStatement) throws(FaceDatabaseError) -> Void
    ) throws(FaceDatabaseError) {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() { try body(statement) }
    }

    /// The integer in the first column of the first row; nil if there is no row.
    func integer(_ sql: String, _ values: SQLiteValue...) throws(FaceDatabaseError) -> Int? {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Does all of `body`, or nothing of it. Other processes go on reading what was there before until it is done.
    ///
    /// - Parameter writes: whether it changes something; otherwise all its statements see the same state.
    func transaction<Result>(
        writes: Bool = true, _ body: () throws(FaceDatabaseError) -> Result
    ) throws(FaceDatabaseError) -> Result {
        try execute(writes ? "BEGIN IMMEDIATE" : "BEGIN")
        do throws(FaceDatabaseError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // After some errors SQLite has rolled back itself; then this one says nothing new.
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// The id of the row that was inserted last.
    var lastInsertedID: Int { Int(sqlite3_last_insert_rowid(handle)) }
    /// The number of rows that the last statement changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    private func statement(_ sql: String) throws(FaceDatabaseError) -> SQLiteStatement {
        if let known = prepared[sql] { return known }
        var handle: OpaquePointer?
        let status = sqlite3_prepare_v2(self.handle, sql, -1, &handle, nil)
        guard status == SQLITE_OK, let handle else { throw FaceDatabaseError(path, Self.problem(status, self.handle)) }
        let statement = SQLiteStatement(handle, self)
        prepared[sql] = statement
        return statement
    }

    fileprivate func check(_ status: Int32) throws(FaceDatabaseError) {
        guard [SQLITE_OK, SQLITE_ROW, SQLITE_DONE].contains(status) else {
            throw FaceDatabaseError(path, Self.problem(status, handle))
        }
    }

    /// What a result code means for a face database. The lower byte is the kind, the rest says more about it.
    private static func problem(_ status: Int32, _ handle: OpaquePointer?) -> FaceDatabaseError.Problem {
        let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(status))
        return switch status & 0xFF {
        case SQLITE_NOTADB: .notSQLite
        case SQLITE_CORRUPT, SQLITE_MISMATCH: .damaged(message)
        case SQLITE_BUSY, SQLITE_LOCKED: .locked
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN: .io(reason: message)
        // A table or a column that is not there.
        case SQLITE_ERROR where message.hasPrefix("no such"): .damaged(message)
        default: .failed(reason: message)
        }
    }
}

/// A value of a statement.
enum SQLiteValue {
    case integer(Int)
    case real(Double)
    case text(String)
    case blob([UInt8])
    case null
}

/// A prepared statement.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private unowned let connection: SQLiteConnection

    fileprivate init(_ handle: OpaquePointer, _ connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    fileprivate func bind(_ values: [SQLiteValue]) throws(FaceDatabaseError) {
        for (position, value) in values.enumerated() {
            let index = Int32(position + 1)
            let status =
                switch value {
                case .integer(let value): sqlite3_bind_int64(handle, index, Int64(value))
                case .real(let value): sqlite3_bind_double(handle, index, value)
                case .text(let text): csqlite_bind_text(handle, index, text, Int32(clamping: text.utf8.count))
                case .blob(let bytes): csqlite_bind_blob(handle, index, bytes, Int32(clamping: bytes.count))
                case .null: sqlite3_bind_null(handle, index)
                }
            try connection.check(status)
        }
    }

    /// Goes to the next row; false after the last.
    fileprivate func step() throws(FaceDatabaseError) -> Bool {
        let status = sqlite3_step(handle)
        try connection.check(status)
        return status == SQLITE_ROW
    }

    fileprivate func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // Columns of the row, from 0. SQLite converts what has another type: a damaged file gives other values, no failure.

    func integer(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
    func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    func text(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    /// Hands the bytes of a blob to `body`; they are gone after it.
    func withBlob<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, column)
        let count = start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }
}
