import CVCore
import Foundation
import TestSupport
import Testing

@Suite struct PathKeyTests {
    private let composed = "\u{E9}.png"
    private let decomposed = "e\u{301}.png"

    @Test("paths: names that look the same but have other bytes are two keys") func comparesBytes() {
        #expect(composed == decomposed)
        #expect(PathKey(composed) != PathKey(decomposed))
        #expect(Set([composed, decomposed, composed].map(PathKey.init)).count == 2)
        #expect(!composed.hasSameBytes(as: decomposed))
        #expect(composed.hasSameBytes(as: composed))
    }

    @Test("paths: names that look the same are sorted by their bytes") func sortsByBytes() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        for name in [composed, decomposed, "z.png"] { try FileOutput.write([1], to: folder + "/" + name) }
        let expected = [decomposed, "z.png", composed].map { Array($0.utf8) }
        #expect(try FileSystem.entries(of: folder).get().map { Array($0.text.utf8) } == expected)
        #expect(FileSystem.matches(of: folder + "/*").map { Array(FileSystem.name(of: $0.text).utf8) } == expected)
    }
}
