import CVCore

/// Pairs of images of a set that are to be compared, as a CSV file lists them.
///
/// The columns `a` and `b` are paths: inside the set, or relative to the list. `same` says whether both are of the same person (1
/// or 0, true or false); without it the set says. `fold` divides the pairs for the choice of a threshold; without it, tenths of
/// the list do. Other columns are ignored.
public struct FacePairs: Sendable {
    /// One pair.
    public struct Pair: Sendable, Equatable {
        /// The names of the images in the set.
        public let a, b: String
        /// Whether both are of the same person.
        public let isSame: Bool
        /// The fold, from 0; nil if the list has none.
        public let fold: Int?
    }

    /// The path of the list.
    public let path: String
    /// In the order of the list.
    public let pairs: [Pair]

    /// Reads a list.
    ///
    /// - Parameters:
    ///   - path: of a CSV file.
    ///   - dataset: the set that the images are in.
    /// - Throws: `DatasetError` for a list with errors, or images that are not in the set; `FileError`.
    public init(contentsOf path: String, in dataset: ImageDataset) throws {
        self.path = path
        let rows = try CSVReader.rows(of: path)
        guard let header = rows.first else { throw DatasetError(path, .emptyPairList) }
        let columns = try PairColumns(header, in: path)
        let names = ImageNames(dataset, list: path)
        var pairs: [Pair] = []
        var missing: [ListedImage] = []
        for row in rows.dropFirst() {
            let found = try columns.pair(row, in: path)
            let (a, b) = (names[found.a], names[found.b])
            if a == nil { missing.append(ListedImage(path: found.a, line: row.line)) }
            if b == nil { missing.append(ListedImage(path: found.b, line: row.line)) }
            guard let a, let b else { continue }
            let isSame = a.person == b.person
            if let said = found.isSame, said != isSame {
                throw DatasetError(path, .contradictedPair(line: row.line, listedAsSame: said))
            }
            pairs.append(Pair(a: a.name, b: b.name, isSame: isSame, fold: found.fold))
        }
        guard missing.isEmpty else {
            throw DatasetError(
                path, .missingPairImages(Array(missing.prefix(3)), count: missing.count, set: dataset.path))
        }
        guard !pairs.isEmpty else { throw DatasetError(path, .emptyPairList) }
        self.pairs = pairs
    }

    /// The pairs whose images both decode, with the indices of their images.
    ///
    /// - Parameter images: of the set.
    /// - Returns: in the order of the list.
    func indices(in images: DecodedImages) -> [(pair: Pair, a: Int, b: Int)] {
        let indices = Dictionary(
            zip(images.items.map { PathKey($0.name) }, images.items.indices)
        ) { first, _ in first }
        return pairs.compactMap { pair in
            guard let a = indices[PathKey(pair.a)], let b = indices[PathKey(pair.b)] else { return nil }
            return (pair, a, b)
        }
    }

    /// How many pairs have an image that does not decode.
    ///
    /// - Parameter images: of the set.
    /// - Returns: the number of pairs that cannot be compared.
    public func lostCount(in images: DecodedImages) -> Int { pairs.count - indices(in: images).count }
}

/// An image of the set that a list names.
private struct NamedImage {
    let name: String
    let person: Int
}

/// Images of a set by their names, or by their paths from the folder of a list.
private struct ImageNames {
    private var byName: [PathKey: NamedImage] = [:]
    private var byFile: [FileSystem.Identity: NamedImage] = [:]
    private let folder: String

    init(_ dataset: ImageDataset, list: String) {
        folder = FileSystem.folder(of: list)
        for item in dataset.items {
            let image = NamedImage(name: item.name, person: item.label ?? 0)
            byName[PathKey(item.name)] = image
            if case .file(let path) = item.image, let identity = FileSystem.identity(of: path) {
                byFile[identity] = image
            }
        }
    }

    subscript(path: String) -> NamedImage? {
        if let image = byName[PathKey(path)] { return image }
        let file = path.hasPrefix("/") ? path : FileSystem.join(folder, path)
        return FileSystem.identity(of: file).flatMap { byFile[$0] }
    }
}

/// The columns that the header names.
private struct PairColumns {
    private let count, a, b: Int
    private let same, fold: Int?

    init(_ header: CSVReader.Row, in file: String) throws(DatasetError) {
        let names = header.fields.map { $0.trimmed.lowercased() }
        guard let a = names.firstIndex(of: "a"), let b = names.firstIndex(of: "b") else {
            throw DatasetError(file, .badPairHeader(found: header.fields))
        }
        (count, self.a, self.b) = (names.count, a, b)
        (same, fold) = (names.firstIndex(of: "same"), names.firstIndex(of: "fold"))
    }

    func pair(
        _ row: CSVReader.Row, in file: String
    ) throws(DatasetError) -> (a: String, b: String, isSame: Bool?, fold: Int?) {
        guard row.fields.count == count else {
            throw DatasetError(file, .wrongFieldCount(line: row.line, expected: count, found: row.fields.count))
        }
        func text(_ column: Int, _ name: String) throws(DatasetError) -> String {
            let text = row.fields[column].trimmed
            guard !text.isEmpty else { throw DatasetError(file, .emptyField(name, line: row.line)) }
            return text
        }
        var (isSame, number): (Bool?, Int?)
        if let same {
            switch try text(same, "same").lowercased() {
            case "1", "true", "yes": isSame = true
            case "0", "false", "no": isSame = false
            default:
                throw DatasetError(
                    file, .badPairValue("same", found: row.fields[same], expected: "1 or 0", line: row.line))
            }
        }
        if let fold {
            guard let value = Int(try text(fold, "fold")), value >= 0 else {
                throw DatasetError(
                    file, .badPairValue("fold", found: row.fields[fold], expected: "a whole number", line: row.line))
            }
            number = value
        }
        return (try text(a, "image a"), try text(b, "image b"), isSame, number)
    }
}
