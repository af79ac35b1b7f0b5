import CVCore
import CVImage
import CVSegmentation

/// A file in the form of COCO: polygons, or run lengths, for many images in one file.
///
/// The classes are `background` and the categories, in the order of their ids; large regions are drawn first, so that small
/// ones cover them. Images are looked for beside the file, in `images` beside it and beside its folder, and in the folder
/// that the file is named after: `train2017` for `annotations/instances_train2017.json`.
struct COCOFile {
    private let path: String
    private let json: JSONValue
    private let place: COCOImageFiles

    init(_ path: String) throws {
        (self.path, place) = (path, COCOImageFiles(path))
        json = try AnnotationFile.json(path)
    }

    /// Lists the images of several files, whose categories are the same or add to each other.
    ///
    /// - Parameters:
    ///   - files: at least one, and the part of the set that each is.
    ///   - labels: the classes; nil for those of the files.
    static func listing(
        _ files: [(file: COCOFile, part: DatasetPart?)], _ labels: SegmentationLabels?
    ) throws -> SegmentationListing {
        var names: [Int: String] = [:]
        for (file, _) in files {
            for (id, name) in try file.categories() {
                if let other = names.updateValue(name, forKey: id), other != name {
                    throw file.error("the category \(id) is \(quoted(name)), but \(quoted(other)) in another file")
                }
            }
        }
        let labels = try labels ?? files[0].file.own(names)
        var result = SegmentationListing(labels: labels)
        var images = COCOImages()
        for (file, part) in files {
            try file.add(labels, part, prefix: files.count > 1 ? "\(file.place.split)/" : "", &images, to: &result)
        }
        try images.addUnlisted(to: &result)
        return result
    }

    private func error(_ reason: String) -> DatasetError { DatasetError(path, .badAnnotation(reason)) }

    private func list(_ key: String) throws -> [JSONValue] {
        guard let images = json["images"]?.array, let annotations = json["annotations"]?.array,
            let categories = json["categories"]?.array
        else { throw error("it has no lists \"images\", \"annotations\" and \"categories\", as COCO's have") }
        return key == "images" ? images : key == "annotations" ? annotations : categories
    }

    /// A whole number of an image or an annotation.
    private func id(_ object: JSONValue, _ key: String, of owner: @autoclosure () -> String) throws -> Int {
        guard let value = object[key] else { throw error("\(owner()) has no \"\(key)\"") }
        guard let id = AnnotationFile.integer(value) else {
            throw error("\(owner()) has the \"\(key)\" \(AnnotationFile.shown(value)); a whole number is expected")
        }
        return id
    }

    // MARK: Images

    private func add(
        _ labels: SegmentationLabels, _ part: DatasetPart?, prefix: String, _ found: inout COCOImages,
        to result: inout SegmentationListing
    ) throws {
        var regions = try regions(try numbers(labels), &result.skipped)
        let background = LabelmeFolder.backgrounds.lazy.compactMap { labels.names.firstIndex(of: $0) }.first
        var names: [Int: String] = [:]
        for (position, image) in try list("images").enumerated() {
            let id = try id(image, "id", of: "image \(position + 1)")
            guard let name = image["file_name"]?.string, !name.isEmpty else {
                throw error("image \(position + 1) has no \"file_name\"")
            }
            if let other = names.updateValue(name, forKey: id) {
                guard other == name else {
                    throw error("two images have the \"id\" \(id): \(quoted(other)) and \(quoted(name))")
                }
                result.skipped.add(prefix + name, .listedTwice)
                continue
            }
            let drawn = (regions.removeValue(forKey: id) ?? []).sorted {
                ($1.area, $0.position) < ($0.area, $1.position)
            }
            let annotation = ImageDataset.Annotation.regions(
                .init(
                    size: AnnotationFile.size(image, "width", "height"),
                    background: background.map { UInt8($0) } ?? Mask.ignore, regions: drawn.map(\.region)))
            guard let file = place.path(of: name) else {
                let problem: DatasetDefect.Problem =
                    ImageSuffix.isUnread(name) ? .unreadFormat : .noImage(in: place.searched)
                result.lose(DatasetDefect(prefix + name, problem), part, annotation)
                continue
            }
            if let other = found.add(file, name) {
                let names = other == name ? "" : ", also as \(quoted(other))"
                throw error("\(quoted(name)) is listed twice, as different images\(names)")
            }
            result.items.append(.init(name: prefix + name, part: part, image: .file(file), annotation: annotation))
        }
        for id in regions.keys.sorted() where names[id] == nil {
            for _ in regions[id] ?? [] { result.skipped.add("\(prefix)image_id \(id)", .unlistedImage) }
        }
    }

    // MARK: Classes

    /// The ids and names of the categories.
    private func categories() throws -> [(id: Int, name: String)] {
        let categories = try list("categories")
        let names = categories.compactMap { category -> (id: Int, name: String)? in
            AnnotationFile.integer(category["id"]).flatMap { id in category["name"]?.string.map { (id, $0) } }
        }
        guard names.count == categories.count, Set(names.map(\.id)).count == names.count else {
            throw error("its \"categories\" have no \"id\" and \"name\" each, or an \"id\" twice")
        }
        return names
    }

    private func own(_ names: [Int: String]) throws -> SegmentationLabels {
        let sorted = names.sorted { $0.key < $1.key }.map(\.value)
        let own = sorted.filter { !LabelmeFolder.backgrounds.contains($0) && $0 != SegmentationLabels.ignoredName }
        let labels = SegmentationLabels(["background"] + own)
        try labels.check(path)
        return labels
    }

    private func numbers(_ labels: SegmentationLabels) throws -> [Int: UInt8] {
        let known = LabelmeFolder.numbers(labels)
        var numbers: [Int: UInt8] = [:]
        for (id, name) in try categories() {
            guard let number = known[name] else {
                let near = nearestName(to: name, in: labels.names).map { " (near to \(quoted($0)))" } ?? ""
                throw error(
                    "the category \(quoted(name))\(near) is none of the \(pluralized(labels.names.count, "class name"))"
                )
            }
            numbers[id] = number
        }
        return numbers
    }

    // MARK: Regions

    private typealias Drawn = (area: Double, position: Int, region: AnnotatedRegions.Region)

    /// The regions of each image, by its id.
    private func regions(_ numbers: [Int: UInt8], _ skipped: inout SkippedFiles) throws -> [Int: [Drawn]] {
        var regions: [Int: [Drawn]] = [:]
        for (position, annotation) in try list("annotations").enumerated() {
            let owner = "annotation \(position + 1)"
            let image = try id(annotation, "image_id", of: owner)
            let category = try id(annotation, "category_id", of: owner)
            guard let label = numbers[category] else {
                throw error("\(owner) is of the category \(category), which is not in \"categories\"")
            }
            let segmentation: COCOSegmentation
            do throws(AnnotationProblem) {
                segmentation = try COCOSegmentation(annotation["segmentation"], stated: annotation["area"])
            } catch {
                throw self.error("\(owner) \(error.reason)")
            }
            guard let area = segmentation.area else {
                skipped.add(owner, .noArea)
                continue
            }
            regions[image, default: []].append((segmentation.pixels, position, .init(label: label, area: area)))
        }
        return regions
    }
}

/// The files that were found for listed images.
private struct COCOImages {
    private var names: [FileSystem.Identity: String] = [:]
    private var folders: Set<PathKey> = []

    /// - Returns: the name that the same file was listed as before; nil if it was not.
    mutating func add(_ file: String, _ name: String) -> String? {
        folders.insert(PathKey(FileSystem.folder(of: file)))
        return FileSystem.identity(of: file).flatMap { names.updateValue(name, forKey: $0) }
    }

    /// Names the images beside those that are listed.
    func addUnlisted(to result: inout SegmentationListing) throws {
        var seen: Set<FileSystem.Identity> = []
        for folder in folders.sorted() {
            guard let identity = FileSystem.identity(of: folder.path), seen.insert(identity).inserted,
                case .success(let entries) = FileSystem.listing(of: folder.path)
            else { continue }
            for entry in entries where entry.kind == .file {
                let path = FileSystem.join(folder.path, entry.name.text)
                switch ImageListing.reasonToSkip(entry.name.text) {
                case nil where FileSystem.identity(of: path).map({ names[$0] == nil }) ?? true:
                    result.skipped.add(entry.name.text, .noAnnotation)
                case .unreadFormat?: result.skipped.add(entry.name.text, .unreadFormat)
                default: break
                }
            }
        }
    }
}

/// The folder layout that COCO is published in: `annotations/instances_train2017.json` beside `train2017`.
struct COCOFolder {
    /// Paths of the files of annotations.
    let files: [String]

    /// - Parameter root: the folder that `annotations` is in.
    init(_ root: String) {
        let folder = FileSystem.join(root, "annotations")
        guard case .success(let entries) = FileSystem.listing(of: folder) else {
            files = []
            return
        }
        files = entries.filter { entry in
            let name = entry.name.text.lowercased()
            return entry.kind == .file && name.hasPrefix("instances_") && name.hasSuffix(".json")
        }.map { FileSystem.join(folder, $0.name.text) }
    }

    func listing(_ labels: SegmentationLabels?) throws -> SegmentationListing {
        try COCOFile.listing(files.map { (try COCOFile($0), Self.part($0)) }, labels)
    }

    /// The part that the name of a file says.
    static func part(_ path: String) -> DatasetPart? {
        let split = FileSystem.name(of: path).lowercased().dropFirst("instances_".count)
        return split.hasPrefix("train")
            ? .train : split.hasPrefix("val") ? .validation : split.hasPrefix("test") ? .test : nil
    }
}
