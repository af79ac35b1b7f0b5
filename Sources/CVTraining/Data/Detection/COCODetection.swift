import CVCore
import CVImage

/// Files in the form of COCO, each perhaps a part of the set, read for the boxes of their annotations.
///
/// The classes are the categories in the order of their ids.
struct COCODetection {
    /// A file with what was parsed of it.
    private struct File {
        let path: String
        let part: DatasetPart?
        /// Before the names of items.
        let prefix: String
        let bytes: [UInt8]
        let images, annotations, categories: [JSONValue]
    }

    private let files: [File]
    private var listing = DetectionListing(.coco)
    /// What is wrong, with the index of the element: lines are looked up at the end, all of a list at once.
    private var broken: [(list: String, index: Int, problem: AnnotationDefect.Problem)] = []
    private var used: [FileSystem.Identity: String] = [:]

    private static let maxBytes = 1 << 30
    /// Beyond any image; a coordinate that is farther out is not one in pixels.
    private static let limit = VOCAnnotation.limit

    /// Parses files.
    ///
    /// - Parameter paths: at least one, each with the part that it is and what the names of its images begin with.
    /// - Throws: `DatasetError`, `FileError`.
    init(_ paths: [(path: String, part: DatasetPart?, prefix: String)]) throws {
        files = try paths.map { try Self.parsed($0.path, $0.part, $0.prefix) }
    }

    private static func parsed(_ path: String, _ part: DatasetPart?, _ prefix: String) throws -> File {
        let bytes = try TextInput.read(path, maxBytes: maxBytes)
        let json: JSONValue
        do throws(JSONError) {
            // Python writes NaN and Infinity, which JSON does not have; they matter only where a value is used.
            json = try JSONValue.parse(bytes, allowsNonFinite: true)
        } catch {
            let defect = AnnotationDefect(
                path, line: JSONLines(bytes).line(of: error.offset), .malformed("it is not valid JSON: \(error)"))
            throw DatasetError(path, .annotations([defect]))
        }
        func list(_ key: String) throws(DatasetError) -> [JSONValue] {
            guard let list = json[key]?.array else {
                throw DatasetError(path, .annotations([.init(path, line: 1, .missing("the list \"\(key)\" of COCO"))]))
            }
            return list
        }
        return File(
            path: path, part: part, prefix: prefix, bytes: bytes, images: try list("images"),
            annotations: try list("annotations"), categories: try list("categories"))
    }

    /// Reads all files.
    ///
    /// - Parameter classes: by index; nil for those of the files.
    /// - Throws: `DatasetError` for files that contradict each other.
    func listing(_ classes: [String]?) throws -> DetectionListing {
        var reader = self
        var names: [Int: String] = [:]
        for file in files {
            for (id, name) in reader.categories(of: file) {
                if let other = names.updateValue(name, forKey: id), other != name {
                    throw DatasetError(
                        file.path,
                        .badAnnotation("the category \(id) is \(quoted(name)), but \(quoted(other)) in another file"))
                }
            }
            reader.report(file)
        }
        let sorted = names.sorted { $0.key < $1.key }
        reader.listing.classes = classes ?? sorted.map(\.value)
        let numbers = Dictionary(zip(reader.listing.classes.map { PathKey($0) }, 0...)) { first, _ in first }
        let labels = names.compactMapValues { numbers[PathKey($0)] }
        for file in files {
            reader.add(file, names, labels)
            reader.report(file)
        }
        return reader.listing
    }

    /// Adds what is wrong with the lines of the file.
    private mutating func report(_ file: File) {
        let lines = JSONLines(file.bytes)
        for list in ["images", "annotations", "categories"] {
            let found = broken.filter { $0.list == list }
            if found.isEmpty { continue }
            let places = lines.lines(ofElements: found.map(\.index), in: list)
            listing.defects += found.map { AnnotationDefect(file.path, line: places[$0.index], $0.problem) }
        }
        broken = []
    }

    private mutating func categories(of file: File) -> [(id: Int, name: String)] {
        var result: [(id: Int, name: String)] = []
        var ids: Set<Int> = []
        for (index, category) in file.categories.enumerated() {
            guard let id = id(category, "id", "categories", index) else { continue }
            guard let name = category["name"]?.string, !name.isEmpty else {
                broken.append(("categories", index, .missing("the \"name\" of the category \(id)")))
                continue
            }
            guard ids.insert(id).inserted else {
                broken.append(("categories", index, .listedTwice("the category \(id)", before: "each id counts once")))
                continue
            }
            result.append((id, name))
        }
        return result
    }

    private mutating func id(_ object: JSONValue, _ key: String, _ list: String, _ index: Int) -> Int? {
        let owner = "of element \(index + 1) of \"\(list)\""
        guard let value = object[key] else {
            broken.append((list, index, .missing("the \"\(key)\" \(owner)")))
            return nil
        }
        guard let id = AnnotationFile.integer(value) else {
            let found = AnnotationFile.shown(value)
            broken.append((list, index, .badValue("\"\(key)\" \(owner)", found: found, expected: "a whole number")))
            return nil
        }
        return id
    }

    // MARK: Images

    private mutating func add(_ file: File, _ names: [Int: String], _ labels: [Int: Int]) {
        let known = Set(file.images.compactMap { AnnotationFile.integer($0["id"]) })
        var objects = objects(of: file, names, labels, known)
        let place = COCOImageFiles(file.path)
        var ids: Set<Int> = []
        for (index, image) in file.images.enumerated() {
            guard let id = id(image, "id", "images", index) else { continue }
            guard let name = image["file_name"]?.string, !name.isEmpty else {
                broken.append(("images", index, .missing("the \"file_name\" of the image \(id)")))
                continue
            }
            guard ids.insert(id).inserted else {
                broken.append(("images", index, .listedTwice("the image \(id)", before: "each id counts once")))
                continue
            }
            guard let path = place.path(of: name) else {
                listing.skipped.add(file.prefix + name, ImageSuffix.isUnread(name) ? .unreadFormat : .noImage)
                continue
            }
            if let identity = FileSystem.identity(of: path), let other = used.updateValue(name, forKey: identity) {
                broken.append(("images", index, .listedTwice(name, before: "as \(quoted(other))")))
                continue
            }
            var entry = DetectionListing.Entry(
                name: file.prefix + name, image: path, part: file.part, file: file.path)
            entry.size = AnnotationFile.size(image, "width", "height").flatMap { $0.width * $0.height > 0 ? $0 : nil }
            entry.objects = objects.removeValue(forKey: id) ?? []
            listing.entries.append(entry)
        }
    }

    // MARK: Objects

    /// The objects of each image, by its id.
    private mutating func objects(
        of file: File, _ names: [Int: String], _ labels: [Int: Int], _ images: Set<Int>
    ) -> [Int: [DetectionListing.Object]] {
        var result: [Int: [DetectionListing.Object]] = [:]
        var indices: [Int: [Int]] = [:]
        for (index, annotation) in file.annotations.enumerated() {
            guard let image = id(annotation, "image_id", "annotations", index),
                let category = id(annotation, "category_id", "annotations", index)
            else { continue }
            guard images.contains(image) else {
                listing.skipped.add("\(file.prefix)image_id \(image)", .unlistedImage)
                continue
            }
            guard let label = labels[category] else {
                let name = names[category]
                let nearest = name.flatMap { nearestName(to: $0, in: listing.classes) }
                broken.append(
                    ("annotations", index, .unknownClass(name ?? "category_id \(category)", nearest: nearest)))
                continue
            }
            guard let box = box(annotation, index) else { continue }
            var object = DetectionListing.Object(
                left: box[0], top: box[1], right: box[0] + box[2], bottom: box[1] + box[3], label: label)
            object.isCrowd = annotation["iscrowd"].map { $0 == true || ($0.double ?? 0) != 0 } ?? false
            object.isDifficult = annotation["difficult"].map { $0 == true || ($0.double ?? 0) != 0 } ?? false
            object.area = annotation["area"]?.double.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
            result[image, default: []].append(object)
            indices[image, default: []].append(index)
        }
        return withLines(result, indices, file)
    }

    /// x, y, width and height.
    private mutating func box(_ annotation: JSONValue, _ index: Int) -> [Double]? {
        let name = "\"bbox\" of element \(index + 1) of \"annotations\""
        guard let json = annotation["bbox"] else {
            broken.append(("annotations", index, .missing("the \(name)")))
            return nil
        }
        let numbers = (json.array ?? []).compactMap(\.double).filter { abs($0) <= Self.limit }
        guard numbers.count == 4, json.array?.count == 4 else {
            let found = json.array.map {
                "[" + $0.prefix(6).map { AnnotationFile.shown($0) }.joined(separator: ", ") + "]"
            }
            broken.append(
                (
                    "annotations", index,
                    .badValue(
                        name, found: found ?? AnnotationFile.shown(json), expected: "x, y, width and height in pixels")
                ))
            return nil
        }
        return numbers
    }

    /// Most files have one line only, or objects that nothing is wrong with: lines are looked up where there are several.
    private func withLines(
        _ objects: [Int: [DetectionListing.Object]], _ indices: [Int: [Int]], _ file: File
    ) -> [Int: [DetectionListing.Object]] {
        let all = indices.values.flatMap(\.self)
        let lines = JSONLines(file.bytes).lines(ofElements: all, in: "annotations")
        var result = objects
        for (image, own) in indices {
            for (position, index) in own.enumerated() { result[image]?[position].line = lines[index] }
        }
        return result
    }
}

/// Folders with files in the form of COCO.
enum COCODetectionFolder {
    private static let partNames = ["train", "valid", "val", "test"]
    /// As Roboflow writes them, in the folder of the images of each part.
    private static let nestedName = "_annotations.coco.json"
    private static let names = ["instances.json", "annotations.json", "coco.json", nestedName]

    /// The files of annotations of a folder; empty if it is of another form.
    static func files(of path: String) -> [(path: String, part: DatasetPart?, prefix: String)] {
        let published = COCOFolder(path).files
        if !published.isEmpty {
            return published.map { file in
                let split = COCOImageFiles(file).split
                return (file, COCOFolder.part(file), published.count > 1 ? "\(split)/" : "")
            }
        }
        let nested = partNames.map { ($0, FileSystem.join(FileSystem.join(path, $0), nestedName)) }.filter {
            FileSystem.kind(of: $0.1) == .file
        }
        if !nested.isEmpty { return nested.map { ($0.1, DatasetPart(named: $0.0), "\($0.0)/") } }
        let named = names.map { FileSystem.join(path, $0) }.first { FileSystem.kind(of: $0) == .file }
        return named.map { [($0, nil, "")] } ?? []
    }
}
