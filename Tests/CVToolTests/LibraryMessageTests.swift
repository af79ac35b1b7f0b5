import Foundation
import TestSupport
import Testing

/// The library does not know what a command calls its options: advice that names them belongs to the command.
@Suite("Messages of the library") struct LibraryMessageTests {
    @Test("No text of the library names an option or the command") func textsNameNoOptions() throws {
        let sources = packageFolder.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        let option = try Regex(#""[^"]*(--[a-z]|cvtool )[^"]*""#)
        var looked = 0
        for case let file as URL in files where file.pathExtension == "swift" && file.path.contains("/Sources/CV") {
            looked += 1
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                guard !line.drop(while: \.isWhitespace).hasPrefix("//"), line.contains(option) else { continue }
                Issue.record("\(file.lastPathComponent): \(line)")
            }
        }
        #expect(looked > 100)
    }
}
