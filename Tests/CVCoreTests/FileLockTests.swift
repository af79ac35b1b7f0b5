import CVCore
import TestSupport
import Testing

@Suite struct FileLockTests {
    private func holder(of path: String) -> String? {
        do throws(FileLock.Failure) {
            _ = try FileLock(path, holder: "second")
            return nil
        } catch {
            if case .held(let holder) = error { return holder }
            return "\(error)"
        }
    }

    @Test("file lock: one at a time, and the second learns who holds it") func oneAtATime() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/lock"
        do {
            let lock = try FileLock(path, holder: "process 7")
            #expect(holder(of: path) == "process 7")
            withExtendedLifetime(lock) {}
        }
        // It is released with the object, and the file is removed.
        #expect(FileSystem.kind(of: path) != .file)
        #expect(holder(of: path) == nil)
    }

    @Test("file lock: a file that a dead process left locks nothing") func aFileAloneLocksNothing() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/lock"
        try FileOutput.write(Array("process 7, which was killed".utf8), to: path)
        let lock = try FileLock(path, holder: "a")
        #expect(holder(of: path) == "a")
        withExtendedLifetime(lock) {}
    }

    @Test("file lock: a folder that is not there is an error") func noFolderIsAnError() throws {
        #expect(throws: FileLock.Failure.self) { try FileLock("/nowhere/at/all/lock", holder: "") }
    }
}
