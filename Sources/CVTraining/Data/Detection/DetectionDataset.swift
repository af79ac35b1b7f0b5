import CVCore
import CVImage

/// The form that a data set for detection is written in.
public enum DetectionFormat: String, Sendable, CaseIterable {
    /// Pascal VOC: an XML file for each image.
    case voc
    /// YOLO: a text file for each image, and a `data.yaml`.
    case yolo
    /// COCO: a JSON file for many images.
    case coco
    /// Comma-separated values: a row for each object.
    case csv

    /// What it is called in messages.
    public var title: String {
        switch self {
        case .voc: "Pascal VOC XML"
        case .yolo: "YOLO text files"
        case .coco: "COCO JSON"
        case .csv: "CSV"
        }
    }
}

/// Images with the boxes and classes of the objects that each shows.
///
/// ```swift
/// let dataset = try DetectionDataset(contentsOf: "bccd")
/// for defect in dataset.findings { print(defect) }
/// let split = try dataset.images.split(holdout: 0.2, seed: 1)
/// let sample = try dataset.images.sample(at: split.train[0])  // the image with its boxes
/// let objects = dataset.images.items[split.train[0]].objects  // also crowds, and what is difficult
/// ```
public struct DetectionDataset: Sendable {
    /// The images; their items have objects. Parts that folders or lists assign count when they are split.
    public let images: ImageDataset
    /// The names of the classes by index.
    public let classes: [String]
    /// The form that was recognized.
    public let format: DetectionFormat
    /// Boxes that were clipped or left out, with file and line, in the order of the images.
    public let findings: [AnnotationDefect]

    /// The number of objects of each class, crowds among them.
    public var objectCounts: [Int] {
        images.items.reduce(into: [Int](repeating: 0, count: classes.count)) { counts, item in
            for object in item.objects { counts[object.label] += 1 }
        }
    }

    /// What was recognized: the form, and how many images of each part, objects and classes there are.
    public var summary: String {
        let parts = DatasetPart.allCases.compactMap { part -> String? in
            let count = images.items.count { $0.part == part }
            return count == 0 ? nil : "\(count) \(part.rawValue)"
        }
        let divided = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return "\(format.title): \(pluralized(images.items.count, "image"))\(divided), "
            + "\(pluralized(objectCounts.reduce(0, +), "object")) of \(pluralized(classes.count, "class", "classes"))"
    }

    /// Reads a data set, whose form is recognized:
    ///
    ///     set/Annotations/a.xml          set/data.yaml                 set/instances.json       set/annotations.csv
    ///     set/JPEGImages/a.jpg           set/images/train/a.jpg        set/images/a.jpg         set/images/a.jpg
    ///     set/ImageSets/Main/train.txt   set/labels/train/a.txt
    ///
    /// Pascal VOC: the lists of `ImageSets` or `ImageSets/Main` assign images to parts; an image that is in none of them is skipped.
    /// XML files may also lie beside the images, in `train`, `valid` and `test`. VOC counts pixels from 1 and includes both ends:
    /// `xmin` 1 and `xmax` 10 is the box from 0 to 10.
    ///
    /// YOLO: see `YOLOConfiguration`; without a `data.yaml`, a `classes.txt` names the classes. COCO: also
    /// `annotations/instances_train2017.json` beside `train2017`. CSV: the columns image, xmin, ymin, xmax, ymax, label and perhaps split.
    ///
    /// The classes of VOC and CSV are those of `classes.txt` or `labels.txt` in the folder, one name a line, or else all that occur, in
    /// the order of their bytes. Images are not decoded, but the size of each is read, and compared with what the annotations say.
    ///
    /// - Parameters:
    ///   - path: of a folder, a `data.yaml`, a `.json` file of COCO, or a `.csv` list.
    ///   - classes: the names of the classes by index, such as those of weights; nil for those of the set. A class of the set that is
    ///     not among them is an error.
    ///   - format: the form; nil for the first that the folder has, in the order YOLO with a `data.yaml`, VOC, COCO, CSV, YOLO without.
    /// - Throws: `DatasetError` with all that makes the set unusable, by file and line; `FileError`.
    public init(contentsOf path: String, classes: [String]? = nil, format: DetectionFormat? = nil) throws {
        let listing = try Self.listing(path, classes, format)
        let resolved = listing.resolved()
        let defects = listing.defects + resolved.defects
        let fatal = defects.filter(\.isFatal)
        guard fatal.isEmpty else { throw DatasetError(path, .annotations(fatal)) }
        guard !resolved.items.isEmpty else { throw DatasetError(path, .noAnnotatedImages(skipped: listing.skipped)) }
        guard !listing.classes.isEmpty, resolved.items.contains(where: { !$0.objects.isEmpty }) else {
            throw DatasetError(path, .noObjects)
        }
        self.init(path, listing, resolved.items, findings: defects)
    }

    init(_ path: String, _ listing: DetectionListing, _ items: [ImageDataset.Item], findings: [AnnotationDefect]) {
        (format, classes, self.findings) = (listing.format, listing.classes, findings)
        images = ImageDataset(path, items: items, classes: listing.classes, skipped: listing.skipped)
    }

    // MARK: Recognition

    /// What the reader of the form that is recognized finds.
    static func listing(_ path: String, _ classes: [String]?, _ format: DetectionFormat?) throws -> DetectionListing {
        switch FileSystem.kind(of: path) {
        case .none(let reason): throw DatasetError(path, .nothingThere(reason: reason))
        case .file: return try listing(ofFile: path, classes, format)
        case .folder: return try listing(ofFolder: path, classes, format)
        }
    }

    private static func listing(
        ofFile path: String, _ classes: [String]?, _ format: DetectionFormat?
    ) throws -> DetectionListing {
        let suffix = FileSystem.suffix(of: path)?.lowercased() ?? ""
        let found: DetectionFormat? =
            YOLOConfiguration.isYAML(path) ? .yolo : suffix == "json" ? .coco : suffix == "csv" ? .csv : nil
        guard let found, format == nil || format == found else { throw DatasetError(path, .unknownDetectionForm) }
        switch found {
        case .yolo: return try YOLOFolder(FileSystem.folder(of: path), configuration: path).listing(classes)
        case .coco: return try COCODetection([(path, nil, "")]).listing(classes)
        case .csv, .voc: return try DetectionTable.listing([DetectionTable(path)], classes)
        }
    }

    private static func listing(
        ofFolder path: String, _ classes: [String]?, _ format: DetectionFormat?
    ) throws -> DetectionListing {
        func wants(_ other: DetectionFormat) -> Bool { format == nil || format == other }
        if wants(.yolo), let file = YOLOConfiguration.file(of: path) {
            return try YOLOFolder(path, configuration: file).listing(classes)
        }
        if wants(.voc), let folder = try VOCFolder(path) {
            return try folder.listing(try classes ?? listedClasses(path))
        }
        let files = COCODetectionFolder.files(of: path)
        if wants(.coco), !files.isEmpty { return try COCODetection(files).listing(classes) }
        let tables = DetectionTable.tables(of: path)
        if wants(.csv), !tables.isEmpty {
            return try DetectionTable.listing(tables, try classes ?? listedClasses(path))
        }
        if wants(.yolo), let folder = try YOLOFolder(path) { return try folder.listing(classes) }
        throw DatasetError(path, .unknownDetectionForm)
    }

    /// The files of annotations of a set in the form of COCO, each with the part that it is of.
    ///
    /// - Parameter path: of a file or folder.
    /// - Returns: nothing for a set of another form.
    public static func annotationFiles(of path: String) -> [(path: String, part: DatasetPart?)] {
        guard FileSystem.kind(of: path) == .folder else {
            return FileSystem.suffix(of: path)?.lowercased() == "json" ? [(path, nil)] : []
        }
        if YOLOConfiguration.file(of: path) != nil { return [] }
        if (try? VOCFolder(path)) != nil { return [] }
        return COCODetectionFolder.files(of: path).map { ($0.path, $0.part) }
    }

    private static let classFiles = ["classes.txt", "labels.txt"]
    private static let mostClassBytes = 1 << 20

    /// The names in a list beside the images.
    ///
    /// - Parameters:
    ///   - folder: of the set.
    ///   - also: other names of the list.
    /// - Returns: nil if there is none.
    static func listedClasses(_ folder: String, also: [String] = []) throws -> [String]? {
        let files = (classFiles + also).map { FileSystem.join(folder, $0) }
        guard let file = files.first(where: { FileSystem.kind(of: $0) == .file }) else { return nil }
        let lines = try TextInput.lines(file, maxBytes: mostClassBytes).map { String($0).trimmed }
        var names: [String] = []
        for (index, name) in lines.enumerated() where !name.isEmpty {
            guard !names.contains(name) else {
                let problem = AnnotationDefect.Problem.malformed("the class \(quoted(name)) is listed twice")
                throw DatasetError(file, .annotations([.init(file, line: index + 1, problem)]))
            }
            names.append(name)
        }
        guard !names.isEmpty else { throw DatasetError(file, .badLabels("it names no class")) }
        return names
    }
}
