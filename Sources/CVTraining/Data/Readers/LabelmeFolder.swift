import CVCore
import CVImage
import CVSegmentation

/// Lists a folder of images with a file of labelme for each: `a.jpg` and `a.json`, also in folders inside it.
///
/// Polygons, rectangles, circles and masks are regions; later ones cover earlier ones. Pixels in none of them are of the
/// class `background` or `_background_`; if a list of classes has neither, they do not count. Nor do shapes with the label
/// `__ignore__`.
struct LabelmeFolder {
    private let root: String

    init(_ path: String) { root = path }

    private struct Drawing {
        /// Of the file of annotations, from the root on.
        let name: String
        let image: LocatedImage
        let size: DatasetDefect.Size?
        let shapes: [LabelmeShape]
    }

    private struct LocatedImage {
        /// From the root on, or as the file of annotations names it.
        let name: String
        /// Nil if there is none.
        let source: ImageDataset.ImageSource?
    }

    func listing(_ labels: SegmentationLabels?) throws -> SegmentationListing {
        var skipped = SkippedFiles()
        let files = try FileTree(root, of: root, skipped: &skipped).files
        let annotations = files.filter { FileSystem.suffix(of: $0)?.lowercased() == "json" }
        guard !annotations.isEmpty else { throw DatasetError(root, .unknownForm) }
        let drawings = try annotations.map(drawing)
        var result = SegmentationListing(labels: try labels ?? Self.labels(of: drawings, root))
        result.skipped = skipped
        try add(drawings, to: &result)
        addOthers(files, drawings, to: &result)
        return result
    }

    static let backgrounds = ["background", "_background_"]

    /// The numbers of classes by their names; both names of the background mean the same, and what is ignored has one.
    static func numbers(_ labels: SegmentationLabels) -> [String: UInt8] {
        var numbers = Dictionary(zip(labels.names, labels.names.indices.map { UInt8($0) })) { first, _ in first }
        if let background = backgrounds.lazy.compactMap({ numbers[$0] }).first {
            for name in backgrounds where numbers[name] == nil { numbers[name] = background }
        }
        if numbers[SegmentationLabels.ignoredName] == nil { numbers[SegmentationLabels.ignoredName] = Mask.ignore }
        return numbers
    }

    private func add(_ drawings: [Drawing], to result: inout SegmentationListing) throws {
        let numbers = result.labels.map(Self.numbers) ?? [:]
        let background = Self.backgrounds.lazy.compactMap { numbers[$0] }.first ?? Mask.ignore
        var owners: [PathKey: String] = [:]
        for drawing in drawings {
            if let unknown = drawing.shapes.first(where: { $0.area != nil && numbers[$0.label] == nil }) {
                result.defects.append(DatasetDefect(drawing.name, .unknownLabel(unknown.label)))
                continue
            }
            let regions = drawing.shapes.compactMap { shape in
                shape.area.map { AnnotatedRegions.Region(label: numbers[shape.label] ?? Mask.ignore, area: $0) }
            }
            let annotation = ImageDataset.Annotation.regions(
                .init(size: drawing.size, background: background, regions: regions))
            guard let source = drawing.image.source else {
                let folder = FileSystem.folder(of: drawing.name)
                result.lose(DatasetDefect(drawing.name, .noImage(in: folder)), nil, annotation)
                continue
            }
            if let owner = owners.updateValue(drawing.name, forKey: PathKey(drawing.image.name)) {
                throw DatasetError(
                    FileSystem.join(root, drawing.name),
                    .badAnnotation(
                        "its image \(quoted(drawing.image.name)) belongs to \(quoted(owner)), too; remove one"))
            }
            for _ in regions.count..<drawing.shapes.count { result.skipped.add(drawing.name, .noArea) }
            result.items.append(
                .init(name: drawing.image.name, part: nil, image: source, annotation: annotation))
        }
    }

    /// Images without a file of annotations.
    private func addOthers(_ files: [String], _ drawings: [Drawing], to result: inout SegmentationListing) {
        let used = Set(drawings.map { PathKey($0.image.name) })
        for file in files where !used.contains(PathKey(file)) {
            switch ImageListing.reasonToSkip(FileSystem.name(of: file)) {
            case nil: result.skipped.add(file, .noAnnotation)
            case .unreadFormat?: result.skipped.add(file, .unreadFormat)
            default: break
            }
        }
    }

    private static func labels(of drawings: [Drawing], _ root: String) throws -> SegmentationLabels {
        let found = Set(drawings.flatMap { $0.shapes.filter { $0.area != nil }.map(\.label) })
            .subtracting(backgrounds + [SegmentationLabels.ignoredName])
        let labels = SegmentationLabels(["background"] + found.sorted { $0.precedesInBytes($1) })
        try labels.check(root)
        return labels
    }

    private func drawing(_ name: String) throws -> Drawing {
        let path = FileSystem.join(root, name)
        let json = try AnnotationFile.json(path)
        guard let values = json["shapes"]?.array else {
            throw DatasetError(path, .badAnnotation("it has no list \"shapes\", as labelme's have"))
        }
        var shapes: [LabelmeShape] = []
        for (number, value) in values.enumerated() {
            do throws(AnnotationProblem) {
                shapes.append(try LabelmeShape(value))
            } catch {
                throw DatasetError(path, .badAnnotation("shape \(number + 1) \(error.reason)"))
            }
        }
        return Drawing(
            name: name, image: image(of: json, name), size: AnnotationFile.size(json, "imageWidth", "imageHeight"),
            shapes: shapes)
    }

    /// The file that `imagePath` names, or else the image of the same name, or else the one inside the file.
    private func image(of json: JSONValue, _ name: String) -> LocatedImage {
        let folder = FileSystem.folder(of: name)
        let inFolder = { (file: String) in folder == "." ? file : "\(folder)/\(file)" }
        let stem = FileSystem.stem(of: name)
        let named = json["imagePath"]?.string.map(AnnotationFile.names) ?? []
        let names = named.filter { !$0.isEmpty } + ImageSuffix.read.map { "\(stem).\($0)" }
        for image in names {
            let path = image.hasPrefix("/") ? image : FileSystem.join(root, inFolder(image))
            if FileSystem.kind(of: path) == .file {
                return LocatedImage(name: image.hasPrefix("/") ? image : inFolder(image), source: .file(path))
            }
        }
        let isInside = json["imageData"]?.string.map { !$0.isEmpty } ?? false
        return LocatedImage(
            name: inFolder(FileSystem.name(of: named.last { !$0.isEmpty } ?? "\(stem).png")),
            source: isInside ? .embedded(FileSystem.join(root, name)) : nil)
    }
}

/// Images that labelme keeps inside its files.
enum LabelmeImage {
    /// The bytes of an image file.
    ///
    /// - Parameter path: of the file of annotations.
    static func bytes(_ path: String) throws(FileError) -> [UInt8] {
        let json: JSONValue
        do {
            json = try AnnotationFile.json(path)
        } catch {
            throw error as? FileError ?? FileError(path, .cannotRead(reason: "\(error)"))
        }
        guard let bytes = json["imageData"]?.string.flatMap(Base64.decoded) else {
            throw FileError(path, .cannotRead(reason: "its \"imageData\" is not an image in base64"))
        }
        return bytes
    }
}
