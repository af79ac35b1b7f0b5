import CVCore

/// How the keys and shapes of weights differ from those that a model wants.
public struct KeyDifference: Sendable, Equatable {
    public struct Misshapen: Sendable, Equatable {
        public let key: String
        public let expected: [Int]
        public let found: [Int]

        public init(key: String, expected: [Int], found: [Int]) {
            self.key = key
            self.expected = expected
            self.found = found
        }
    }

    /// Each sorted by key.
    public let missing: [String]
    public let unexpected: [String]
    public let misshapen: [Misshapen]

    public init(expected: [String: [Int]], found: [String: [Int]]) {
        missing = expected.keys.filter { found[$0] == nil }.sorted()
        unexpected = found.keys.filter { expected[$0] == nil }.sorted()
        misshapen = expected.sorted { $0.key < $1.key }.compactMap { key, shape in
            guard let other = found[key], other != shape else { return nil }
            return Misshapen(key: key, expected: shape, found: other)
        }
    }

    public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }

    /// One line for each key.
    public var lines: [String] {
        missing.map { "missing: \(quoted($0))" }
            + unexpected.map { "unexpected: \(quoted($0))" }
            + misshapen.map { "\(quoted($0.key)) has the shape \(abbreviated("\($0.found)")), expected \($0.expected)" }
    }
}

/// Weights whose keys or shapes are not those of the network: all differences at once.
public struct ParameterMismatch: ToolkitError, Equatable {
    /// How many parameters the network has.
    public let declared: Int
    public let difference: KeyDifference

    public init(declared: Int, difference: KeyDifference) {
        self.declared = declared
        self.difference = difference
    }

    /// Lines to show: enough to see what is wrong, where another network differs in hundreds.
    private static let shown = 12

    public var description: String {
        let (lines, d) = (difference.lines, difference)
        let rest = lines.count > Self.shown ? ["… and \(lines.count - Self.shown) more"] : []
        let heading =
            "the weights are not those of this network: of its \(counted(declared, "parameter")) \(d.missing.count) are "
            + "missing and \(d.misshapen.count) have another shape; \(d.unexpected.count) others were found"
        return ([heading] + lines.prefix(Self.shown) + rest).joined(separator: "\n  ")
    }
}
