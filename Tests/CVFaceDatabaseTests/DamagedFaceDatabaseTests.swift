import CSQLite
import CVCore
import CVFaceDatabase
import Foundation
import TestSupport
import Testing

/// Files that are no good database: each gives a typed error, whatever is done with them.
@Suite struct DamagedFaceDatabaseTests {
    private let model = EmbeddingModel.fixture(dimension: 4)

    /// Runs SQL as another program would.
    private func execute(_ sql: String, on path: String) {
        var handle: OpaquePointer?
        #expect(sqlite3_open(path, &handle) == SQLITE_OK)
        #expect(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK, "\(String(cString: sqlite3_errmsg(handle)))")
        sqlite3_close(handle)
    }

    private func withDatabase(faces count: Int = 40, _ body: (String) throws -> Void) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/people.faces"
        _ = try FaceDatabase(path, model: model, access: .create).enroll(faces(embeddings(count, dimension: 4), of: 3))
        try body(path)
    }

    /// What comes of all that can be done with a database; nil if all of it succeeds.
    private func problemOfUse(_ path: String, access: FaceDatabase.Access = .change) -> FaceDatabaseError.Problem? {
        problem { () throws(FaceDatabaseError) in
            let database = try FaceDatabase(path, model: model, access: access)
            try database.verify()
            _ = try database.people()
            _ = try database.matches(for: [[1, 2, 3, 4]], limit: 3, in: database.index())
            if access != .read {
                _ = try database.enroll([EnrolledFace(person: "new", source: "", box: [], embedding: [4, 3, 2, 1])])
            }
        }
    }

    @Test("damaged face database: one that is not there") func missing() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        #expect(problemOfUse(folder + "/none.faces") == .missing)
        #expect(problemOfUse(folder + "/none.faces", access: .read) == .missing)
        guard case .io = problemOfUse(folder + "/none/none.faces", access: .create) else {
            Issue.record("a database in a folder that is not there")
            return
        }
    }

    @Test("damaged face database: a folder, a pipe and an empty file") func noFile() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        #expect(problemOfUse(folder) == .notAFile)
        mkfifo(folder + "/pipe", 0o600)
        #expect(problemOfUse(folder + "/pipe", access: .create) == .notAFile)
        try FileOutput.write([], to: folder + "/empty")
        #expect(problemOfUse(folder + "/empty") == .damaged("it is empty"))
    }

    @Test("damaged face database: a file of something else") func notSQLite() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        try FileOutput.write(Array(repeating: UInt8(ascii: "x"), count: 5000), to: folder + "/text")
        for access in [FaceDatabase.Access.read, .change, .create] {
            #expect(problemOfUse(folder + "/text", access: access) == .notSQLite)
        }
        // Nothing was written into it.
        #expect(try FileInput.read(folder + "/text").allSatisfy { $0 == UInt8(ascii: "x") })
    }

    @Test("damaged face database: a database of another program is left alone") func otherProgram() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        execute("CREATE TABLE face (x)", on: folder + "/other")
        for access in [FaceDatabase.Access.read, .change, .create] {
            #expect(problemOfUse(folder + "/other", access: access) == .otherProgram)
        }
    }

    @Test("damaged face database: later and impossible versions") func otherVersions() throws {
        try withDatabase { path in
            execute("PRAGMA user_version = 2", on: path)
            #expect(problemOfUse(path) == .laterVersion(found: 2, supported: 1))
            execute("PRAGMA user_version = 0", on: path)
            guard case .damaged = problemOfUse(path) else {
                Issue.record("a version that never was")
                return
            }
        }
    }

    @Test("damaged face database: cut off anywhere") func truncated() throws {
        try withDatabase { path in
            let bytes = try FileInput.read(path)
            for kept in stride(from: 1, to: bytes.count, by: 997) {
                try FileOutput.write(Array(bytes.prefix(kept)), to: path, overwrite: true)
                let problem = problemOfUse(path)
                #expect(problem != nil, "\(kept) of \(bytes.count) bytes passed as a whole database")
            }
        }
    }

    @Test("damaged face database: any bytes changed give a result or a typed error") func changedBytes() throws {
        try withDatabase { path in
            let bytes = try FileInput.read(path)
            var random = SplitMix64(seed: 11)
            for _ in stride(from: 0, to: 300, by: sampleStep) {
                var changed = bytes
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    changed[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                try FileOutput.write(changed, to: path, overwrite: true)
                _ = problemOfUse(path)
            }
        }
    }

    @Test(
        "damaged face database: tables that lack a part, or hold what cannot be",
        arguments: [
            "DROP TABLE face", "DROP TABLE model", "DELETE FROM model", "UPDATE model SET metric = 'taxicab'",
            "UPDATE model SET dimension = -3", "UPDATE model SET dimension = 1 << 40",
            "UPDATE face SET embedding = x'00' WHERE id = 7",
            "UPDATE face SET embedding = x'0000c07f0000c07f0000c07f0000c07f'",
            "UPDATE face SET embedding = 'text' WHERE id = 9", "ALTER TABLE face RENAME COLUMN embedding TO vector",
        ]) func partsAreMissing(sql: String) throws
    {
        try withDatabase { path in
            execute(sql, on: path)
            guard case .damaged = problemOfUse(path) else {
                Issue.record("\(sql): \(String(describing: problemOfUse(path)))")
                return
            }
        }
    }

    @Test("damaged face database: one that another process writes to is locked") func locked() throws {
        try withDatabase { path in
            var handle: OpaquePointer?
            sqlite3_open(path, &handle)
            defer { sqlite3_close(handle) }
            sqlite3_exec(handle, "BEGIN EXCLUSIVE", nil, nil, nil)
            #expect(problemOfUse(path) == .locked)
        }
    }

    @Test("damaged face database: one that may only be read can be read, and says so when it is written")
    func readOnly() throws {
        try withDatabase { path in
            chmod(path, 0o444)
            #expect(problemOfUse(path, access: .read) == nil)
            // The superuser may write everything.
            guard getuid() != 0 else { return }
            #expect(problemOfUse(path) == .readOnly)
        }
    }

    @Test("damaged face database: a connection for reading writes nothing") func readingWritesNothing() throws {
        try withDatabase { path in
            let database = try FaceDatabase(path, access: .read)
            #expect(
                problem { () throws(FaceDatabaseError) in
                    try database.enroll([EnrolledFace(person: "x", source: "", box: [], embedding: [1, 2, 3, 4])])
                } == .readOnly)
        }
    }

    @Test("damaged face database: every message says what to do, and names the file") func messages() throws {
        try withDatabase { path in
            execute("PRAGMA user_version = 2", on: path)
            do throws(FaceDatabaseError) {
                _ = try FaceDatabase(path)
                Issue.record("a later version was opened")
            } catch {
                #expect(error.category == .unsupported)
                #expect(
                    error.description
                        == "\(path): has the form 2 of a later version; this one reads forms up to 1: update it")
            }
        }
    }
}
