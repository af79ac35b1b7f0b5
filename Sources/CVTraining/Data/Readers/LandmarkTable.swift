import CVCore
import CVImage
import CVLandmarks

/// The form of a table of comma-separated values; see `LandmarkFile`.
struct LandmarkTable {
    private let path: String
    private let bytes: [UInt8]

    init(_ path: String, _ bytes: [UInt8]) { (self.path, self.bytes) = (path, bytes) }

    func listing() throws -> LandmarkListing {
        var reader = CSVReader(bytes)
        guard let header = try next(&reader) else {
            throw DatasetError(path, .badLandmarkHeader(reason: "is missing"))
        }
        let columns = try LandmarkColumns(header, in: path)
        var listing = LandmarkListing(scheme: columns.scheme)
        while let row = try next(&reader) { listing.entries.append(try columns.entry(row, in: path)) }
        return listing
    }

    private func next(_ reader: inout CSVReader) throws(DatasetError) -> CSVReader.Row? {
        do throws(CSVReader.Problem) {
            return try reader.next()
        } catch {
            switch error {
            case .openQuote(let line): throw DatasetError(path, .openQuote(line: line))
            case .textAfterQuote(let line): throw DatasetError(path, .textAfterQuote(line: line))
            case .notUTF8(let line): throw DatasetError(path, .notUTF8(line: line))
            }
        }
    }
}

/// The columns that the header names: the image, two for each point, and perhaps the person and the part.
private struct LandmarkColumns {
    let scheme: LandmarkScheme
    private let names: [String]
    private let image: Int
    private let split, person: Int?
    /// Of each point, the column of x; that of y follows it.
    private let points: [Int]

    init(_ header: CSVReader.Row, in file: String) throws(DatasetError) {
        func wrong(_ reason: String) -> DatasetError { DatasetError(file, .badLandmarkHeader(reason: reason)) }
        let names = header.fields.map { $0.trimmed }
        let lower = names.map { $0.lowercased() }
        guard let image = lower.firstIndex(where: { $0 == "image" || $0 == "path" }) else {
            throw wrong("has no column \"image\"")
        }
        (self.names, self.image) = (names, image)
        (split, person) = (lower.firstIndex(of: "split"), lower.firstIndex(of: "person"))
        var stems: [String] = []
        var points: [Int] = []
        var column = 0
        while column < names.count {
            defer { column += 1 }
            if [image, split, person].contains(column) { continue }
            guard let stem = Self.stem(names[column], "x") else {
                throw wrong("has the column \(quoted(names[column])), which is no x of a point")
            }
            guard column + 1 < names.count, Self.stem(names[column + 1], "y") == stem else {
                throw wrong("has the column \(quoted(names[column])) without the y of the same point after it")
            }
            stems.append(stem)
            points.append(column)
            column += 1
        }
        guard (1...LandmarkScheme.mostPoints).contains(stems.count) else {
            throw wrong("has \(stems.count) points; 1 to \(LandmarkScheme.mostPoints) are possible")
        }
        guard Set(stems).count == stems.count else { throw wrong("has a point twice") }
        self.points = points
        let areNumbers = stems.enumerated().allSatisfy { $1 == "\($0)" }
        scheme = areNumbers ? .of(stems.count) : LandmarkScheme(points: stems, pairs: nil)
    }

    /// `0` of `x0`, `left eye` of `left eye_x`.
    private static func stem(_ name: String, _ axis: String) -> String? {
        if name.lowercased().hasPrefix(axis), let number = Int(name.dropFirst()) { return "\(number)" }
        return name.lowercased().hasSuffix("_" + axis) && name.count > 2 ? String(name.dropLast(2)) : nil
    }

    func entry(_ row: CSVReader.Row, in file: String) throws(DatasetError) -> LandmarkListing.Entry {
        guard row.fields.count == names.count else {
            throw DatasetError(
                file, .wrongFieldCount(line: row.line, expected: names.count, found: row.fields.count))
        }
        let path = row.fields[image].trimmed
        guard !path.isEmpty else { throw DatasetError(file, .emptyField("image", line: row.line)) }
        var found: [Point?] = []
        for column in points { found.append(try point(row, column, in: file)) }
        if found.allSatisfy({ $0 == nil }) { found = [] }
        var entry = LandmarkListing.Entry(path: path, line: row.line, points: found)
        if let person, !row.fields[person].trimmed.isEmpty { entry.person = row.fields[person].trimmed }
        if let split, !row.fields[split].trimmed.isEmpty {
            guard let part = DatasetPart(named: row.fields[split].trimmed) else {
                throw DatasetError(file, .badPart(row.fields[split], line: row.line))
            }
            entry.part = part
        }
        return entry
    }

    private func point(_ row: CSVReader.Row, _ column: Int, in file: String) throws(DatasetError) -> Point? {
        let texts = (row.fields[column].trimmed, row.fields[column + 1].trimmed)
        if texts.0.isEmpty, texts.1.isEmpty { return nil }
        if texts.0.isEmpty || texts.1.isEmpty {
            throw DatasetError(
                file, .halfPoint(column: names[texts.0.isEmpty ? column : column + 1], line: row.line))
        }
        func number(_ text: String, _ column: Int) throws(DatasetError) -> Float {
            guard let value = Float(text), abs(value) <= LandmarkFile.limit else {
                throw DatasetError(file, .badCoordinate(text, column: names[column], line: row.line))
            }
            return value
        }
        return Point(x: try number(texts.0, column), y: try number(texts.1, column + 1))
    }
}
