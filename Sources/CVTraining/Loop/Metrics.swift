/// Named numbers about a network, such as its loss and accuracy, in the order in which they are to be shown.
///
/// ```swift
/// let metrics: Metrics = ["loss": 0.31, "accuracy": 0.912]
/// ```
public struct Metrics: Sendable, Equatable, RandomAccessCollection, ExpressibleByDictionaryLiteral {
    public struct Element: Sendable, Equatable {
        public let name: String
        public let value: Double

        public init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    private var elements: [Element]

    public init(_ elements: [Element] = []) {
        let names = elements.map(\.name)
        precondition(Set(names).count == names.count, "a metric is given twice: \(names)")
        self.elements = elements
    }

    public init(dictionaryLiteral elements: (String, Double)...) { self.init(elements.map { Element($0, $1) }) }

    public var startIndex: Int { 0 }
    public var endIndex: Int { elements.count }
    public subscript(index: Int) -> Element { elements[index] }
    public subscript(name: String) -> Double? { elements.first { $0.name == name }?.value }
    public var names: [String] { elements.map(\.name) }

    /// The same names, with values that are computed from these.
    public func mapValues(_ transform: (Double) -> Double) -> Metrics {
        Metrics(elements.map { Element($0.name, transform($0.value)) })
    }
}
