import CVCore
import CVWeights

/// Changes of the names in a checkpoint, before they are compared with those of a network.
public struct KeyMapping: Sendable, Equatable {
    /// One scope or key under another name.
    public struct Rename: Sendable, Equatable, CustomStringConvertible {
        /// What names begin with, up to a dot or the end: `linear` means `linear.weight` and `linear.bias`, not `linear2.bias`.
        public let from: String
        /// What they begin with instead.
        public let to: String

        /// - Parameters:
        ///   - from: in the checkpoint, without a dot at the end.
        ///   - to: in the network.
        public init(from: String, to: String) { (self.from, self.to) = (from, to) }

        /// - Parameter text: `FROM=TO`; dots at the ends do not count.
        /// - Returns: nil for what is not of this form.
        public init?(_ text: String) {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false).map { part in
                String(part.hasSuffix(".") ? part.dropLast() : part)
            }
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
            self.init(from: parts[0], to: parts[1])
        }

        /// `linear=fc`.
        public var description: String { "\(from)=\(to)" }

        func applied(to name: String) -> String? {
            name == from || name.hasPrefix(from + ".") ? to + name.dropFirst(from.count) : nil
        }
    }

    /// Each name is changed by the first of them that means it.
    public var renames: [Rename]
    /// What is taken off the names after that; tensors whose names do not begin with it are left out. nil for nothing.
    public var strippedPrefix: String?

    /// - Parameters:
    ///   - renames: scopes or keys with other names.
    ///   - strippedPrefix: such as `backbone.`; a dot is added where it does not end with one.
    public init(renames: [Rename] = [], strippedPrefix: String? = nil) {
        self.renames = renames
        self.strippedPrefix = strippedPrefix.map { $0.hasSuffix(".") ? $0 : $0 + "." }
    }

    /// No change.
    public static let none = KeyMapping()

    /// The names of the tensors that are kept, by what they are called in the checkpoint.
    ///
    /// - Throws: `ConversionError.Problem` for a change that changes nothing, and for names that become the same.
    func applied(to checkpoint: Checkpoint) throws(ConversionError.Problem) -> [String: String] {
        let sources = checkpoint.entries.map(\.name)
        for rename in renames where !sources.contains(where: { rename.applied(to: $0) != nil }) {
            let scopes = Set(sources.flatMap(Self.scopes))
            throw .nothingToRename(rename, nearest: nearestName(to: rename.from, in: scopes.sorted()))
        }
        var targets: [String: String] = [:]
        var taken: [String: String] = [:]
        // What all names begin with has been taken off already.
        let prefix = strippedPrefix.flatMap { checkpoint.prefix.hasSuffix($0) ? nil : $0 } ?? ""
        for source in sources {
            let name = renames.lazy.compactMap { $0.applied(to: source) }.first ?? source
            guard name.hasPrefix(prefix) else { continue }
            let target = String(name.dropFirst(prefix.count))
            if let other = taken[target] { throw .sameName(target, sources: [other, source]) }
            (targets[source], taken[target]) = (target, source)
        }
        if targets.isEmpty, !prefix.isEmpty {
            let beginnings = Set(sources.map { String($0.prefix { $0 != "." }) })
            throw .nothingToStrip(prefix, beginnings: beginnings.sorted())
        }
        return targets
    }

    /// `layer1`, `layer1.0` and `layer1.0.conv1` of `layer1.0.conv1.weight`, and the key itself.
    private static func scopes(_ name: String) -> [String] {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return (1...parts.count).map { parts[..<$0].joined(separator: ".") }
    }
}
