import CVCore
import CVImage
import Synchronization

/// A folder in the form of Pascal VOC: images, and an XML file for each.
struct VOCFolder {
    /// A folder of XML files with the folders that their images may be in.
    private struct Part {
        let annotations: String
        /// Before the names of items.
        let prefix: String
        let images: [String]
        let part: DatasetPart?
    }

    private let path: String
    private let parts: [Part]
    /// Whether it has `Annotations`, and perhaps lists in `ImageSets`.
    private let isDivided: Bool

    private static let imageFolders = ["JPEGImages", "images", "Images"]

    /// Recognizes the form.
    ///
    /// - Parameter path: of a folder.
    /// - Returns: nil for a folder without XML files.
    /// - Throws: `DatasetError` for folders that cannot be read.
    init?(_ path: String) throws(DatasetError) {
        self.path = path
        let annotations = ["Annotations", "annotations"].map { FileSystem.join(path, $0) }.first {
            FileSystem.kind(of: $0) == .folder
        }
        if let annotations, try Self.hasXML(annotations, of: path) {
            isDivided = true
            let images = Self.imageFolders.map { FileSystem.join(path, $0) }.filter {
                FileSystem.kind(of: $0) == .folder
            }
            parts = [Part(annotations: annotations, prefix: "", images: images + [path, annotations], part: nil)]
            return
        }
        isDivided = false
        var found: [Part] = []
        for name in ["", "train", "valid", "val", "test"] {
            let folder = name.isEmpty ? path : FileSystem.join(path, name)
            guard FileSystem.kind(of: folder) == .folder, try Self.hasXML(folder, of: path) else { continue }
            found.append(
                Part(
                    annotations: folder, prefix: name.isEmpty ? "" : name + "/", images: [folder],
                    part: DatasetPart(named: name)))
        }
        if found.isEmpty { return nil }
        parts = found
    }

    private static func entries(_ folder: String, of set: String) throws(DatasetError) -> [FileSystem.Entry] {
        switch FileSystem.listing(of: folder) {
        case .success(let entries): return entries
        case .failure(let reason): throw DatasetError(set, .unreadableFolder(folder, reason: reason.text))
        }
    }

    private static func isXML(_ entry: FileSystem.Entry) -> Bool {
        entry.kind == .file && FileSystem.suffix(of: entry.name.text)?.lowercased() == "xml"
            && entry.name.text.utf8.first != UInt8(ascii: ".")
    }

    private static func hasXML(_ folder: String, of set: String) throws(DatasetError) -> Bool {
        try entries(folder, of: set).contains(where: isXML)
    }

    // MARK: Reading

    /// A file that is to be read, with its image.
    private struct Source {
        let stem: String
        let file: String
        let part: DatasetPart?
        let owner: Part
    }

    private typealias Outcome = (annotation: VOCAnnotation?, defect: AnnotationDefect?)

    /// - Parameter classes: by index; nil for all names that occur.
    func listing(_ classes: [String]?) throws -> DetectionListing {
        var listing = DetectionListing(.voc)
        let sources = try sources(&listing)
        let outcomes = Mutex([Outcome](repeating: (nil, nil), count: sources.count))
        Parallel.forEach(sources.count) { index in
            let outcome = Self.read(sources[index].file)
            outcomes.withLock { $0[index] = outcome }
        }
        let read = outcomes.withLock { $0 }
        listing.defects += read.compactMap(\.defect)
        let names = Set(read.flatMap { ($0.annotation?.objects ?? []).map { PathKey($0.name) } })
        listing.classes = classes ?? names.sorted().map(\.path)
        let numbers = Dictionary(zip(listing.classes.map { PathKey($0) }, 0...)) { first, _ in first }
        var used: [PathKey: String] = [:]
        for (source, outcome) in zip(sources, read) {
            guard let annotation = outcome.annotation else { continue }
            add(source, annotation, numbers, &used, to: &listing)
        }
        for part in parts { try skipUnannotated(part, used, to: &listing) }
        return listing
    }

    private static func read(_ file: String) -> Outcome {
        do {
            return (try VOCAnnotation(contentsOf: file), nil)
        } catch let error as VOCAnnotation.Malformed {
            return (nil, AnnotationDefect(file, line: error.line, error.problem))
        } catch {
            return (nil, AnnotationDefect(unreadable: file, error))
        }
    }

    private func add(
        _ source: Source, _ annotation: VOCAnnotation, _ numbers: [PathKey: Int], _ used: inout [PathKey: String],
        to listing: inout DetectionListing
    ) {
        guard let image = image(of: source, annotation.fileName) else {
            if source.part != nil && isDivided {
                let name = annotation.fileName ?? source.stem
                listing.defects.append(AnnotationDefect(source.file, line: nil, .noFile(name)))
            } else {
                listing.skipped.add(source.owner.prefix + FileSystem.name(of: source.file), .noImage)
            }
            return
        }
        if let other = used.updateValue(source.file, forKey: PathKey(image)) {
            listing.defects.append(AnnotationDefect(source.file, line: nil, .listedTwice(image, before: other)))
            return
        }
        var entry = DetectionListing.Entry(
            name: source.owner.prefix + FileSystem.name(of: image), image: image, part: source.part,
            file: source.file)
        (entry.size, entry.line) = (annotation.size?.value, annotation.size?.line)
        for object in annotation.objects {
            guard let label = numbers[PathKey(object.name)] else {
                let nearest = nearestName(to: object.name, in: listing.classes)
                listing.defects.append(
                    AnnotationDefect(source.file, line: object.line, .unknownClass(object.name, nearest: nearest)))
                continue
            }
            var found = DetectionListing.Object(
                left: object.left, top: object.top, right: object.right, bottom: object.bottom, label: label)
            (found.isDifficult, found.line) = (object.isDifficult, object.line)
            entry.objects.append(found)
        }
        listing.entries.append(entry)
    }

    /// The image of the file's own name, or else the one that the file names.
    private func image(of source: Source, _ stated: String?) -> String? {
        let own = ImageSuffix.read.flatMap { [$0, $0.uppercased()] }.map { "\(source.stem).\($0)" }
        for name in own + (stated.map { [$0] } ?? []) where ImageSuffix.isRead(name) {
            for folder in source.owner.images {
                let path = FileSystem.join(folder, name)
                if FileSystem.kind(of: path) == .file { return path }
            }
        }
        return nil
    }

    /// Images that no file of annotations belongs to.
    private func skipUnannotated(
        _ part: Part, _ used: [PathKey: String], to listing: inout DetectionListing
    ) throws(DatasetError) {
        guard let folder = part.images.first else { return }
        let annotated = Set(
            try Self.entries(part.annotations, of: path).filter(Self.isXML).map {
                PathKey(FileSystem.stem(of: $0.name.text))
            })
        for entry in try Self.entries(folder, of: path) where entry.kind == .file {
            let name = entry.name.text
            guard used[PathKey(FileSystem.join(folder, name))] == nil,
                !annotated.contains(PathKey(FileSystem.stem(of: name)))
            else { continue }
            switch ImageListing.reasonToSkip(name) {
            case nil: listing.skipped.add(part.prefix + name, .noAnnotation)
            case .unreadFormat?: listing.skipped.add(part.prefix + name, .unreadFormat)
            default: break
            }
        }
    }

    // MARK: Parts

    private func sources(_ listing: inout DetectionListing) throws -> [Source] {
        var all: [Source] = []
        for part in parts {
            for entry in try Self.entries(part.annotations, of: path) where Self.isXML(entry) {
                guard case .name(let name) = entry.name else { throw DatasetError(path, .badName(entry.name.text)) }
                let file = FileSystem.join(part.annotations, name)
                all.append(Source(stem: FileSystem.stem(of: name), file: file, part: part.part, owner: part))
            }
        }
        guard isDivided else { return all }
        let lists = VOCLists(path)
        guard !lists.files.isEmpty else { return all }
        let assigned = try lists.assigned(&listing.defects)
        let there = Set(all.map { PathKey($0.stem) })
        for (stem, place) in assigned.sorted(by: { ($0.value.file, $0.value.line) < ($1.value.file, $1.value.line) })
        where !there.contains(stem) {
            listing.defects.append(
                AnnotationDefect(place.file, line: place.line, .noFile("Annotations/\(stem.path).xml")))
        }
        return all.compactMap { source in
            guard let place = assigned[PathKey(source.stem)] else {
                listing.skipped.add(FileSystem.name(of: source.file), .inNoList)
                return nil
            }
            return Source(stem: source.stem, file: source.file, part: place.part, owner: source.owner)
        }
    }
}

/// The lists of `ImageSets`, which assign images to parts.
private struct VOCLists {
    let files: [(path: String, part: DatasetPart)]

    private static let maxBytes = 1 << 26

    init(_ root: String) {
        let folders = ["ImageSets/Main", "ImageSets"].map { FileSystem.join(root, $0) }
        func file(_ name: String) -> String? {
            folders.map { FileSystem.join($0, name + ".txt") }.first { FileSystem.kind(of: $0) == .file }
        }
        var files: [(String, DatasetPart)] = []
        for name in ["train", "val", "valid", "test"] {
            if let path = file(name), let part = DatasetPart(named: name) { files.append((path, part)) }
        }
        // What it lists is divided further if there are the other lists.
        if !files.contains(where: { $0.1 == .train }), let path = file("trainval") { files.append((path, .train)) }
        self.files = files
    }

    /// The part of each stem, and where it is listed.
    func assigned(
        _ defects: inout [AnnotationDefect]
    ) throws -> [PathKey: (part: DatasetPart, file: String, line: Int)] {
        var assigned: [PathKey: (part: DatasetPart, file: String, line: Int)] = [:]
        for (file, part) in files {
            for (index, line) in try TextInput.lines(file, maxBytes: Self.maxBytes).enumerated() {
                // A 1 or -1 may follow, as in the lists of one class.
                guard let word = line.split(whereSeparator: \.isWhitespace).first else { continue }
                let isImage = ImageSuffix.isRead(String(word)) || FileSystem.suffix(of: String(word)) == "xml"
                let stem = isImage ? FileTree.stem(of: String(word)) : String(word)
                if let other = assigned[PathKey(stem)] {
                    let place = "\(other.file), line \(other.line)"
                    defects.append(AnnotationDefect(file, line: index + 1, .listedTwice(stem, before: place)))
                    continue
                }
                assigned[PathKey(stem)] = (part, file, index + 1)
            }
        }
        return assigned
    }
}
