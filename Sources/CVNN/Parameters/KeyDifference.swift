import CVCore

/// How the keys and shapes of a checkpoint differ from those that a model expects.
public struct KeyDifference: Sendable, Equatable {
    /// A key that is present, but with another shape.
    public struct Misshapen: Sendable, Equatable {
        /// The key in the checkpoint.
        public let key: String
        /// The shape that the model declares.
        public let expected: [Int]
        /// The shape in the checkpoint.
        public let found: [Int]

        /// Creates the record of one tensor whose shape differs.
        ///
        /// - Parameters:
        ///   - key: the key in the checkpoint.
        ///   - expected: the shape that the model declares.
        ///   - found: the shape in the checkpoint.
        public init(key: String, expected: [Int], found: [Int]) {
            self.key = key
            self.expected = expected
            self.found = found
        }
    }

    /// Keys of the model that the checkpoint lacks, sorted.
    public let missing: [String]
    /// Keys of the checkpoint that the model lacks, sorted.
    public let unexpected: [String]
    /// Keys of both with different shapes, sorted by key.
    public let misshapen: [Misshapen]

    /// Compares two sets of keys and shapes.
    ///
    /// - Parameters:
    ///   - expected: shapes by key of the model.
    ///   - found: shapes by key of the checkpoint.
    public init(expected: [String: [Int]], found: [String: [Int]]) {
        missing = expected.keys.filter { found[$0] == nil }.sorted()
        unexpected = found.keys.filter { expected[$0] == nil }.sorted()
        misshapen = expected.sorted { $0.key < $1.key }.compactMap { key, shape in
            guard let other = found[key], other != shape else { return nil }
            return Misshapen(key: key, expected: shape, found: other)
        }
    }

    /// Whether there is no difference.
    public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }

    /// The differences in words, one line for each key.
    public var lines: [String] {
        missing.map { "missing: \(quoted($0))" }
            + unexpected.map { "unexpected: \(quoted($0))" }
            + misshapen.map { "\(quoted($0.key)) has the shape \(abbreviated("\($0.found)")), expected \($0.expected)" }
    }
}

/// An error for weights whose keys or shapes do not match the network, with all differences at once.
public struct ParameterMismatch: ToolkitError, Equatable {
    /// The number of parameters of the network.
    public let declared: Int
    /// The keys and shapes that differ.
    public let difference: KeyDifference

    /// Creates the error.
    ///
    /// - Parameters:
    ///   - declared: the number of parameters of the network.
    ///   - difference: the keys and shapes that differ.
    public init(declared: Int, difference: KeyDifference) {
        self.declared = declared
        self.difference = difference
    }

    /// The number of lines shown: enough to see what is wrong when another network differs in hundreds.
    private static let shown = 12

    /// The message: the counts, then one line for each of the first differences.
    public var description: String {
        let (lines, d) = (difference.lines, difference)
        let rest = lines.count > Self.shown ? ["… and \(lines.count - Self.shown) more"] : []
        let heading =
            "the weights are not those of this network: of its \(pluralized(declared, "parameter")) \(d.missing.count) are "
            + "missing and \(d.misshapen.count) have another shape; \(d.unexpected.count) others were found"
        return ([heading] + lines.prefix(Self.shown) + rest).joined(separator: "\n  ")
    }
}

extension ParameterMismatch {
    public var category: ErrorCategory { .invalid }
}
