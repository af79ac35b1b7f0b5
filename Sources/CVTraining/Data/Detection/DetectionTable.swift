import CVCore

/// A list of boxes as comma-separated values: a row for each object.
///
///     image,xmin,ymin,xmax,ymax,label,split
///     a.jpg,10,20,50.5,60,cat,train
///     b.jpg,,,,,,val
///
/// Edges are in pixels from the upper left corner of the image. A row without a box is an image without objects. Paths are relative to
/// the list, or to a folder `images` beside it.
struct DetectionTable {
    private let path: String
    private let part: DatasetPart?
    private let prefix: String

    static let names = ["annotations.csv", "_annotations.csv", "boxes.csv", "labels.csv"]

    /// - Parameters:
    ///   - path: of the list.
    ///   - part: that its images belong to; nil for the column of the list.
    ///   - prefix: before the names of items.
    init(_ path: String, part: DatasetPart? = nil, prefix: String = "") {
        (self.path, self.part, self.prefix) = (path, part, prefix)
    }

    /// The lists of a folder; empty if it is of another form.
    static func tables(of folder: String) -> [DetectionTable] {
        let nested = ["train", "valid", "val", "test"].map { ($0, FileSystem.join(folder, "\($0)/_annotations.csv")) }
            .filter { FileSystem.kind(of: $0.1) == .file }
        if !nested.isEmpty {
            return nested.map { DetectionTable($0.1, part: DatasetPart(named: $0.0), prefix: "\($0.0)/") }
        }
        let found = names.map { FileSystem.join(folder, $0) }.first {
            FileSystem.kind(of: $0) == .file && isTable($0)
        }
        return found.map { [DetectionTable($0)] } ?? []
    }

    /// Whether the header has columns for boxes.
    static func isTable(_ path: String) -> Bool {
        guard let start = try? FileInput.readPrefix(path, count: 1 << 16).bytes else { return false }
        var reader = CSVReader(Array(start.prefix { $0 != UInt8(ascii: "\n") }))
        return ((try? reader.next()) ?? nil).map { DetectionColumns($0.fields) != nil } ?? false
    }

    /// Reads lists of one set.
    ///
    /// - Parameters:
    ///   - tables: at least one.
    ///   - classes: by index; nil for all labels that occur, in the order of their bytes.
    /// - Throws: `DatasetError`, `FileError`.
    static func listing(_ tables: [DetectionTable], _ classes: [String]?) throws -> DetectionListing {
        var listing = DetectionListing(.csv)
        let rows = try tables.map { ($0, try CSVReader.rows(of: $0.path)) }
        var names: Set<PathKey> = []
        for (table, rows) in rows {
            guard let header = rows.first, let columns = DetectionColumns(header.fields) else {
                throw DatasetError(table.path, .badBoxHeader(found: rows.first?.fields ?? []))
            }
            for row in rows.dropFirst() where row.fields.count == columns.count {
                let name = row.fields[columns.label].trimmed
                if !name.isEmpty { names.insert(PathKey(name)) }
            }
        }
        listing.classes = classes ?? names.sorted().map(\.path)
        for (table, rows) in rows { table.add(rows, to: &listing) }
        return listing
    }

    private func add(_ rows: [CSVReader.Row], to listing: inout DetectionListing) {
        guard let header = rows.first, let columns = DetectionColumns(header.fields) else { return }
        let numbers = Dictionary(zip(listing.classes.map { PathKey($0) }, 0...)) { first, _ in first }
        let place = COCOImageFiles(path)
        var positions: [PathKey: Int] = [:]
        for row in rows.dropFirst() {
            func wrong(_ problem: AnnotationDefect.Problem) {
                listing.defects.append(AnnotationDefect(path, line: row.line, problem))
            }
            do throws(DetectionColumns.Malformed) {
                let found = try columns.row(row)
                guard let image = place.path(of: found.image) else {
                    wrong(.noFile(found.image))
                    continue
                }
                let key = PathKey(image)
                let position = positions[key] ?? listing.entries.count
                if positions.updateValue(position, forKey: key) == nil {
                    var entry = DetectionListing.Entry(
                        name: prefix + found.image, image: image, part: part ?? found.part, file: path)
                    (entry.size, entry.line) = (found.size, row.line)
                    listing.entries.append(entry)
                } else if part == nil, listing.entries[position].part != found.part {
                    wrong(.listedTwice(found.image, before: "with another split"))
                }
                guard let box = found.box else { continue }
                guard let label = numbers[PathKey(found.label)] else {
                    wrong(.unknownClass(found.label, nearest: nearestName(to: found.label, in: listing.classes)))
                    continue
                }
                var object = DetectionListing.Object(
                    left: box[0], top: box[1], right: box[2], bottom: box[3], label: label)
                object.line = row.line
                listing.entries[position].objects.append(object)
            } catch {
                wrong(error.problem)
            }
        }
    }
}

/// The columns that the header of a list of boxes names.
private struct DetectionColumns {
    let count, label: Int
    private let image: Int
    private let edges: [Int]
    private let names: [String]
    private let split, width, height: Int?

    struct Malformed: Error {
        let problem: AnnotationDefect.Problem
    }

    private static let synonyms: [String: [String]] = [
        "image": ["image", "filename", "file", "path", "image_path", "file_name"],
        "label": ["label", "class", "name", "class_name"],
        "xmin": ["xmin", "x1", "x_min", "left"], "ymin": ["ymin", "y1", "y_min", "top"],
        "xmax": ["xmax", "x2", "x_max", "right"], "ymax": ["ymax", "y2", "y_max", "bottom"],
    ]

    /// Nil if a column is missing.
    init?(_ header: [String]) {
        let lower = header.map { $0.trimmed.lowercased() }
        func column(_ name: String) -> Int? {
            (Self.synonyms[name] ?? [name]).lazy.compactMap { lower.firstIndex(of: $0) }.first
        }
        let edges = ["xmin", "ymin", "xmax", "ymax"].compactMap(column)
        guard edges.count == 4, let image = column("image"), let label = column("label") else { return nil }
        (self.edges, self.image, self.label, count) = (edges, image, label, header.count)
        (split, width, height) = (column("split"), column("width"), column("height"))
        names = header
    }

    func row(
        _ row: CSVReader.Row
    ) throws(Malformed) -> (image: String, box: [Double]?, label: String, part: DatasetPart?, size: DatasetDefect.Size?)
    {
        func wrong(_ problem: AnnotationDefect.Problem) -> Malformed { Malformed(problem: problem) }
        guard row.fields.count == count else {
            throw wrong(
                .badValue("the number of fields", found: "\(row.fields.count)", expected: "\(count), as in the header"))
        }
        let fields = row.fields.map(\.trimmed)
        guard !fields[image].isEmpty else { throw wrong(.missing("the \(quoted(names[image]))")) }
        let part = try split.map { fields[$0] }.flatMap { name throws(Malformed) -> DatasetPart? in
            if name.isEmpty { return nil }
            guard let part = DatasetPart(named: name) else {
                throw wrong(.badValue("the split", found: name, expected: "train, val or test"))
            }
            return part
        }
        let size = [width, height].compactMap { $0.flatMap { Int(fields[$0]) } }.filter { $0 > 0 }
        let stated = size.count == 2 ? DatasetDefect.Size(size[0], size[1]) : nil
        let texts = edges.map { fields[$0] }
        if texts.allSatisfy(\.isEmpty) { return (fields[image], nil, "", part, stated) }
        guard !fields[label].isEmpty else { throw wrong(.missing("the \(quoted(names[label]))")) }
        var box: [Double] = []
        for (column, text) in zip(edges, texts) {
            guard let value = Double(text), abs(value) <= VOCAnnotation.limit else {
                throw wrong(.badValue(names[column], found: text, expected: "a number of pixels"))
            }
            box.append(value)
        }
        return (fields[image], box, fields[label], part, stated)
    }
}
