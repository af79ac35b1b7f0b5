import CVCore

/// How it is known which images show the same person: they are never divided between training and validation, where a network that
/// remembers a face would look better than it is.
public enum PersonRule: String, Sendable, CaseIterable {
    /// What the data set says itself (its column or key `person`); else `name`, if all names of images end with an underscore and
    /// digits, and some of them agree before it; else `none`.
    case automatic = "auto"
    /// What the name of the file has before its last underscore: `Ann_Smith` of `Ann_Smith_21.jpg`.
    case name
    /// The folder that the file is in.
    case folder
    /// Each image is on its own.
    case none

    /// The person of each image.
    ///
    /// - Parameters:
    ///   - paths: of the images, as the data set has them.
    ///   - persons: what the data set says of each, if anything.
    /// - Returns: nil for an image that is on its own.
    func persons(of paths: [String], given persons: [String?]) -> [String?] {
        switch self {
        case .none: return paths.map { _ in nil }
        case .folder: return paths.map { FileSystem.folder(of: $0) }
        case .name: return paths.map { Self.beforeLastUnderscore($0).name }
        case .automatic:
            if persons.contains(where: { $0 != nil }) { return persons }
            let found = paths.map { Self.beforeLastUnderscore($0) }
            let names = found.map(\.name)
            return found.allSatisfy(\.isNumbered) && Set(names).count < names.count ? names : paths.map { _ in nil }
        }
    }

    /// The name of a file before its last underscore, or all of it without its suffix; and whether digits follow the underscore.
    private static func beforeLastUnderscore(_ path: String) -> (name: String, isNumbered: Bool) {
        let stem = FileSystem.stem(of: path)
        guard let underscore = stem.lastIndex(of: "_"), underscore > stem.startIndex else { return (stem, false) }
        let rest = stem[stem.index(after: underscore)...]
        return (String(stem[..<underscore]), !rest.isEmpty && rest.utf8.allSatisfy { (48...57).contains($0) })
    }
}
