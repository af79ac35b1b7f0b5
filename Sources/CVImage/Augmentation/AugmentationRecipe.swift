import CVCore

/// A pipeline written as text: `mirror@0.5,rotate=15,blur=0.5:2`.
///
/// Names with commas between; `=v` gives the strength (for `rotate` from -v to v, and so on, see
/// `AugmentationKind.all`), `=a:b` the range itself, `@p` the probability that the step is taken.
public struct AugmentationRecipe: Sendable {
    public let text: String
    public let pipeline: Augment.Pipeline

    public init(_ text: String, context: AugmentationContext = AugmentationContext()) throws(AugmentationError) {
        self.text = text
        var steps: [any Augmentation] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            steps.append(try Self.step(part.filter { !$0.isWhitespace }, context))
        }
        pipeline = Augment.Pipeline(steps)
    }

    private static func step(_ text: String, _ context: AugmentationContext) throws(AugmentationError)
        -> any Augmentation
    {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let words = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(words[0])
        guard !name.isEmpty else { throw AugmentationError.emptyStep }
        guard let kind = AugmentationKind.all.first(where: { $0.name == name.lowercased() }) else {
            throw AugmentationError.unknownName(name)
        }
        let range: ClosedRange<Double>? = words.count > 1 ? try self.range(String(words[1]), of: kind) : nil
        let step = kind.make(range, context)
        guard parts.count > 1 else { return step }
        guard let probability = Double(parts[1]), (0...1).contains(probability) else {
            throw AugmentationError.badProbability(name, found: String(parts[1]))
        }
        return Augment.Sometimes(probability, step)
    }

    private static func range(_ text: String, of kind: AugmentationKind) throws(AugmentationError) -> ClosedRange<
        Double
    > {
        guard let limits = kind.limits else { throw AugmentationError.needlessValue(kind.name, found: text) }
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard (1...2).contains(numbers.count), let low = numbers[0], let high = numbers[numbers.count - 1],
            limits.contains(low), limits.contains(high), low <= high
        else { throw AugmentationError.badValue(kind.name, found: text, limits: limits) }
        guard numbers.count == 1 || kind.takesRange else {
            throw AugmentationError.needlessRange(kind.name, found: text)
        }
        return numbers.count == 2 ? low...high : kind.range(around: low)
    }
}

/// Text that is no recipe, and why.
public enum AugmentationError: ToolkitError, Equatable {
    case emptyStep
    case unknownName(String)
    case needlessValue(String, found: String)
    case needlessRange(String, found: String)
    case badValue(String, found: String, limits: ClosedRange<Double>)
    case badProbability(String, found: String)

    public var description: String {
        switch self {
        case .emptyStep: "a name is missing beside a comma; write them as in mirror,rotate=15"
        case .unknownName(let name):
            "there is no augmentation \"\(name.escapedForDisplay)\"; "
                + (nearestName(to: name, in: AugmentationKind.all.map(\.name)).map { "did you mean \"\($0)\"?" }
                    ?? "there are \(AugmentationKind.all.map(\.name).joined(separator: ", "))")
        case .needlessValue(let name, let found):
            "\(name)=\(found.escapedForDisplay): \(name) takes no number; leave it away"
        case .needlessRange(let name, let found):
            "\(name)=\(found.escapedForDisplay): \(name) takes one number, its strength"
        case .badValue(let name, let found, let limits):
            "\(name)=\(found.escapedForDisplay): a number from \(short(limits.lowerBound)) to "
                + "\(short(limits.upperBound)) is expected, or two in order, as low:high"
        case .badProbability(let name, let found):
            "\(name)@\(found.escapedForDisplay): a probability from 0 to 1 is expected after the @"
        }
    }
}
