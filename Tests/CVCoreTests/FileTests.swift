import CVCore
import Foundation
import Testing

@Suite final class FileTests {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "cvcore-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    @Test("files: written bytes are read back") func writesAndReadsBack() throws {
        let path = folder + "/a.bin"
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try FileOutput.write(bytes, to: path)
        #expect(try FileInput.read(path) == bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.bin"])
    }

    @Test("files: a prefix is read") func readsTheBeginning() throws {
        let path = folder + "/a.bin"
        try FileOutput.write([1, 2, 3], to: path)
        for (count, expected) in [(0, []), (2, [1, 2]), (3, [1, 2, 3]), (9, [1, 2, 3])] as [(Int, [UInt8])] {
            let (bytes, fileBytes) = try FileInput.readPrefix(path, count: count)
            #expect(bytes == expected)
            #expect(fileBytes == 3)
        }
        #expect(throws: FileError(folder, .isDirectory)) { try FileInput.readPrefix(folder, count: 1) }
    }

    /// Every thread reads its own range; a file that was truncated meanwhile is an error.
    @Test("files: an open file is read at any offset, by several threads") func readsPartsOfAnOpenFile() throws {
        let path = folder + "/a.bin"
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try FileOutput.write(bytes, to: path)
        let file = try RandomAccessFile(path)
        #expect(file.count == 100_000)
        Parallel.forEach(50) { part in
            let range = part * 1999..<part * 1999 + 2049
            #expect((try? file.read(at: range.lowerBound, count: range.count)) == Array(bytes[range]))
        }
        #expect(try file.read(at: 100_000, count: 0) == [])
        truncate(path, 10)
        let error = #expect(throws: FileError.self) { try file.read(at: 5, count: 6) }
        #expect(error?.description == "\(path): cannot be read: it has become shorter while it was in use")
        #expect(throws: FileError(folder, .isDirectory)) { try RandomAccessFile(folder) }
    }

    @Test("files: existing files need overwrite") func overwritesOnlyWhenAsked() throws {
        let path = folder + "/a.bin"
        try FileOutput.write([1], to: path)
        #expect(throws: FileError(path, .exists)) { try FileOutput.write([2], to: path) }
        #expect(throws: FileError(path, .exists)) { try FileOutput.checkWritable(path) }
        #expect(try FileInput.read(path) == [1])
        try FileOutput.write([2], to: path, overwrite: true)
        #expect(try FileInput.read(path) == [2])
    }

    @Test("files: writing through a link replaces its target") func replacesTheTargetOfALinkNotTheLink() throws {
        let target = folder + "/target"
        let link = folder + "/link"
        try FileOutput.write([1], to: target)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        try FileOutput.write([2], to: link, overwrite: true)
        #expect(try FileInput.read(target) == [2])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    }

    @Test("files: directories, pipes and devices are errors") func refusesWhatIsNoRegularFile() throws {
        #expect(throws: FileError(folder, .isDirectory)) { try FileInput.read(folder) }
        let pipe = folder + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: FileError(pipe, .notRegular)) { try FileInput.read(pipe) }
        #expect(throws: FileError("/dev/zero", .notRegular)) { try FileInput.read("/dev/zero") }
        let missing = folder + "/missing"
        #expect(throws: FileError(missing, .cannotOpen(reason: "No such file or directory"))) {
            try FileInput.read(missing)
        }
    }

    @Test("files: a link loop is an error") func refusesALinkLoop() throws {
        let a = folder + "/a"
        let b = folder + "/b"
        try FileManager.default.createSymbolicLink(atPath: a, withDestinationPath: b)
        try FileManager.default.createSymbolicLink(atPath: b, withDestinationPath: a)
        #expect(throws: FileError(a, .cannotOpen(reason: "Too many levels of symbolic links"))) {
            try FileInput.read(a)
        }
    }

    @Test("files: the size limit is enforced") func limitsTheSize() throws {
        let path = folder + "/big"
        try FileOutput.write([UInt8](repeating: 0, count: 1001), to: path)
        #expect(throws: FileError(path, .tooLarge(bytes: 1001, limit: 1000))) {
            try FileInput.read(path, maxBytes: 1000)
        }
    }

    @Test("files: a missing folder is reported") func reportsAFolderThatIsMissing() {
        let path = folder + "/none/a.bin"
        let error = FileError(path, .missingFolder(folder + "/none"))
        #expect(throws: error) { try FileOutput.write([1], to: path) }
        #expect(throws: error) { try FileOutput.checkWritable(path) }
        #expect(error.description.hasSuffix("the folder \(folder)/none does not exist; create it first"))
        #expect(throws: Never.self) { try FileOutput.checkWritable(path, makesFolders: true) }
    }

    @Test("files: a name may be as long as the system allows") func writesNamesOfAnyLength() throws {
        for count in [1, 236, 255] {
            let path = folder + "/" + String(repeating: "n", count: count)
            try FileOutput.checkWritable(path)
            try FileOutput.write([1], to: path)
            try FileOutput.write([2], to: path, overwrite: true)
            #expect(try FileInput.read(path) == [2])
        }
        let path = folder + "/" + String(repeating: "n", count: 256)
        let error = FileError(path, .cannotWrite(reason: "File name too long"))
        #expect(throws: error) { try FileOutput.checkWritable(path) }
        #expect(throws: error) { try FileOutput.write([1], to: path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
    }

    @Test("files: a link to a missing file is not replaced") func doesNotReplaceALinkToNothing() throws {
        let link = folder + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder + "/gone")
        for overwrite in [false, true] {
            #expect(throws: FileError.self) { try FileOutput.checkWritable(link, overwrite: overwrite) }
            #expect(throws: FileError.self) { try FileOutput.write([1], to: link, overwrite: overwrite) }
        }
    }

    /// In a process of its own: it removes the files that other tests are writing, too. AddressSanitizer ends such a process
    /// with another code, since Swift Testing's own memory is in use at its end.
    @Test(
        "files: a signal removes the temporary files that are being written",
        .enabled(if: dlsym(nil, "__asan_init") == nil))
    func removesUnfinishedFiles() async {
        await #expect(processExitsWith: .success) {
            let folder = NSTemporaryDirectory() + "cvcore-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let file = try TemporaryFile(in: folder, for: folder + "/a")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
            UnfinishedFiles.remove()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
            _ = consume file
        }
    }

    @Test("files: a device is written to, not replaced") func writesToADeviceWithoutReplacingIt() throws {
        try FileOutput.write([1, 2, 3], to: "/dev/null", overwrite: true)
        #expect(throws: FileError("/dev/null", .notRegular)) { try FileInput.read("/dev/null") }
    }

    @Test("files: messages show names on one line") func showsNamesOnOneLine() {
        let message = FileError("a\nb\u{1B}[31m", .isDirectory).description
        #expect(message == "a\\nb\\u{1b}[31m: is a directory; a file is expected here")
        #expect("a\tb\r\u{9B}31m\u{202E}c\u{2028}é".escapedForDisplay == "a\\tb\\r\\u{9b}31m\\u{202e}c\\u{2028}é")
        // The first and the last of each range, and their neighbors.
        for value in [0, 0x1F, 0x7F, 0x9F, 0x2028, 0x202E, 0x2066, 0x2069] as [UInt32] {
            let text = String(Unicode.Scalar(value)!)
            #expect(text.escapedForDisplay == "\\u{\(String(value, radix: 16))}")
        }
        for value in [0x20, 0x7E, 0xA0, 0x2027, 0x202F, 0x2065, 0x206A] as [UInt32] {
            let text = String(Unicode.Scalar(value)!)
            #expect(text.escapedForDisplay == text)
        }
        #expect("a\tb\n\u{1B}c".escapedForTerminal == "a\tb\n\\u{1b}c")
    }
}
