/// A path, or a file's name, as a key of sets and dictionaries: compared by its bytes.
///
/// Two `String`s are equal if they look the same: "é" in one character equals "e" with a combining accent. To the file
/// system these are two names, and both may be in one folder.
package struct PathKey: Hashable, Sendable {
    /// The path.
    package let path: String

    /// A key of a path.
    package init(_ path: String) { self.path = path }

    /// Whether both have the same bytes.
    package static func == (a: PathKey, b: PathKey) -> Bool { a.path.hasSameBytes(as: b.path) }

    /// Hashes the bytes.
    package func hash(into hasher: inout Hasher) {
        var path = path
        path.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension PathKey: Comparable {
    /// By bytes, so that the order is the same on every system.
    package static func < (a: PathKey, b: PathKey) -> Bool { a.path.precedesInBytes(b.path) }
}

extension String {
    /// Whether both have the same bytes: `==` takes what looks the same for equal.
    package func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// The order of Python's `sorted`, whatever the language: by code points, which is that of the bytes of UTF-8.
    package func precedesInBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
