import CVCore

/// Where the images of a file in the form of COCO are.
///
/// They are looked for beside the file, in `images` beside it and beside its folder, and in the folder that the file is named after:
/// `train2017` for `annotations/instances_train2017.json`.
struct COCOImageFiles {
    private let path: String

    /// - Parameter path: of the file of annotations.
    init(_ path: String) { self.path = path }

    /// `train2017` for `instances_train2017.json`.
    var split: String {
        let stem = FileSystem.stem(of: path)
        return stem.unicodeScalars.split(separator: "_").last.map { String($0) } ?? stem
    }

    private var folders: [String] {
        let folder = FileSystem.folder(of: path)
        return ["", "images", "../images", "../\(split)", "../images/\(split)", split, "images/\(split)", ".."].map {
            $0.isEmpty ? folder : FileSystem.join(folder, $0)
        }
    }

    /// The path of an image.
    ///
    /// - Parameter name: as the file of annotations has it.
    /// - Returns: nil if it is in none of the folders.
    func path(of name: String) -> String? {
        for name in AnnotationFile.names(name) {
            let paths = name.hasPrefix("/") ? [name] : folders.map { FileSystem.join($0, name) }
            if let path = paths.first(where: { FileSystem.kind(of: $0) == .file }) { return path }
        }
        return nil
    }

    /// The folders that are looked in, for messages.
    var searched: String {
        folders.dropLast().filter { FileSystem.kind(of: $0) == .folder }.joined(separator: ", ")
    }
}
