import CVCore
import CVWeights
import TestSupport
import Testing

@Suite struct LabelFileTests {
    private func labels(_ bytes: [UInt8]) throws -> [String] {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        try FileOutput.write(bytes, to: folder + "/a.names")
        return try LabelFile.read(folder + "/a.names")
    }

    @Test("label files: a byte order mark is no part of the first name") func aMarkIsNoPartOfAName() throws {
        let names = try labels(Array("\u{FEFF}cat\r\n\n tree frog \n".utf8))
        #expect(names == ["cat", "tree frog"] && names[0].unicodeScalars.count == 3)
    }

    @Test("label files: other encodings are errors, not names with replacement characters")
    func otherEncodingsAreErrors() {
        let latin = #expect(throws: FileError.self) { try labels([0x61, 0x0A, 0x4B, 0xE4, 0x73, 0x65]) }
        #expect(latin?.problem == .invalidUTF8(line: 2))
        let wide = #expect(throws: FileError.self) { try labels([0xFF, 0xFE, 0x61, 0, 0x0A, 0]) }
        #expect(wide?.problem == .otherEncoding("UTF-16"))
    }
}
