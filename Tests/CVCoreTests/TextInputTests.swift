import CVCore
import TestSupport
import Testing

/// Text files of other programs: byte order marks and encodings.
@Suite struct TextInputTests {
    private func read(_ bytes: [UInt8], lines: Bool = false) throws -> [String] {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        try FileOutput.write(bytes, to: folder + "/a.txt")
        if lines { return try TextInput.lines(folder + "/a.txt", maxBytes: 1000).map { String($0) } }
        return [String(decoding: try TextInput.read(folder + "/a.txt", maxBytes: 1000), as: UTF8.self)]
    }

    @Test("text: a byte order mark is dropped, also a second one") func aMarkIsDropped() throws {
        #expect(try read(Array("\u{FEFF}cat".utf8)).first?.unicodeScalars.count == 3)
        #expect(try read(Array("\u{FEFF}\u{FEFF}cat".utf8)) == ["cat"])
        #expect(try read(Array("\u{FEFF}cat\r\n\ndog".utf8), lines: true) == ["cat", "", "dog"])
        #expect(try read(Array("\u{FEFF}".utf8)) == [""] && read([]) == [""] && read([0xEF, 0xBB]) != [""])
    }

    @Test(
        "text: UTF-16 and UTF-32 are refused by name, with and without a mark",
        arguments: [
            ([0xFF, 0xFE, 0x61, 0], "UTF-16"), ([0xFE, 0xFF, 0, 0x61], "UTF-16"),
            ([0x61, 0, 0x62, 0, 0x0A, 0], "UTF-16"), ([0, 0x61, 0, 0x62], "UTF-16"),
            ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], "UTF-32"),
        ] as [([UInt8], String)])
    func otherEncodingsAreNamed(_ bytes: [UInt8], _ encoding: String) {
        let error = #expect(throws: FileError.self) { try read(bytes) }
        #expect(error?.problem == .otherEncoding(encoding) && error?.category == .invalid)
        #expect(error?.description.hasSuffix("a.txt: is text in \(encoding); save it as UTF-8") == true)
    }

    @Test("text: a line that is not UTF-8 is named") func aLineOfAnotherEncodingIsNamed() {
        let error = #expect(throws: FileError.self) { try read([0x61, 0x0A, 0xE4, 0x0A], lines: true) }
        #expect(error?.problem == .invalidUTF8(line: 2))
        #expect(error?.description.hasSuffix("a.txt: line 2 is not valid UTF-8; save it as UTF-8") == true)
    }
}
