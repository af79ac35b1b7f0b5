import CVCore

/// Whom an image shows, by the name of its file.
///
/// By default the person is what stands before the last digits of the name: `Name_Surname_02.jpg`, `Name-Surname 2.jpg` and
/// `Name_Surname.jpg` are all of `Name_Surname` or `Name-Surname`. A pattern is a regular expression that is searched for in the
/// path of the image inside the set, such as `(\w+)/photos`; its first group is the person, or without a group all that it
/// matches.
struct PersonNames {
    private let regex: Regex<AnyRegexOutput>?

    /// - Parameter pattern: a regular expression; nil for the default.
    /// - Throws: `DatasetError` for a text that is not a regular expression.
    init(_ pattern: String?, of set: String) throws(DatasetError) {
        do {
            regex = try pattern.map { try Regex($0) }
        } catch {
            throw DatasetError(set, .badPersonPattern(pattern ?? "", reason: "\(error)"))
        }
    }

    /// The person in an image; nil for a name that says nothing.
    ///
    /// - Parameter path: of the image inside the set.
    func person(in path: String) -> String? {
        guard let regex else { return Self.beforeDigits(path).person }
        guard let match = path.firstMatch(of: regex) else { return nil }
        let found = match.output.count > 1 ? match.output[1].substring : path[match.range]
        return found.flatMap { $0.isEmpty ? nil : String($0) }
    }

    /// The name of a file without its last digits and without what stands before these: nil if nothing is left. Numbered is a name
    /// whose digits are set off from it.
    ///
    /// - Parameter path: of the file.
    static func beforeDigits(_ path: String) -> (person: String?, isNumbered: Bool) {
        let scalars = FileSystem.stem(of: path).unicodeScalars
        let digits = scalars.reversed().prefix { ("0"..."9").contains($0) }.count
        let name = scalars.dropLast(digits)
        let separators: Set<Unicode.Scalar> = ["_", "-", ".", " "]
        let blanks = digits == 0 ? 0 : name.reversed().prefix { separators.contains($0) }.count
        let person = String(name.dropLast(blanks))
        return (person.isEmpty ? nil : person, blanks > 0 && !person.isEmpty)
    }
}

/// Lists images whose names say whom they show.
struct PersonNameListing {
    private let root: String
    private let names: PersonNames

    /// - Parameters:
    ///   - path: of a folder.
    ///   - pattern: a regular expression; nil for the person before the digits of the file's name.
    /// - Throws: `DatasetError` for a text that is not a regular expression.
    init(_ path: String, pattern: String?) throws(DatasetError) {
        (root, names) = (path, try PersonNames(pattern, of: path))
    }

    /// The images of the folder and of those in it.
    ///
    /// - Throws: `DatasetError` if the names of some do not say whom they show.
    func listing() throws(DatasetError) -> ImageListing {
        var result = ImageListing()
        let files = try FileTree(root, of: root, skipped: &result.skipped).files
        var nameless: [String] = []
        for file in files {
            if let reason = ImageListing.reasonToSkip(FileSystem.name(of: file)) {
                result.skipped.add(file, reason)
            } else if let person = names.person(in: file) {
                result.images.append(.init(name: file, label: person, source: .file(FileSystem.join(root, file))))
            } else {
                nameless.append(file)
            }
        }
        guard nameless.isEmpty else {
            throw DatasetError(
                root,
                .namelessImages(
                    Array(nameless.prefix(3)), count: nameless.count, of: nameless.count + result.images.count))
        }
        return result
    }
}
