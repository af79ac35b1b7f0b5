import CVCore

/// How it is known which images show the same person: they are never divided between training and validation, where a network that
/// remembers a face would look better than it is.
public enum PersonRule: String, Sendable, CaseIterable {
    /// What the data set says itself (its column or key `person`); else `name`, if all names of images end with digits that are
    /// set off, and some of them agree before these; else `none`.
    case automatic = "auto"
    /// What the name of the file has before its last digits, as for embeddings of faces: `Ann_Smith` of `Ann_Smith_21.jpg`.
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
        case .name: return paths.map { PersonNames.beforeDigits($0).person }
        case .automatic:
            if persons.contains(where: { $0 != nil }) { return persons }
            let found = paths.map { PersonNames.beforeDigits($0) }
            let names = found.map(\.person)
            return found.allSatisfy(\.isNumbered) && Set(names).count < names.count ? names : paths.map { _ in nil }
        }
    }
}
