import CVModels
import CVNN

/// Finds out under which names the left-over tensors of a checkpoint fit a network, where that is possible in only one way.
struct KeyProposal {
    /// Parameters that the checkpoint lacks, and tensors that the network does not know.
    private let missing: [(name: String, shape: ClassShape)]
    private let unexpected: [(name: String, shape: [Int])]

    /// - Parameters:
    ///   - shapes: those of the checkpoint by name.
    ///   - difference: what does not fit.
    ///   - target: the network.
    /// - Returns: nil where a shape is wrong, or nothing is left over.
    init?(_ shapes: [String: [Int]], _ difference: KeyDifference, _ target: CheckpointFit.Target) {
        guard difference.misshapen.isEmpty, !difference.missing.isEmpty,
            difference.missing.count == difference.unexpected.count
        else { return nil }
        let names = Set(difference.missing)
        missing = ClassShape.all(of: target, offered: Array(shapes.keys)).filter { names.contains($0.name) }
        unexpected = difference.unexpected.map { ($0, shapes[$0] ?? []) }
    }

    /// Deeper than this no scope stands in another.
    private static let maxDepth = 8

    /// The renames that make all fit, of scopes as far up as possible; nil where none do, or several would.
    var renames: [KeyMapping.Rename]? {
        for depth in 1...Self.maxDepth {
            if let pairs = pairs(depth: depth) {
                return pairs.filter { $0.from != $0.to }.map { KeyMapping.Rename(from: $0.from, to: $0.to) }
            }
        }
        return nil
    }

    private typealias Pair = (from: String, to: String)

    /// Scopes of the checkpoint with those of the network, of names up to `depth` dots.
    private func pairs(depth: Int) -> [Pair]? {
        let wanted = Self.grouped(missing, depth)
        let offered = Self.grouped(unexpected, depth)
        guard wanted.count == offered.count else { return nil }
        var candidates = wanted.mapValues { scope in Set(offered.filter { Self.fits($0.value, scope) }.map(\.key)) }
        var pairs: [Pair] = []
        // Where there is but one way, there is always a scope with one candidate.
        while let (to, found) = candidates.filter({ $0.value.count == 1 }).min(by: { $0.key < $1.key }) {
            let from = found.first!
            pairs.append((from, to))
            candidates[to] = nil
            for key in candidates.keys { candidates[key]?.remove(from) }
        }
        return candidates.isEmpty ? pairs.sorted { $0.to < $1.to } : nil
    }

    /// By scope, the shapes by the rest of the name.
    private static func grouped<Shape>(_ all: [(name: String, shape: Shape)], _ depth: Int) -> [String: [String: Shape]]
    {
        var groups: [String: [String: Shape]] = [:]
        for (name, shape) in all {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            let scope = parts.prefix(depth).joined(separator: ".")
            groups[scope, default: [:]][parts.dropFirst(depth).joined(separator: ".")] = shape
        }
        return groups
    }

    /// Whether the tensors of one scope could be the parameters of another, all for the same number of classes.
    private static func fits(_ found: [String: [Int]], _ wanted: [String: ClassShape]) -> Bool {
        guard found.count == wanted.count else { return false }
        var classes: Int?
        for (key, shape) in wanted {
            guard let other = found[key] else { return false }
            switch shape.match(other) {
            case .no: return false
            case .always: continue
            case .classes(let count):
                guard classes ?? count == count else { return false }
                classes = count
            }
        }
        return true
    }
}
