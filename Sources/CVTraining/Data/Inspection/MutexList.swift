import Synchronization

/// A list that several threads add to.
final class MutexList<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func append(_ others: [Element]) { elements.withLock { $0 += others } }

    /// In the order in which they came.
    var all: [Element] { elements.withLock { $0 } }
}
