import CVCore

/// Lists the images that a CSV file names: a header `path,label`, and a row for each image.
///
/// Paths are relative to the list. A third column, `split`, may assign images to a part: train, val or test. Other
/// columns are ignored.
struct ListFile {
    private let path: String

    init(_ path: String) { self.path = path }

    func listing() throws -> ImageListing {
        let rows = try CSVReader.rows(of: path)
        guard let header = rows.first else { throw error(.emptyList) }
        let columns = try Columns(header, in: path)
        var result = ImageListing()
        var lines: [PathKey: Int] = [:]
        var missing: [ListedImage] = []
        let folder = FileSystem.folder(of: path)
        for row in rows.dropFirst() {
            let image = try columns.image(row, in: path)
            if let other = lines.updateValue(row.line, forKey: PathKey(image.path)) {
                throw error(.listedTwice(image.path, lines: [other, row.line]))
            }
            let file = image.path.hasPrefix("/") ? image.path : FileSystem.join(folder, image.path)
            guard FileSystem.kind(of: file) == .file else {
                missing.append(ListedImage(path: image.path, line: row.line))
                continue
            }
            result.images.append(
                .init(
                    name: Self.name(image.path, image.label), label: image.label, part: image.part,
                    source: .file(file)))
        }
        guard missing.isEmpty else {
            throw error(.missingFiles(Array(missing.prefix(3)), count: missing.count, of: rows.count - 1))
        }
        return result
    }

    /// "<label>/<path>", without repeating the label: a list of class folders gives the names that the folders give.
    private static func name(_ path: String, _ label: String) -> String {
        path.utf8.starts(with: (label + "/").utf8) ? path : label + "/" + path
    }

    private func error(_ problem: DatasetError.Problem) -> DatasetError { DatasetError(path, problem) }
}

/// The columns that the header names.
private struct Columns {
    let count, path, label: Int
    let split: Int?

    init(_ header: CSVReader.Row, in file: String) throws(DatasetError) {
        let names = header.fields.map { $0.trimmed.lowercased() }
        guard let path = names.firstIndex(of: "path"), let label = names.firstIndex(of: "label") else {
            throw DatasetError(file, .badHeader(found: header.fields))
        }
        (count, self.path, self.label, split) = (names.count, path, label, names.firstIndex(of: "split"))
    }

    func image(
        _ row: CSVReader.Row, in file: String
    ) throws(DatasetError) -> (path: String, label: String, part: DatasetPart?) {
        guard row.fields.count == count else {
            throw DatasetError(file, .wrongFieldCount(line: row.line, expected: count, found: row.fields.count))
        }
        let (path, label) = (row.fields[path].trimmed, row.fields[label].trimmed)
        guard !path.isEmpty else { throw DatasetError(file, .emptyField("path", line: row.line)) }
        guard !label.isEmpty else { throw DatasetError(file, .emptyField("label", line: row.line)) }
        guard let split, !row.fields[split].trimmed.isEmpty else { return (path, label, nil) }
        guard let part = DatasetPart(named: row.fields[split].trimmed) else {
            throw DatasetError(file, .badPart(row.fields[split], line: row.line))
        }
        return (path, label, part)
    }
}
