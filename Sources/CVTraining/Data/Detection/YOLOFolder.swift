import CVCore
import CVImage
import Synchronization

/// Images in the form of YOLO: a text file for each, with a line for each object.
///
/// A line is the number of a class, and the center and the size of the box as fractions of the image. Polygons, lines with more
/// numbers, count as the boxes around them. An image without a file has no objects. The file of `images/train/a.jpg` is
/// `labels/train/a.txt`; that of an image in no folder `images` lies beside it.
struct YOLOFolder {
    private let path: String
    private let root: String
    private let names: [String]
    /// The file that names the folders; nil if they were found.
    private let file: String?
    private let sources: [YOLOConfiguration.Source]

    private static let maxBytes = 1 << 26
    private static let parts = ["train", "val", "valid", "test"]

    /// - Parameters:
    ///   - path: of the data set.
    ///   - file: its `data.yaml`.
    init(_ path: String, configuration file: String) throws {
        let configuration = try YOLOConfiguration(contentsOf: file)
        (self.path, self.file, root) = (path, file, configuration.root)
        (names, sources) = (configuration.names, configuration.sources)
    }

    /// A folder without a `data.yaml`, but with a list of classes.
    ///
    /// - Parameter path: of the folder.
    /// - Returns: nil for a folder of another form.
    init?(_ path: String) throws {
        func isFolder(_ name: String) -> Bool { FileSystem.kind(of: FileSystem.join(path, name)) == .folder }
        let nested = Self.parts.filter { isFolder("\($0)/images") && isFolder("\($0)/labels") }
        var sources = nested.compactMap { name in
            DatasetPart(named: name).map { (FileSystem.join(path, "\(name)/images"), $0) }
        }
        if sources.isEmpty, isFolder("images"), isFolder("labels") {
            sources = Self.parts.compactMap { name in
                isFolder("images/\(name)")
                    ? DatasetPart(named: name).map { (FileSystem.join(path, "images/\(name)"), $0) } : nil
            }
            if sources.isEmpty { sources = [(FileSystem.join(path, "images"), .train)] }
        }
        if sources.isEmpty, Self.hasLabels(path) { sources = [(path, .train)] }
        if sources.isEmpty { return nil }
        guard let names = try DetectionDataset.listedClasses(path, also: ["obj.names", "labels/classes.txt"]) else {
            throw DatasetError(path, .noClassList)
        }
        // One folder of images is not divided yet.
        (self.path, root, file, self.names) = (path, path, nil, names)
        isUndivided = sources.count == 1
        self.sources = sources.map { YOLOConfiguration.Source(path: $0.0, part: $0.1, line: nil) }
    }

    private var isUndivided = false

    /// Whether there are label files beside the images.
    private static func hasLabels(_ folder: String) -> Bool {
        guard case .success(let entries) = FileSystem.listing(of: folder) else { return false }
        let texts = Set(
            entries.map(\.name.text).filter { FileSystem.suffix(of: $0) == "txt" }.map { FileSystem.stem(of: $0) })
        return entries.contains {
            ImageListing.isImage($0.name.text) && texts.contains(FileSystem.stem(of: $0.name.text))
        }
    }

    // MARK: Reading

    private typealias Found = (image: String, part: DatasetPart, file: String, line: Int?)

    /// - Parameter classes: by index; nil for those of the set. Others of the same names are brought to these numbers.
    func listing(_ classes: [String]?) throws -> DetectionListing {
        var listing = DetectionListing(.yolo)
        listing.classes = classes ?? names
        let numbers = Dictionary(zip(listing.classes.map { PathKey($0) }, 0...)) { first, _ in first }
        let images = try images(&listing)
        let entries = Mutex([DetectionListing.Entry?](repeating: nil, count: images.count))
        let defects = Mutex([[AnnotationDefect]](repeating: [], count: images.count))
        let isUndivided = isUndivided
        Parallel.forEach(images.count) { index in
            let (entry, found) = self.entry(images[index], isUndivided ? nil : images[index].part, numbers)
            entries.withLock { $0[index] = entry }
            defects.withLock { $0[index] = found }
        }
        listing.entries = entries.withLock { $0.compactMap(\.self) }
        listing.defects += defects.withLock { $0.flatMap(\.self) }
        try skipLabels(images, to: &listing)
        return listing
    }

    /// All images of the folders and lists, each once.
    private func images(_ listing: inout DetectionListing) throws -> [Found] {
        var found: [Found] = []
        var positions: [PathKey: Int] = [:]
        var shared: [(parts: [DatasetPart], line: Int?, name: String, count: Int)] = []
        for source in sources {
            for image in try Self.images(of: source, root, &listing) {
                let key = PathKey(image.path)
                guard let position = positions[key] else {
                    positions[key] = found.count
                    found.append((image.path, source.part, image.file ?? file ?? path, image.line))
                    continue
                }
                if found[position].part == source.part { continue }
                if let same = shared.firstIndex(where: { $0.line == source.line }) {
                    shared[same].count += 1
                } else {
                    shared.append(([found[position].part, source.part], source.line, name(image.path), 1))
                }
            }
        }
        listing.defects += shared.map { shared in
            AnnotationDefect(
                file ?? path, line: shared.line,
                .sharedImages(shared.count, first: shared.name, parts: shared.parts))
        }
        return found
    }

    private func name(_ image: String) -> String {
        let prefix = root.hasSuffix("/") ? root : root + "/"
        let inner = image.hasPrefix(prefix) ? String(image.dropFirst(prefix.count)) : image
        return inner.hasPrefix("./") ? String(inner.dropFirst(2)) : inner
    }

    private typealias ListedPath = (path: String, file: String?, line: Int?)

    private static func images(
        of source: YOLOConfiguration.Source, _ root: String, _ listing: inout DetectionListing
    ) throws -> [ListedPath] {
        guard FileSystem.kind(of: source.path) == .folder else {
            return try images(listedIn: source.path, root, &listing)
        }
        let tree = try FileTree(source.path, of: source.path, skipped: &listing.skipped)
        var images: [ListedPath] = []
        for file in tree.files {
            switch ImageListing.reasonToSkip(FileSystem.name(of: file)) {
            case nil: images.append((FileSystem.join(source.path, file), nil, nil))
            case .unreadFormat?: listing.skipped.add(file, .unreadFormat)
            default: break
            }
        }
        return images
    }

    private static func images(
        listedIn file: String, _ root: String, _ listing: inout DetectionListing
    ) throws -> [ListedPath] {
        var images: [ListedPath] = []
        for (index, line) in try TextInput.lines(file, maxBytes: maxBytes).enumerated() {
            let text = String(line).trimmed
            if text.isEmpty { continue }
            let inner = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
            let folders = [FileSystem.folder(of: file), root]
            let paths = text.hasPrefix("/") ? [text] : folders.map { FileSystem.join($0, inner) }
            if let path = paths.first(where: { FileSystem.kind(of: $0) == .file }) {
                images.append((path, file, index + 1))
            } else {
                listing.defects.append(AnnotationDefect(file, line: index + 1, .noFile(text)))
            }
        }
        return images
    }

    /// The path of the labels of an image: the last folder `images` becomes `labels`.
    static func labelFile(of image: String) -> String {
        let stem = FileTree.stem(of: image)
        guard let range = stem.ranges(of: "/images/").last else { return stem + ".txt" }
        return stem[..<range.lowerBound] + "/labels/" + stem[range.upperBound...] + ".txt"
    }

    private func entry(
        _ found: Found, _ part: DatasetPart?, _ numbers: [PathKey: Int]
    ) -> (DetectionListing.Entry?, [AnnotationDefect]) {
        let file = Self.labelFile(of: found.image)
        let isThere = FileSystem.kind(of: file) == .file
        var entry = DetectionListing.Entry(
            name: name(found.image), image: found.image, part: part, file: isThere ? file : nil)
        entry.isNormalized = true
        guard isThere else { return (entry, []) }
        var defects: [AnnotationDefect] = []
        do {
            for (index, line) in try TextInput.lines(file, maxBytes: Self.maxBytes).enumerated() {
                do throws(AnnotationDefect.Malformed) {
                    guard var object = try YOLOLine(line).object(names, numbers) else { continue }
                    object.line = index + 1
                    entry.objects.append(object)
                } catch {
                    defects.append(AnnotationDefect(file, line: index + 1, error.problem))
                }
            }
        } catch {
            return (nil, [AnnotationDefect(unreadable: file, error)])
        }
        return (entry, defects)
    }

    /// Label files that no image belongs to.
    private func skipLabels(_ images: [Found], to listing: inout DetectionListing) throws {
        let used = Set(images.map { PathKey(Self.labelFile(of: $0.image)) })
        var folders: [PathKey: String] = [:]
        for file in used {
            let folder = FileSystem.folder(of: file.path)
            folders[PathKey(folder)] = folder
        }
        for folder in folders.values.sorted() {
            guard folder.hasSuffix("/labels") || folder.contains("/labels/"),
                case .success(let entries) = FileSystem.listing(of: folder)
            else { continue }
            for entry in entries where entry.kind == .file && FileSystem.suffix(of: entry.name.text) == "txt" {
                let file = FileSystem.join(folder, entry.name.text)
                if entry.name.text != "classes.txt", !used.contains(PathKey(file)) {
                    listing.skipped.add(name(file), .noImage)
                }
            }
        }
    }
}

/// A line of a label file.
private struct YOLOLine {
    private let words: [Substring]

    init(_ line: Substring) { words = line.split(whereSeparator: \.isWhitespace) }

    /// - Parameters:
    ///   - names: of the classes, by the numbers of the file.
    ///   - numbers: of the classes of the set, by their names.
    /// - Returns: edges as fractions of the image; nil for an empty line.
    func object(
        _ names: [String], _ numbers: [PathKey: Int]
    ) throws(AnnotationDefect.Malformed) -> DetectionListing.Object? {
        guard let first = words.first else { return nil }
        // A confidence may follow a box; polygons have at least three points.
        guard (5...6).contains(words.count) || words.count >= 7 && words.count % 2 == 1 else {
            let text = words.joined(separator: " ")
            throw .init(.badValue("the line", found: text, expected: "\"class x y width height\""))
        }
        guard let number = Int(first) else {
            throw .init(.badValue("the class", found: String(first), expected: "a whole number"))
        }
        guard names.indices.contains(number) else {
            throw .init(.badValue("the class", found: "\(number)", expected: "0 to \(names.count - 1)"))
        }
        guard let label = numbers[PathKey(names[number])] else {
            throw .init(.unknownClass(names[number], nearest: nil))
        }
        var values: [Double] = []
        for word in words.dropFirst().prefix(words.count == 6 ? 4 : words.count) {
            guard let value = Double(word), (-Self.tolerance...1 + Self.tolerance).contains(value) else {
                throw .init(
                    .badValue("a coordinate", found: String(word), expected: "a fraction of the image, from 0 to 1,"))
            }
            values.append(value)
        }
        guard values.count > 4 else {
            let (x, y, width, height) = (values[0], values[1], values[2], values[3])
            return .init(
                left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2, label: label)
        }
        let (x, y) = (
            values.enumerated().filter { $0.0 % 2 == 0 }.map(\.1), values.enumerated().filter { $0.0 % 2 == 1 }.map(\.1)
        )
        return .init(
            left: x.min() ?? 0, top: y.min() ?? 0, right: x.max() ?? 0, bottom: y.max() ?? 0, label: label)
    }

    /// Programs round.
    private static let tolerance = 0.01
}
