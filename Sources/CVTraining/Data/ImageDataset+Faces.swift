import CVCore

extension ImageDataset {
    /// Images of people, one person each: a folder of a folder for each person, a tar file of such a folder, a CSV list of
    /// path and label; or a folder of images whose names say whom they show.
    ///
    ///     faces/s1/1.png            faces/Ada_Lovelace_01.jpg
    ///     faces/s1/2.png            faces/Ada_Lovelace_02.jpg
    ///     faces/s2/1.png            faces/Alan_Turing_01.jpg
    ///
    /// If there are images in the folder and no folders of images, their names count: the person is what stands before the last
    /// digits of the file's name.
    ///
    /// - Parameters:
    ///   - path: a folder, a `.csv` list, or else a tar file.
    ///   - pattern: a regular expression that finds the person in the path of each image inside the folder: its first group,
    ///     or all that it matches. Nil for the rule above.
    /// - Returns: a set whose classes are people.
    /// - Throws: `DatasetError`, `TarError`, `FileError`.
    public static func faces(contentsOf path: String, personPattern pattern: String? = nil) throws -> ImageDataset {
        guard FileSystem.kind(of: path) == .folder else {
            guard pattern == nil else { throw DatasetError(path, .patternWithoutFolder) }
            return try people(path) { try classification(contentsOf: path) }
        }
        guard try pattern != nil || hasImagesAlone(path) else {
            return try people(path) { try classification(contentsOf: path) }
        }
        return try people(path) {
            try ImageDataset(path, PersonNameListing(path, pattern: pattern).listing(), classes: nil)
        }
    }

    /// Whether a folder holds images, but no folders.
    private static func hasImagesAlone(_ path: String) throws(DatasetError) -> Bool {
        switch FileSystem.listing(of: path) {
        case .success(let entries):
            let visible = entries.filter { ImageListing.isClassFolder($0.name.text) }
            return !visible.contains { $0.kind == .folder } && visible.contains { ImageListing.isImage($0.name.text) }
        case .failure(let reason): throw DatasetError(path, .unreadableFolder(path, reason: reason.text))
        }
    }

    /// What is said of classes, said of people.
    private static func people(_ path: String, _ read: () throws -> ImageDataset) throws -> ImageDataset {
        do {
            return try read()
        } catch let error as DatasetError {
            guard case .tooFewClasses(let names, let skipped) = error.problem else { throw error }
            throw DatasetError(path, .tooFewPeople(names, skipped: skipped))
        }
    }
}
