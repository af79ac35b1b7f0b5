import CVCore
import CVTensor

/// A checkpoint whose keys or shapes are not those of the network: all differences at once.
public struct ParameterMismatch: ToolkitError, Equatable {
    public struct Missing: Sendable, Equatable {
        public let name: String, shape: Shape
    }

    public struct Misshapen: Sendable, Equatable {
        public let name: String, expected: Shape, found: Shape
    }

    /// How many parameters the network has.
    public let declared: Int
    public let missing: [Missing]
    public let misshapen: [Misshapen]
    public let unexpected: [String]

    public var description: String {
        var lines = [
            "the weights are not those of this network: of its \(declared) parameters \(missing.count) are missing and "
                + "\(misshapen.count) have another shape; \(unexpected.count) others were found"
        ]
        lines += Self.shortened(missing.map { "missing \($0.name) \($0.shape)" })
        lines += Self.shortened(misshapen.map { "\($0.name): expected \($0.expected), found \($0.found)" })
        lines += Self.shortened(unexpected.map { "unexpected \($0.escapedForDisplay)" })
        return lines.joined(separator: "\n  ")
    }

    /// Enough lines to see what is wrong; a checkpoint of another network differs in hundreds.
    private static func shortened(_ lines: [String], limit: Int = 6) -> [String] {
        lines.count <= limit + 1 ? lines : lines[..<limit] + ["… and \(lines.count - limit) more"]
    }
}
