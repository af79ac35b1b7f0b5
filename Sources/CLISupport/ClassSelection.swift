import CVCore

/// The value of `--classes`: names or ids, separated by commas, the option repeated at will.
public enum ClassSelection {
    /// The indices into `labels` that `texts` names; nil when `texts` is empty, which means all classes.
    ///
    /// A number is an id, from 0. Names ignore case and the spaces around them.
    public static func parse(_ texts: [String], labels: [String]) throws(ClassSelectionError) -> Set<Int>? {
        var selected: Set<Int> = []
        for text in texts {
            for item in text.split(separator: ",", omittingEmptySubsequences: false) {
                selected.insert(try index(of: trimmed(item), labels: labels))
            }
        }
        return texts.isEmpty ? nil : selected
    }

    private static func index(of item: String, labels: [String]) throws(ClassSelectionError) -> Int {
        guard !item.isEmpty else { throw .empty }
        if item.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            guard let id = Int(item), labels.indices.contains(id) else {
                throw .outOfRange(id: item, count: labels.count)
            }
            return id
        }
        let name = item.lowercased()
        guard let index = labels.firstIndex(where: { $0.lowercased() == name }) else {
            throw .unknown(name: item, nearest: nearestName(to: item, in: labels))
        }
        return index
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// A class that the network does not have.
public enum ClassSelectionError: ToolkitError, Equatable {
    case empty
    case unknown(name: String, nearest: String?)
    case outOfRange(id: String, count: Int)

    public var description: String {
        switch self {
        case .empty: "--classes: a name is missing beside a comma; write for example --classes person,dog"
        case .unknown(let name, let nearest?):
            "--classes: there is no class \"\(name.escapedForDisplay)\"; did you mean \"\(nearest)\"?"
        case .unknown(let name, nil):
            "--classes: there is no class \"\(name.escapedForDisplay)\"; give names or ids of this network's classes"
        case .outOfRange(let id, let count):
            "--classes: there is no class \(id); this network's ids are 0 to \(count - 1)"
        }
    }
}
