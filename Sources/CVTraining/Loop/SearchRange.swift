import CVCore

/// The range of a hyperparameter in a search.
public enum SearchRange: Sendable, Equatable {
    /// Uniform from the first to the second.
    case even(Double, Double)
    /// Uniform in the logarithm: for a value that may be 0.001 or 1, such as a learning rate. Both are above 0.
    case logarithmic(Double, Double)
    /// One of these.
    case choice([Double])

    /// Reads `1e-3..1:log`, `0.5..0.99` or `32,64,128`; a single number is a choice of one.
    ///
    /// - Parameters:
    ///   - text: of a range or a list.
    ///   - limits: of the values.
    ///   - isWhole: whether the values are whole numbers.
    /// - Throws: `SearchRangeError`.
    public init(_ text: String, limits: ClosedRange<Double>, isWhole: Bool = false) throws(SearchRangeError) {
        let isLogarithmic = text.hasSuffix(":log")
        let body = isLogarithmic ? text.dropLast(4) : Substring(text)
        let parts = Self.split(body)
        let values = parts.texts.compactMap { Double($0) }
        guard !values.isEmpty, values.count == parts.texts.count, values.allSatisfy({ $0.isFinite }) else {
            throw SearchRangeError(text, .notUnderstood)
        }
        if let outside = values.first(where: { !limits.contains($0) }) {
            throw SearchRangeError(text, .outside(outside, limits))
        }
        if isWhole, let fraction = values.first(where: { $0 != $0.rounded() }) {
            throw SearchRangeError(text, .notWhole(fraction))
        }
        guard parts.isRange else {
            guard !isLogarithmic else { throw SearchRangeError(text, .notUnderstood) }
            self = .choice(values)
            return
        }
        guard values.count == 2, values[0] < values[1] else { throw SearchRangeError(text, .notInOrder) }
        if isLogarithmic, values[0] <= 0 { throw SearchRangeError(text, .logarithmOfZero) }
        self = isLogarithmic ? .logarithmic(values[0], values[1]) : .even(values[0], values[1])
    }

    private static func split(_ text: Substring) -> (texts: [Substring], isRange: Bool) {
        let bytes = text.utf8
        guard let dots = bytes.indices.first(where: { bytes[$0...].starts(with: "..".utf8) }) else {
            return (text.split(separator: ",", omittingEmptySubsequences: false), false)
        }
        let (low, high) = (text[..<dots], text[bytes.index(dots, offsetBy: 2)...])
        // Three dots, as Swift has them, would otherwise be two and those of a fraction: 1...5 would end at 0.5.
        return (high.hasPrefix(".") ? [] : [low, high], true)
    }

    /// Draws a value; all choices are equally likely.
    ///
    /// - Parameter random: the generator.
    /// - Returns: a value of the range.
    public func sample(using random: inout SplitMix64) -> Double {
        // 0 ..< 1, from the upper 53 bits.
        let part = Double(random.next() >> 11) * 0x1p-53
        switch self {
        case .even(let low, let high): return low + (high - low) * part
        case .logarithmic(let low, let high): return min(high, low * exp(part * log(high / low)))
        case .choice(let values): return values[min(Int(clamping: part * Double(values.count)), values.count - 1)]
        }
    }

    /// The part of the range around the values that were best: all between them, but at least a quarter of the range, so that
    /// one lucky value does not end the search; of choices, those that are among them.
    ///
    /// - Parameter best: values of this range.
    /// - Returns: a part of this range.
    public func narrowed(to best: [Double]) -> SearchRange {
        guard let least = best.min(), let most = best.max() else { return self }
        switch self {
        case .even(let low, let high):
            let part = Self.part(of: (low, high), from: least, to: most)
            return .even(part.low, part.high)
        case .logarithmic(let low, let high):
            let part = Self.part(of: (log(low), log(high)), from: log(least), to: log(most))
            return .logarithmic(max(low, exp(part.low)), min(high, exp(part.high)))
        case .choice(let values): return .choice(values.filter(best.contains))
        }
    }

    private static func part(
        of range: (low: Double, high: Double), from least: Double, to most: Double
    ) -> (low: Double, high: Double) {
        let missing = max(0, (range.high - range.low) / 4 - (most - least))
        // Clipped on both sides: at the border of a range the part becomes smaller.
        return (max(range.low, least - missing / 2), min(range.high, most + missing / 2))
    }
}

/// A text that is not a range to search in.
public struct SearchRangeError: ToolkitError, Equatable {
    /// What is wrong with the text.
    public enum Problem: Sendable, Equatable {
        case notUnderstood
        case notInOrder
        case logarithmOfZero
        case outside(Double, ClosedRange<Double>)
        /// Of a setting that is a whole number.
        case notWhole(Double)
    }

    /// The text.
    public let text: String
    /// What is wrong with it.
    public let problem: Problem

    init(_ text: String, _ problem: Problem) {
        self.text = text
        self.problem = problem
    }

    /// The text and the problem.
    public var description: String {
        let what =
            switch problem {
            case .notUnderstood: "a range such as 1e-3..1:log or 0.5..0.99, or values such as 32,64 are expected"
            case .notInOrder: "the first number of a range must be less than the second"
            case .logarithmOfZero: "a range with :log must begin above 0"
            case .notWhole(let value): "\(value) is not a whole number"
            case .outside(let value, let limits):
                "\(value) is not from \(limits.lowerBound) to \(limits.upperBound)"
            }
        return "\"\(text.escapedForDisplay)\": \(what)"
    }
}

extension SearchRangeError {
    public var category: ErrorCategory { .invalid }
}
