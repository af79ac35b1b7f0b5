/// A loss that is one term or the sum of several, written with "+" between them.
public protocol LossSum: Sendable, Equatable, CustomStringConvertible {
    /// What there is to add.
    associatedtype Term: RawRepresentable, Hashable, CaseIterable, Sendable where Term.RawValue == String

    /// At least one, each once.
    var terms: [Term] { get }

    /// - Parameter terms: at least one, each once.
    init(terms: [Term])
}

extension LossSum {
    /// - Parameter terms: at least one, each once.
    public init(_ terms: Term...) { self.init(terms: terms) }

    /// Nil for a text that is not a list of terms with "+" between, each once.
    ///
    /// - Parameter text: such as `cross-entropy+dice`.
    public init?(_ text: String) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        let terms = parts.compactMap { Term(rawValue: String($0)) }
        if terms.count != parts.count || Set(terms).count != terms.count { return nil }
        self.init(terms: terms)
    }

    /// The terms themselves: it is an error of the program if there are none, or one twice.
    static func checked(_ terms: [Term]) -> [Term] {
        precondition(!terms.isEmpty && Set(terms).count == terms.count, "a loss of the terms \(terms)")
        return terms
    }

    /// The terms with "+" between.
    public var description: String { terms.map(\.rawValue).joined(separator: "+") }
}
