import CVCore

/// A pipeline in text form: `mirror@0.5,rotate=15,blur=0.5:2`.
///
/// Names are separated by commas; `=v` gives the strength (for `rotate` from -v to v, and so on, see
/// ``AugmentationKind/all``), `=a:b` the range itself, `@p` the probability of the step.
public struct AugmentationRecipe: Sendable {
    /// The text of the recipe.
    public let text: String
    /// The augmentations.
    public let pipeline: Augment.Pipeline

    /// Parses a recipe.
    ///
    /// - Parameters:
    ///   - text: names with strengths and probabilities, separated by commas.
    ///   - context: the common settings of the augmentations.
    /// - Throws: `AugmentationError`.
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

/// A syntax error in a recipe.
public enum AugmentationError: ToolkitError, Equatable {
    /// A missing name beside a comma.
    case emptyStep
    /// A name that is not an augmentation.
    case unknownName(String)
    /// A number for an augmentation that takes none.
    case needlessValue(String, found: String)
    /// Two numbers for an augmentation that takes one.
    case needlessRange(String, found: String)
    /// A value that is not a number, or not within the limits.
    case badValue(String, found: String, limits: ClosedRange<Double>)
    /// A probability that is not a number from 0 to 1.
    case badProbability(String, found: String)

    /// The whole message.
    public var description: String {
        switch self {
        case .emptyStep: "a name is missing beside a comma; write them as in mirror,rotate=15"
        case .unknownName(let name):
            "there is no augmentation \"\(name.escapedForDisplay)\"; "
                + (nearestName(to: name, in: AugmentationKind.all.map(\.name)).map { "did you mean \"\($0)\"?" }
                    ?? "there are \(AugmentationKind.all.map(\.name).joined(separator: ", "))")
        case .needlessValue(let name, let found):
            "\(name)=\(found.escapedForDisplay): \(name) takes no value; omit it"
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

extension AugmentationError {
    public var category: ErrorCategory { .invalid }
}
