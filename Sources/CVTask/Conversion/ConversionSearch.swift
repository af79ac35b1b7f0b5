import CVCore
import CVModels
import CVNN
import CVWeights

/// Finds the weights of a network in a checkpoint.
struct ConversionSearch {
    /// The weights, and what was done to find them.
    struct Found {
        let classes: Int
        let input: ModelSpec.Input
        /// That was taken off; empty for none.
        let prefix: String
        /// By the name in the checkpoint.
        let names: [String: String]
    }

    private let checkpoint: Checkpoint
    /// The network for each number of channels that is possible; never empty.
    private let targets: [CheckpointFit.Target]
    private let shapes: [String: [Int]]

    init(_ checkpoint: Checkpoint, targets: [CheckpointFit.Target]) {
        (self.checkpoint, self.targets) = (checkpoint, targets)
        shapes = checkpoint.shapes
    }

    /// - Throws: `ConversionError.Problem` or `ArchitectureError`.
    func found(_ mapping: KeyMapping) throws -> Found {
        let names = try mapping.applied(to: checkpoint)
        let (whole, target) = try best(names)
        if whole.difference.isEmpty { return found(whole, target, names) }
        // All but some other tensors may have a prefix.
        let parts = try prefixes(of: names, target).compactMap { prefix -> Found? in
            let part = stripped(names, prefix)
            let (fit, target) = try best(part)
            return fit.difference.isEmpty ? found(fit, target, part, prefix) : nil
        }
        if parts.count > 1 {
            throw ConversionError.Problem.severalPrefixes(parts.map(\.prefix), model: target.spec.name)
        }
        if let part = parts.first { return part }
        throw ConversionError.Problem.otherParameters(
            ParameterMismatch(declared: whole.declared, difference: whole.difference), model: target.spec.name,
            others: try models(fitting: names), fitting: try proposal(mapping, names))
    }

    private func found(
        _ fit: CheckpointFit, _ target: CheckpointFit.Target, _ names: [String: String], _ prefix: String = ""
    ) -> Found {
        let kept = names.filter { !isLeftOut($0.value, target) }
        return Found(classes: fit.classes, input: target.input, prefix: prefix, names: kept)
    }

    /// The fit for the number of channels that does best, without the head where that is left out.
    private func best(_ names: [String: String]) throws(ArchitectureError) -> (CheckpointFit, CheckpointFit.Target) {
        var first: (CheckpointFit, CheckpointFit.Target)?
        for target in targets {
            let fit = try CheckpointFit(mapped(names, target), target)
            if fit.difference.isEmpty { return (fit, target) }
            first = first ?? (fit, target)
        }
        guard let first else { preconditionFailure("the list of possible channel counts is empty") }
        return first
    }

    /// The shapes by the names that the network would know them by.
    private func mapped(_ names: [String: String], _ target: CheckpointFit.Target) -> [String: [Int]] {
        var result: [String: [Int]] = [:]
        for (source, name) in names where !isLeftOut(name, target) { result[name] = shapes[source] }
        return result
    }

    private func isLeftOut(_ name: String, _ target: CheckpointFit.Target) -> Bool {
        target.isHeadless && target.spec.headScopes.contains { name.hasPrefix($0 + ".") }
    }

    // MARK: Prefixes

    private func stripped(_ names: [String: String], _ prefix: String) -> [String: String] {
        names.filter { $0.value.hasPrefix(prefix) }.mapValues { String($0.dropFirst(prefix.count)) }
    }

    /// As many networks as one checkpoint may hold. Each takes a pass over all names: thousands would take hours.
    private static let mostPrefixes = 8

    /// What stands before the first keys of the network, up to a dot: of many those that stand before most of them, and of
    /// equal ones the shortest, as a block deep inside may have keys of the same names.
    private func prefixes(of names: [String: String], _ target: CheckpointFit.Target) -> [String] {
        let keys = target.shapes(target.spec.defaultClasses, offered: []).prefix(5).map { "." + $0.name }
        var matches: [String: Int] = [:]
        for name in names.values {
            for key in keys where name.hasSuffix(key) { matches[String(name.dropLast(key.count - 1)), default: 0] += 1 }
        }
        let sorted = matches.sorted { ($1.value, $0.key.count, $0.key) < ($0.value, $1.key.count, $1.key) }
        return sorted.prefix(Self.mostPrefixes).map(\.key).sorted()
    }

    // MARK: What would fit

    /// The networks that these shapes are those of.
    private func models(fitting names: [String: String]) throws(ArchitectureError) -> [String] {
        ModelRegistry.all.filter { spec in
            let target = CheckpointFit.Target(spec: spec, classes: nil, input: spec.defaultInput, isHeadless: false)
            let fit = try? CheckpointFit(mapped(names, target), target)
            return fit?.difference.isEmpty ?? false
        }.map(\.name)
    }

    /// The only change of names that makes all fit, on top of those that were asked for; nil where there is none.
    private func proposal(_ mapping: KeyMapping, _ names: [String: String]) throws -> KeyMapping? {
        let (_, target) = try best(names)
        var proposals: [KeyMapping] = []
        // With renames, the prefix is taken off afterwards: they would have to name it, too.
        let base = mapping.strippedPrefix.flatMap { checkpoint.prefix.hasSuffix($0) ? nil : $0 } ?? ""
        let prefixes = mapping.strippedPrefix == nil ? prefixes(of: names, target) : []
        for prefix in [""] + prefixes {
            let part = prefix.isEmpty ? names : stripped(names, prefix)
            let (fit, target) = try best(part)
            let left = mapped(part, target)
            guard let renames = KeyProposal(left, fit.difference, target)?.renames else { continue }
            let more = renames.map { KeyMapping.Rename(from: base + prefix + $0.from, to: base + prefix + $0.to) }
            let proposal = KeyMapping(
                renames: mapping.renames + more, strippedPrefix: prefix.isEmpty ? mapping.strippedPrefix : prefix)
            // The user is asked to run the command with it, so it is tried first.
            guard let names = try? proposal.applied(to: checkpoint), let (fit, _) = try? best(names),
                fit.difference.isEmpty
            else { continue }
            proposals.append(proposal)
        }
        return proposals.count == 1 ? proposals[0] : nil
    }
}
