import CVCore
import Testing

/// The reader of XML.
@Suite("XML") struct XMLTreeTests {
    private func parse(_ text: String, _ limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLTree {
        try XMLTree.parse(Array(text.utf8), limits: limits)
    }

    @Test("elements, text, entities, comments, attributes and lines")
    func reads() throws {
        let root = try parse(
            "<?xml version='1.0' encoding='UTF-8'?>\n<!-- a\n<b> -->\n<a k=\"1 > 2\" l='\"'>\n <b> x &amp; &#x41;&#66;<![CDATA[<&]]> </b>\n<c/><b>2</b>\n</a>\n"
        )
        #expect(root.name == "a" && root.line == 4 && root.text.isEmpty)
        #expect(root.children.map(\.name) == ["b", "c", "b"] && root.children.map(\.line) == [5, 6, 6])
        #expect(root["b"]?.text == "x & AB<&" && root["d"] == nil)
    }

    @Test(
        "what is not XML",
        arguments: [
            ("<a>", XMLError.Problem.endInside("<a> of line 1")),
            ("<a b>", .unexpected(found: "\"b\"", expected: "an attribute with a value")),
            ("<a b=1>", .unexpected(found: "something else", expected: "a quote after the attribute \"b\"")),
            ("<a b='1>", .endInside("the attribute \"b\" of line 1")),
            ("</a>", .unexpected(found: "</a>", expected: "an opening tag")),
            ("x<a/>", .unexpected(found: "'x'", expected: "a tag")),
            ("<a/><b/>", .unexpected(found: "another element", expected: "the end of the file")),
            ("<a>&#xD800;</a>", .badEntity("&#xD800;")), ("<a>&</a>", .badEntity("&</a>")),
            ("<!-- ", .endInside("a comment of line 1")),
            ("< a/>", .unexpected(found: "white space", expected: "a name")),
            ("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", .otherEncoding("UTF-16")),
        ])
    func malformed(text: String, problem: XMLError.Problem) {
        let error = #expect(throws: XMLError.self) { try parse(text) }
        #expect(error?.problem == problem && error?.line == 1)
    }

    @Test("bytes that are not UTF-8, and documents beyond the limits")
    func limits() {
        let bytes = #expect(throws: XMLError.self) { try XMLTree.parse(Array("<a>\n".utf8) + [0xFF]) }
        #expect(bytes?.line == 2 && bytes?.problem == .invalidUTF8)
        let deep = #expect(throws: XMLError.self) { try parse(String(repeating: "<a>", count: 40)) }
        #expect(deep?.problem == .tooDeep(limit: 32))
        var limits = XMLLimits()
        limits.elements = 3
        let many = #expect(throws: XMLError.self) { try parse("<a><b/><b/><b/></a>", limits) }
        #expect(many?.problem == .tooMany(limit: 3))
    }
}
