/// Named numbers about a network, such as its loss and accuracy, in the order in which they are shown.
///
/// ```swift
/// let metrics: Metrics = ["loss": 0.31, "accuracy": 0.912]
/// ```
public struct Metrics: Sendable, Equatable, RandomAccessCollection, ExpressibleByDictionaryLiteral {
    /// A metric.
    public struct Element: Sendable, Equatable {
        /// Of the metric.
        public let name: String
        /// May be NaN.
        public let value: Double

        /// - Parameters:
        ///   - name: of the metric.
        ///   - value: of the metric; may be NaN.
        public init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    private var elements: [Element]

    /// - Parameter elements: with different names.
    public init(_ elements: [Element] = []) {
        let names = elements.map(\.name)
        precondition(Set(names).count == names.count, "a metric is given twice: \(names)")
        self.elements = elements
    }

    /// - Parameter elements: names with values.
    public init(dictionaryLiteral elements: (String, Double)...) { self.init(elements.map { Element($0, $1) }) }

    /// The index of the first metric.
    public var startIndex: Int { 0 }
    /// The number of metrics.
    public var endIndex: Int { elements.count }
    /// The metric at an index.
    ///
    /// - Parameter index: the position, from 0.
    public subscript(index: Int) -> Element { elements[index] }
    /// The value of a name; nil if there is none.
    ///
    /// - Parameter name: the name of a metric.
    public subscript(name: String) -> Double? { elements.first { $0.name == name }?.value }
    /// The names in their order.
    public var names: [String] { elements.map(\.name) }

    /// The same names, with values that are computed from these.
    ///
    /// - Parameter transform: from an old value to a new one.
    /// - Returns: metrics in the same order.
    public func mapValues(_ transform: (Double) -> Double) -> Metrics {
        Metrics(elements.map { Element($0.name, transform($0.value)) })
    }
}
