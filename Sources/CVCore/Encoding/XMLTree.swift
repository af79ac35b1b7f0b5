/// An element of an XML document, with the line that it begins on.
///
/// Attributes, comments and processing instructions are read and left out.
package struct XMLTree: Sendable, Equatable {
    /// Its name, with a prefix if it has one.
    package let name: String
    /// The line of its tag, from 1.
    package let line: Int
    /// The elements directly inside, in their order.
    package internal(set) var children: [XMLTree] = []
    /// What stands directly inside, without white space around it.
    package internal(set) var text = ""

    /// The first element of a name directly inside.
    ///
    /// - Parameter name: of the element.
    package subscript(name: String) -> XMLTree? { children.first { $0.name == name } }

    /// Parses a document.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - limits: how large the document may be.
    /// - Returns: the root element.
    /// - Throws: `XMLError` for the first thing that is wrong.
    package static func parse(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLTree {
        var parser = XMLTreeParser(bytes, limits)
        return try parser.document()
    }
}

/// What an XML document may cost.
package struct XMLLimits: Sendable {
    /// The number of elements that may be inside each other.
    package var depth = 32
    /// The number of all elements.
    package var elements = 1_000_000

    /// The defaults are far beyond what a file of annotations has.
    package init() {}
}

/// What is wrong with an XML document.
package struct XMLError: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Problem: Sendable, Equatable {
        case invalidUTF8
        /// The document is declared to be in another encoding than UTF-8.
        case otherEncoding(String)
        /// No element at all.
        case empty
        /// The text ends inside of what is named.
        case endInside(String)
        /// `found` in place of what is expected.
        case unexpected(found: String, expected: String)
        /// A closing tag that closes another element than the innermost open one.
        case crossed(open: String, line: Int, closed: String)
        case badEntity(String)
        /// Document type definitions are not read: entities of their own can be larger than any memory.
        case documentType
        case tooDeep(limit: Int)
        case tooMany(limit: Int)
    }

    /// From 1.
    package let line: Int
    /// What is wrong.
    package let problem: Problem

    package var description: String {
        switch problem {
        case .invalidUTF8: "is not valid UTF-8"
        case .otherEncoding(let name): "is declared to be in \(quoted(name)); save the file as UTF-8"
        case .empty: "has no element; an XML document is expected"
        case .endInside(let what): "the file ends inside of \(what)"
        case .unexpected(let found, let expected): "\(expected) is expected, but \(found) is there"
        case .crossed(let open, let line, let closed):
            "</\(abbreviated(closed))> closes <\(abbreviated(open))> of line \(line)"
        case .badEntity(let name):
            "\(quoted(name)) is not an entity that is read; write &amp; for an ampersand"
        case .documentType: "has a document type definition, which is not read; remove it"
        case .tooDeep(let limit): "has elements nested more than \(limit) deep"
        case .tooMany(let limit): "has more than \(limit) elements"
        }
    }
}
