import CVCore
import CVNN
import CVTensor
import CVWeights

extension ModelSpec {
    /// Its operations. The network is run once on shapes alone, which takes no memory for any size.
    ///
    /// - Parameters:
    ///   - classes: nil for `defaultClasses`.
    ///   - input: nil for `defaultInput`.
    /// - Returns: a row for each operation, and the sums.
    /// - Throws: `ArchitectureError` for classes or a size that it cannot have.
    public func summary(classes: Int? = nil, input: Input? = nil) throws(ArchitectureError) -> ModelSummary {
        let (classes, input) = (classes ?? defaultClasses, input ?? defaultInput)
        try check(classes: classes, input: input)
        if let summarize {
            guard let summary = summarize(input) else {
                throw .multiple(architecture: name, found: input, of: limits.sideMultiple)
            }
            return summary
        }
        return ModelSummary(
            input: input, { make(classes: classes, input: input, $0) }, running: { $0.run($1) })
    }

    /// Whether weights are those of this network.
    ///
    /// - Parameters:
    ///   - header: of the weights.
    ///   - classes: how many they have.
    ///   - input: what they take.
    ///   - isHeadless: whether they lack the head, as weights for features do.
    /// - Throws: `ArchitectureError` for classes or a size that it cannot have; `ParameterMismatch` with every key that is
    ///   missing, unexpected, or of another shape.
    public func check(
        _ header: SafetensorsHeader, classes: Int, input: Input, isHeadless: Bool = false
    ) throws {
        let found = Dictionary(header.entries.map { ($0.name, $0.shape) }) { first, _ in first }
        let expected = shapes(classes: classes, input: input, isHeadless: isHeadless, offered: Array(found.keys))
        let difference = KeyDifference(expected: expected, found: found)
        if !difference.isEmpty { throw ParameterMismatch(declared: expected.count, difference: difference) }
    }

    /// Shapes by key. Nothing is allocated for them, however many classes a file claims to have.
    ///
    /// - Parameters:
    ///   - classes: how many the weights have.
    ///   - input: what they take.
    ///   - isHeadless: without the keys of the head.
    ///   - keys: those of the weights, where some parts may be left out; none for all.
    /// - Returns: the shape of each parameter by its key.
    public func shapes(
        classes: Int, input: Input? = nil, isHeadless: Bool = false, offered keys: [String] = []
    ) -> [String: [Int]] {
        let heads = isHeadless ? headScopes.map { $0 + "." } : []
        let all = parameterShapes(
            classes: isHeadless ? limits.classes.lowerBound : classes, input: input, offered: keys)
        let mine = all.filter { parameter in !heads.contains { parameter.name.hasPrefix($0) } }
        return Dictionary(uniqueKeysWithValues: mine.map { ($0.name, $0.shape.dimensions) })
    }
}
