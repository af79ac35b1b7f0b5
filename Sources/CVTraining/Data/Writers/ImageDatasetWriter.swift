import CVCore
import CVImage
import CVLandmarks

/// Writes a data set for classification, segmentation or landmarks to a new folder, with its images.
///
/// ```swift
/// let set = try ImageDataset.classification(contentsOf: "animals.tar")
/// let writer = try ImageDatasetWriter(set, .list, parts: set.items.map(\.part))
/// try writer.write(to: "animals")
/// ```
///
/// Images are copied as they are, without the folders that they were in; where two names would be the same, the folders become part of
/// the name. Counterpart for detection: `DetectionWriter`.
public struct ImageDatasetWriter {
    /// The form of the new set.
    public enum Form: Sendable, Equatable {
        /// Classes: the images in one folder, and a list `list.csv` of path, label and part.
        case list
        /// Classes: a folder for each of them; of a set with parts, in a folder for each part.
        case folders
        /// The class of each pixel: folders of images and of masks as PNG files, for each part, and `classes.txt`.
        case masks
        /// Landmarks: the images in one folder, and a file `keypoints.json` with the points and what they are.
        case keypoints(LandmarkScheme)
    }

    private let dataset: ImageDataset
    private let form: Form
    /// The part of each item; nil for none.
    private let parts: [DatasetPart?]
    /// The name of the file of each image.
    private let names: [String]

    /// Prepares the writing of a set.
    ///
    /// - Parameters:
    ///   - dataset: what is written.
    ///   - form: one for its task.
    ///   - parts: the part of each of its items; nil for none. In a set that has parts, images without one are for training.
    /// - Throws: `DatasetWritingError` for a class whose name cannot be that of a folder.
    public init(
        _ dataset: ImageDataset, _ form: Form, parts: [DatasetPart?]
    ) throws(DatasetWritingError) {
        precondition(parts.count == dataset.items.count, "a part for each image is expected")
        (self.dataset, self.form) = (dataset, form)
        let isDivided = parts.contains { $0 != nil }
        self.parts = isDivided ? parts.map { $0 ?? .train } : parts
        names = FlatNames.of(dataset.items.map(\.name))
        guard form == .folders else { return }
        for name in dataset.classes ?? [] where !Self.isFolderName(name) { throw .className(name) }
    }

    private static func isFolderName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200 && !name.hasPrefix(".") && !name.utf8.contains(UInt8(ascii: "/"))
            && !name.utf8.contains(0)
    }

    /// Writes the set.
    ///
    /// - Parameters:
    ///   - folder: where; it is created.
    ///   - overwrite: whether files may be replaced.
    ///   - progress: called with the number of images that were written.
    /// - Throws: `FileError`; for masks also `ImageError` or `DatasetDefect.Problem` where an image or its mask does not decode;
    ///   what `progress` throws.
    public func write(
        to folder: String, overwrite: Bool = false, progress: (_ done: Int) throws -> Void = { _ in }
    ) throws {
        func put(_ bytes: [UInt8], _ name: String) throws {
            let path = FileSystem.join(folder, name)
            try FileSystem.createFolder(FileSystem.folder(of: path))
            try FileOutput.write(bytes, to: path, overwrite: overwrite)
        }
        for (index, item) in dataset.items.enumerated() {
            try put(dataset.bytes(of: item), imagePath(index))
            if form == .masks { try put(mask(of: item), maskPath(index)) }
            try progress(index + 1)
        }
        for (name, text) in files { try put(Array(text.utf8), name) }
    }

    private func folder(of index: Int) -> String { parts[index].map { "\($0.rawValue)/" } ?? "" }

    /// Inside the folder of the set.
    private func imagePath(_ index: Int) -> String {
        switch form {
        case .list, .keypoints: "images/\(names[index])"
        case .folders: "\(folder(of: index))\(label(index))/\(names[index])"
        case .masks: "\(folder(of: index))images/\(names[index])"
        }
    }

    private func label(_ index: Int) -> String { dataset.items[index].label.map { (dataset.classes ?? [])[$0] } ?? "" }

    private func maskPath(_ index: Int) -> String {
        "\(folder(of: index))masks/\(FileSystem.stem(of: names[index])).png"
    }

    private func mask(of item: ImageDataset.Item) throws -> [UInt8] {
        let mask = try dataset.sample(of: item).masks[0]
        return try mask.encodedPNG(dataset.colors.map { .palette($0) } ?? .gray)
    }

    /// The files beside the images, by their names inside the folder.
    private var files: [(name: String, text: String)] {
        switch form {
        case .list: [("list.csv", list)]
        case .folders: []
        case .masks: dataset.classes.map { [("classes.txt", classList($0))] } ?? []
        case .keypoints(let scheme): [("keypoints.json", keypoints(scheme))]
        }
    }

    private var list: String {
        let isDivided = parts.contains { $0 != nil }
        var rows = ["path,label" + (isDivided ? ",split" : "")]
        for index in dataset.items.indices {
            let part = parts[index].map { ",\($0.rawValue)" } ?? ""
            rows.append("\(DatasetText.field(imagePath(index))),\(DatasetText.field(label(index)))\(part)")
        }
        return rows.joined(separator: "\n") + "\n"
    }

    private func classList(_ classes: [String]) -> String {
        guard let colors = dataset.colors else { return classes.map { $0 + "\n" }.joined() }
        return zip(classes, colors).map { "\($1.red) \($1.green) \($1.blue) \($0)\n" }.joined()
    }

    // MARK: Landmarks

    private func keypoints(_ scheme: LandmarkScheme) -> String {
        let images: [JSONValue] = dataset.items.enumerated().map { index, item in
            let points = item.landmarks.map { point in
                point.map { JSONValue.array([JSONValue($0.x), JSONValue($0.y)]) } ?? .null
            }
            return JSONValue.members([
                "image": .string(names[index]), "points": points.isEmpty ? .null : .array(points),
                "person": item.group.map { .string($0) }, "split": parts[index].map { .string($0.rawValue) },
            ])
        }
        let head = [JSONMember("points", .array(scheme.points.map { .string($0) }))] + scheme.members
        return "{" + head.map { "\(JSONValue.string($0.key).text):\($0.value.text),\n" }.joined()
            + "\"images\":[\n" + images.map(\.text).joined(separator: ",\n") + "\n]}\n"
    }
}

/// A set that cannot be written in a form.
public enum DatasetWritingError: ToolkitError, Equatable {
    /// A class whose name cannot be that of a folder.
    case className(String)

    public var description: String {
        switch self {
        case .className(let name):
            "the class \(quoted(name)) cannot be a folder: a name without / and without a dot at its beginning is expected; the "
                + "form csv takes any"
        }
    }

    public var category: ErrorCategory { .invalid }
}
