import Foundation
import TestSupport
import Testing

/// The table of what is tested by what must lead to tests that exist.
@Suite struct DocumentationTests {
    private static let page = packageFolder.appending(path: "Sources/CVToolkit/CVToolkit.docc/CheckedOperations.md")

    @Test("CheckedOperations: every row links to tests that exist")
    func everyRowLeadsToItsTests() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        // [label](path "function")
        let links = text.matches(of: /\[([A-Za-z]+)\]\(([^ )]+) "([A-Za-z]+)"\)/)
        #expect(links.count > 60)
        for link in links {
            let path = Self.page.deletingLastPathComponent().appending(path: String(link.2)).standardizedFileURL
            let source = try String(contentsOf: path, encoding: .utf8)
            #expect(source.contains("func \(link.3)("), "\(path.lastPathComponent) has no test \(link.3)")
            #expect(link.1 == link.3)
        }
        for row in text.split(separator: "\n") where row.hasPrefix("| ") && row.contains("Tests/") {
            #expect(row.contains("]("), "\(row)")
        }
    }
}
