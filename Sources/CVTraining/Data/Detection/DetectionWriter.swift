import CVCore
import CVDetection
import CVImage

/// Writes a data set for detection in any of its forms, with its images.
///
/// ```swift
/// let writer = DetectionWriter(dataset, parts: dataset.images.items.map(\.part))
/// try writer.write(as: .yolo, to: "yolo")
/// ```
///
/// Images are copied as they are. Names lose the folders that they were in; where two would be the same, the folders become part of the
/// name.
public struct DetectionWriter {
    private let dataset: DetectionDataset
    /// The part of each item; nil for none.
    private let parts: [DatasetPart?]
    /// The name of the file of each image.
    private let names: [String]
    /// Crowds that a form cannot express.
    public var lostCrowds: Int {
        dataset.images.items.reduce(0) { $0 + $1.objects.count { $0.isCrowd } }
    }

    /// Prepares the writing of a set.
    ///
    /// - Parameters:
    ///   - dataset: what is written.
    ///   - parts: the part of each of its items; nil for none.
    public init(_ dataset: DetectionDataset, parts: [DatasetPart?]) {
        precondition(parts.count == dataset.images.items.count, "a part for each image is expected")
        (self.dataset, self.parts) = (dataset, parts)
        names = FlatNames.of(dataset.images.items.map(\.name))
    }

    /// Writes the set.
    ///
    /// - Parameters:
    ///   - format: the form.
    ///   - folder: where; it is created.
    ///   - overwrite: whether files may be replaced.
    ///   - progress: called with the number of images that were written.
    /// - Throws: `FileError`, and what `progress` throws.
    public func write(
        as format: DetectionFormat, to folder: String, overwrite: Bool = false,
        progress: (_ done: Int) throws -> Void = { _ in }
    ) throws {
        for (index, item) in dataset.images.items.enumerated() {
            let image = FileSystem.join(folder, imagePath(index, format))
            try FileSystem.createFolder(FileSystem.folder(of: image))
            try FileOutput.write(dataset.images.bytes(of: item), to: image, overwrite: overwrite)
            try progress(index + 1)
        }
        for (name, text) in files(format) {
            let path = FileSystem.join(folder, name)
            try FileSystem.createFolder(FileSystem.folder(of: path))
            try FileOutput.write(Array(text.utf8), to: path, overwrite: overwrite)
        }
    }

    /// Inside the folder of the set.
    private func imagePath(_ index: Int, _ format: DetectionFormat) -> String {
        let part = parts[index].map { "\($0.rawValue)" }
        return switch format {
        case .voc: "JPEGImages/\(names[index])"
        case .yolo: "images/\(part ?? "train")/\(names[index])"
        case .coco: (isDivided ? part ?? "train" : "images") + "/\(names[index])"
        case .csv: "images/\(names[index])"
        }
    }

    private var isDivided: Bool { parts.contains { $0 != nil } }

    /// The files beside the images, by their names inside the folder.
    private func files(_ format: DetectionFormat) -> [(name: String, text: String)] {
        switch format {
        case .voc: vocFiles
        case .yolo: yoloFiles
        case .coco: cocoFiles
        case .csv: [("annotations.csv", table), ("classes.txt", classList)]
        }
    }

    private var classList: String { dataset.classes.map { $0 + "\n" }.joined() }

    private func members(of part: DatasetPart?) -> [Int] { parts.indices.filter { parts[$0] == part } }

    // MARK: Pascal VOC

    private var vocFiles: [(name: String, text: String)] {
        let items = dataset.images.items
        var files = items.indices.map { index in
            let objects = items[index].objects.map {
                VOCXML.Object(label: dataset.classes[$0.label], box: $0.box, isDifficult: $0.isDifficult || $0.isCrowd)
            }
            let size = items[index].size
            return (
                "Annotations/\(FileSystem.stem(of: names[index])).xml",
                VOCXML.text(
                    objects: objects, fileName: names[index], width: size?.width ?? 0, height: size?.height ?? 0)
            )
        }
        files.append(("classes.txt", classList))
        guard isDivided else { return files }
        for part in DatasetPart.allCases {
            // Images without a part are those to learn from.
            let own = members(of: part) + (part == .train ? members(of: nil) : [])
            if own.isEmpty { continue }
            let stems = own.sorted().map { FileSystem.stem(of: names[$0]) + "\n" }
            files.append(("ImageSets/Main/\(part.rawValue).txt", stems.joined()))
        }
        return files
    }

    // MARK: YOLO

    private var yoloFiles: [(name: String, text: String)] {
        let items = dataset.images.items
        var files = items.indices.map { index in
            let size = items[index].size
            return (
                "labels/\(parts[index]?.rawValue ?? "train")/\(FileSystem.stem(of: names[index])).txt",
                YOLOText.text(items[index].objects.labeledBoxes, width: size?.width ?? 1, height: size?.height ?? 1)
            )
        }
        var lines = ["path: ."]
        for part in DatasetPart.allCases where part == .train || !members(of: part).isEmpty {
            lines.append("\(part.rawValue): images/\(part.rawValue)")
        }
        lines.append("nc: \(dataset.classes.count)")
        lines.append("names:")
        // Names in the quotes of JSON, which YAML has, too.
        lines += dataset.classes.enumerated().map { "  \($0): \(JSONValue.string($1).text)" }
        files.append(("data.yaml", lines.joined(separator: "\n") + "\n"))
        return files
    }

    // MARK: COCO

    private var cocoFiles: [(name: String, text: String)] {
        guard isDivided else { return [("instances.json", document(Array(parts.indices)))] }
        return DatasetPart.allCases.compactMap { part in
            let own = (members(of: part) + (part == .train ? members(of: nil) : [])).sorted()
            return own.isEmpty ? nil : ("annotations/instances_\(part.rawValue).json", document(own))
        }
    }

    /// With the numbers that `DetectionTruth` has.
    private func document(_ members: [Int]) -> String {
        let items = dataset.images.items
        let ids = COCOResults.imageIDs(for: items.map(\.name))
        func list(_ key: String, _ elements: [JSONValue]) -> String {
            "\"\(key)\":[" + (elements.isEmpty ? "]" : "\n" + elements.map(\.text).joined(separator: ",\n") + "\n]")
        }
        let images: [JSONValue] = members.map { index in
            [
                "id": .integer(ids[index]), "file_name": .string(names[index]),
                "width": .integer(items[index].size?.width ?? 0), "height": .integer(items[index].size?.height ?? 0),
            ]
        }
        var annotations: [JSONValue] = []
        for index in members {
            for object in items[index].objects {
                let box = object.box
                var fields: [JSONMember] = [
                    .init("id", .integer(annotations.count + 1)), .init("image_id", .integer(ids[index])),
                    .init("category_id", .integer(category(object.label))),
                    .init("bbox", .array([box.minX, box.minY, box.width, box.height].map { JSONValue($0) })),
                    .init("area", object.area.map { .number($0) } ?? JSONValue(box.area)),
                    .init("iscrowd", .integer(object.isCrowd ? 1 : 0)),
                ]
                if object.isDifficult { fields.append(.init("difficult", .integer(1))) }
                annotations.append(.object(fields))
            }
        }
        let categories: [JSONValue] = dataset.classes.enumerated().map { index, name in
            ["id": .integer(category(index)), "name": .string(name)]
        }
        return "{"
            + [list("images", images), list("annotations", annotations), list("categories", categories)]
            .joined(separator: ",\n") + "}\n"
    }

    private func category(_ label: Int) -> Int { COCOCategories.id(ofClass: label, labels: dataset.classes) }

    // MARK: CSV

    private var table: String {
        var rows = ["image,xmin,ymin,xmax,ymax,label" + (isDivided ? ",split" : "")]
        for (index, item) in dataset.images.items.enumerated() {
            let end = isDivided ? "," + (parts[index]?.rawValue ?? "train") : ""
            let objects = item.objects.filter { !$0.isCrowd }
            if objects.isEmpty { rows.append("\(DatasetText.field(names[index])),,,,,\(end)") }
            for object in objects {
                let edges = [object.box.minX, object.box.minY, object.box.maxX, object.box.maxY].map {
                    JSONValue($0).text
                }
                rows.append(
                    "\(DatasetText.field(names[index])),\(edges.joined(separator: ",")),\(DatasetText.field(dataset.classes[object.label]))\(end)"
                )
            }
        }
        return rows.joined(separator: "\n") + "\n"
    }
}
