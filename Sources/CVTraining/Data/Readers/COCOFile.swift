import CVCore
import CVImage
import CVSegmentation

/// Lists the images of a file in the form of COCO: polygons, or run lengths, for many images in one file.
///
/// The classes are `background` and the categories, in the order of their ids; large regions are drawn first, so that small
/// ones cover them. Images are looked for beside the file, and in `images` beside it and beside its folder.
package struct COCOFile {
    private let path: String

    init(_ path: String) { self.path = path }

    func listing(_ labels: SegmentationLabels?) throws -> SegmentationListing {
        let json = try AnnotationFile.json(path)
        guard let images = json["images"]?.array, let annotations = json["annotations"]?.array,
            let categories = json["categories"]?.array
        else { throw error("it has no lists \"images\", \"annotations\" and \"categories\", as COCO's have") }
        let names = try names(categories)
        let labels = try labels ?? own(names)
        let regions = try regions(annotations, try numbers(names, in: labels))
        let background = LabelmeFolder.backgrounds.lazy.compactMap { labels.names.firstIndex(of: $0) }.first
        var result = SegmentationListing(labels: labels)
        for (position, image) in images.enumerated() {
            guard let id = image["id"]?.integer, let name = image["file_name"]?.string else {
                throw error("image \(position + 1) has no \"id\" or no \"file_name\"")
            }
            guard let file = file(name) else {
                result.defects.append(DatasetDefect(name, .noImage(in: FileSystem.folder(of: path))))
                continue
            }
            let drawn = (regions[id] ?? []).sorted { $0.area > $1.area }.map(\.region)
            result.items.append(
                .init(
                    name: name, part: nil, image: .file(file),
                    annotation: .regions(
                        .init(
                            size: AnnotationFile.size(image, "width", "height"),
                            background: background.map { UInt8($0) } ?? Mask.ignore, regions: drawn))))
        }
        return result
    }

    private func error(_ reason: String) -> DatasetError {
        DatasetError(path, .badAnnotation(reason))
    }

    private func file(_ name: String) -> String? {
        let folder = FileSystem.folder(of: path)
        let paths =
            name.hasPrefix("/")
            ? [name] : [folder, folder + "/images", folder + "/../images"].map { FileSystem.join($0, name) }
        return paths.first { FileSystem.kind(of: $0) == .file }
    }

    // MARK: Classes

    /// The name of each category, in the order of their ids.
    private func names(_ categories: [JSONValue]) throws -> [(id: Int, name: String)] {
        let names = categories.compactMap { category -> (id: Int, name: String)? in
            guard let id = category["id"]?.integer, let name = category["name"]?.string else { return nil }
            return (id, name)
        }
        guard names.count == categories.count, Set(names.map(\.id)).count == names.count else {
            throw error("its \"categories\" have no \"id\" and \"name\" each, or an \"id\" twice")
        }
        return names.sorted { $0.id < $1.id }
    }

    private func own(_ names: [(id: Int, name: String)]) throws -> SegmentationLabels {
        let own = names.map(\.name).filter { !LabelmeFolder.backgrounds.contains($0) }
        let labels = SegmentationLabels(["background"] + own)
        try labels.check(path)
        return labels
    }

    private func numbers(
        _ names: [(id: Int, name: String)], in labels: SegmentationLabels
    ) throws -> [Int: UInt8] {
        var numbers: [Int: UInt8] = [:]
        for (id, name) in names {
            let isBackground = LabelmeFolder.backgrounds.contains(name)
            guard
                let number = labels.names.firstIndex(where: {
                    $0 == name || (isBackground && LabelmeFolder.backgrounds.contains($0))
                })
            else {
                let near = nearestName(to: name, in: labels.names).map { " (near to \(quoted($0)))" } ?? ""
                throw error(
                    "the category \(quoted(name))\(near) is none of the \(pluralized(labels.names.count, "class name"))"
                )
            }
            numbers[id] = UInt8(number)
        }
        return numbers
    }

    // MARK: Regions

    private typealias Drawn = (area: Double, region: AnnotatedRegions.Region)

    /// The regions of each image, by its id.
    private func regions(_ annotations: [JSONValue], _ numbers: [Int: UInt8]) throws -> [Int: [Drawn]] {
        var regions: [Int: [Drawn]] = [:]
        for (position, annotation) in annotations.enumerated() {
            guard let image = annotation["image_id"]?.integer, let category = annotation["category_id"]?.integer else {
                throw error("annotation \(position + 1) has no \"image_id\" or no \"category_id\"")
            }
            guard let label = numbers[category] else {
                throw error("annotation \(position + 1) is of the category \(category), which is not in \"categories\"")
            }
            guard let area = annotation["segmentation"].flatMap(Self.area) else {
                throw error(
                    "annotation \(position + 1) has no \"segmentation\" of polygons or of runs (\"counts\", \"size\")")
            }
            regions[image, default: []].append(
                (annotation["area"]?.double ?? 0, .init(label: label, area: area)))
        }
        return regions
    }

    private static func area(_ segmentation: JSONValue) -> AnnotatedRegions.Region.Area? {
        if let polygons = segmentation.array {
            let points = polygons.compactMap { $0.array.flatMap(AnnotationFile.points) }
            return points.count == polygons.count ? .polygons(points) : nil
        }
        let size = (segmentation["size"]?.array ?? []).compactMap(\.integer)
        guard size.count == 2, size.allSatisfy({ (1...1 << 30).contains($0) }), let counts = segmentation["counts"],
            let runs = counts.array.map({ $0.compactMap(\.integer) }) ?? counts.string.flatMap(Self.runs),
            runs.count == counts.array?.count ?? runs.count, runs.allSatisfy({ (0...1 << 31).contains($0) })
        else { return nil }
        return .runs(runs, width: size[1], height: size[0])
    }

    /// Decodes run lengths in COCO's letters: 5 bits each from "0" on, the lowest first, the sixth bit being set if the number
    /// continues; from the third run on, differences from the run before the last.
    ///
    /// - Parameter text: the `counts` of a compressed segmentation.
    /// - Returns: lengths of runs outside and inside in turn; nil if the text is malformed.
    package static func runs(_ text: String) -> [Int]? {
        var (runs, value, shift) = ([Int](), 0, 0)
        for byte in text.utf8 {
            guard (48..<48 + 64).contains(byte), shift <= 40 else { return nil }
            let bits = Int(byte) - 48
            value |= (bits & 31) << shift
            shift += 5
            if bits & 32 != 0 { continue }
            if bits & 16 != 0 { value -= 1 << shift }
            runs.append(runs.count > 2 ? value + runs[runs.count - 2] : value)
            guard abs(runs[runs.count - 1]) <= 1 << 46 else { return nil }
            (value, shift) = (0, 0)
        }
        return shift == 0 ? runs : nil
    }
}
