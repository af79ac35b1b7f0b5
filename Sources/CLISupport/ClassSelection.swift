import CVCore

/// Parses the value of `--classes`: names or ids, separated by commas; the option may be repeated.
public enum ClassSelection {
    /// Parses class names and ids.
    ///
    /// A number is an id, from 0. Names ignore case, spaces, hyphens and underscores: lists of the same classes write
    /// "dining table", "dining_table" and "diningtable".
    ///
    /// - Parameters:
    ///   - texts: the values of the option.
    ///   - labels: the class names of the network.
    /// - Returns: indices into `labels`; nil if `texts` is empty, which means all classes.
    /// - Throws: `ClassSelectionError`.
    public static func parse(_ texts: [String], labels: [String]) throws(ClassSelectionError) -> Set<Int>? {
        var selected: Set<Int> = []
        for text in texts {
            for item in text.split(separator: ",", omittingEmptySubsequences: false) {
                selected.insert(try index(of: trimmed(item), labels: labels))
            }
        }
        return texts.isEmpty ? nil : selected
    }

    /// The index of one class.
    ///
    /// - Parameters:
    ///   - item: a name, which may contain commas, or a number.
    ///   - labels: the class names of the network.
    /// - Returns: an index into `labels`.
    /// - Throws: `ClassSelectionError`.
    public static func index(of item: String, labels: [String]) throws(ClassSelectionError) -> Int {
        guard !item.isEmpty else { throw .empty }
        if item.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            guard let id = Int(item), labels.indices.contains(id) else {
                throw .outOfRange(id: item, count: labels.count)
            }
            return id
        }
        let name = item.lowercased()
        let index =
            labels.firstIndex { $0.lowercased() == name } ?? labels.firstIndex { folded($0) == folded(item) }
        guard let index else { throw .unknown(name: item, nearest: nearest(to: item, in: labels), known: labels) }
        return index
    }

    /// A class whose name starts with `item` ("tv" for "tvmonitor"), else the one with the smallest edit distance.
    private static func nearest(to item: String, in labels: [String]) -> String? {
        let start = folded(item)
        let longer = start.count > 1 ? labels.first { folded($0).hasPrefix(start) } : nil
        return longer ?? nearestName(to: item, in: labels)
    }

    private static func folded(_ name: String) -> String { name.lowercased().filter { !" -_".contains($0) } }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// A class that the network does not have.
public enum ClassSelectionError: ToolkitError, Equatable {
    /// An empty item beside a comma.
    case empty
    /// No class of this name. `known`: the names of the network.
    case unknown(name: String, nearest: String?, known: [String])
    /// An id beyond the `count` classes.
    case outOfRange(id: String, count: Int)

    /// The message for `--classes`.
    public var description: String { text(option: "--classes") }

    /// The message for an option.
    ///
    /// - Parameter option: the option that named the class.
    /// - Returns: one line without a newline.
    public func text(option: String) -> String {
        switch self {
        case .empty: "\(option): a name is missing beside a comma; write for example \(option) person,dog"
        case .unknown(let name, let nearest?, _):
            "\(option): there is no class \"\(name.escapedForDisplay)\"; did you mean \"\(nearest.escapedForDisplay)\"?"
        case .unknown(let name, nil, let known):
            "\(option): there is no class \"\(name.escapedForDisplay)\"; this network knows "
                + known.prefix(100).map(\.escapedForDisplay).joined(separator: ", ")
                + (known.count > 100 ? " and \(known.count - 100) more" : "")
        case .outOfRange(let id, let count):
            "\(option): there is no class \(id); this network's ids are 0 to \(count - 1)"
        }
    }
}

extension ClassSelectionError {
    public var category: ErrorCategory { .usage }
}
