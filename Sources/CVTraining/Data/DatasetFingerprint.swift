import CVCore
import CVImage

/// What tells the images of a data set from others: the classes in their order, and for each class how many images it has
/// and a digest of them.
///
/// The digest is that of the name, the part, and the sizes in bytes of the image and its annotation. That costs a look-up for
/// each file, where reading all contents would take as long as decoding does; a file that is replaced by another of the same
/// name and size is not noticed. Times of change play no part: a copy of a set is the same set.
public struct DatasetFingerprint: Sendable, Equatable {
    /// The images of a class.
    public struct Group: Sendable, Equatable {
        /// The name of the class; nil for all images, if they have no class as a whole.
        public let name: String?
        /// The number of images.
        public let count: Int
        /// A SHA-256 in hexadecimal.
        public let digest: String
    }

    /// The names of the classes in their order; empty if nothing names them.
    public let classes: [String]
    /// One for each class, or one for all images.
    public let groups: [Group]

    init(_ dataset: ImageDataset, classes: [String]) {
        self.classes = classes
        let isLabeled = dataset.items.contains { $0.label != nil }
        var digests = [(count: Int, hash: SHA256)](repeating: (0, SHA256()), count: isLabeled ? classes.count : 1)
        for item in dataset.items {
            let group = isLabeled ? item.label ?? 0 : 0
            digests[group].count += 1
            item.update(&digests[group].hash)
        }
        groups = digests.enumerated().map { index, digest in
            Group(name: isLabeled ? classes[index] : nil, count: digest.count, digest: digest.hash.hexDigest())
        }
    }
}

extension ImageDataset {
    /// What tells the images of this set from those of others.
    ///
    /// - Parameter classes: the names of the classes; nil for those of the set.
    /// - Returns: the same for a copy of the set.
    public func fingerprint(classes: [String]? = nil) -> DatasetFingerprint {
        DatasetFingerprint(self, classes: classes ?? self.classes ?? [])
    }
}

extension ImageDataset.Item {
    /// Adds all that tells an image from another.
    fileprivate func update(_ hash: inout SHA256) {
        hash.update(Array("\(name)\0\(part?.rawValue ?? "")\0\(image.bytes)\0".utf8))
        if let group { hash.update(Array("\(group)\0".utf8)) }
        switch annotation {
        case .none, .label: break
        case .mask(let path): hash.update(Array("\(FileSystem.size(of: path) ?? -1)".utf8))
        case .regions(let regions): regions.update(&hash)
        case .landmarks(let points):
            let numbers = points.flatMap { [$0?.x ?? .nan, $0?.y ?? .nan] }
            numbers.withUnsafeBytes { hash.update($0) }
        case .objects(let found):
            for object in found.objects {
                let box = object.box
                hash.update([object.isCrowd ? 1 : 0, object.isDifficult ? 1 : 0])
                hash.update(Array("\(object.label):".utf8))
                [box.minX, box.minY, box.maxX, box.maxY].withUnsafeBytes { hash.update($0) }
            }
        }
        hash.update([0])
    }
}

extension ImageDataset.ImageSource {
    /// The size of the file; -1 if it is not there.
    fileprivate var bytes: Int {
        switch self {
        case .file(let path): FileSystem.size(of: path) ?? -1
        case .entry(_, let count): count
        case .embedded(let path): FileSystem.size(of: path) ?? -1
        }
    }
}

extension AnnotatedRegions {
    fileprivate func update(_ hash: inout SHA256) {
        for region in regions {
            hash.update([region.label])
            switch region.area {
            case .polygons(let polygons):
                for polygon in polygons {
                    hash.update(Array("\(polygon.count):".utf8))
                    polygon.withUnsafeBytes { hash.update($0) }
                }
            case .runs(let runs, let width, let height):
                hash.update(Array("\(width)x\(height):\(runs.count):".utf8))
                runs.withUnsafeBytes { hash.update($0) }
            case .bitmap(let png, let x, let y, let width, let height):
                hash.update(Array("\(x),\(y) \(width)x\(height):\(png.count):".utf8))
                hash.update(png)
            }
        }
    }
}

// MARK: Comparison

extension DatasetFingerprint {
    /// How the images of a checkpoint differ from those of a run that is to go on with it.
    public enum Difference: Sendable, Equatable, CustomStringConvertible {
        /// A class that is not there any more.
        case missingClass(String, images: Int)
        /// A class that was not there.
        case newClass(String, images: Int)
        case otherOrder
        /// Another number of images; the class is nil if images have none.
        case count(class: String?, saved: Int, present: Int)
        /// As many images, but others by name, part or size.
        case otherImages(class: String?, count: Int)

        /// `the class "cat" had 8 images and has 7 now`.
        public var description: String {
            switch self {
            case .missingClass(let name, let images):
                "the class \(quoted(name)) is not there any more (it had \(pluralized(images, "image")))"
            case .newClass(let name, let images): "the class \(quoted(name)) is new (\(pluralized(images, "image")))"
            case .otherOrder: "the classes are in another order"
            case .count(let name?, let saved, let present):
                "the class \(quoted(name)) had \(pluralized(saved, "image")) and has \(present) now"
            case .count(nil, let saved, let present):
                "there were \(pluralized(saved, "image")) and there are \(present) now"
            case .otherImages(let name, let count):
                "of the \(pluralized(count, "image"))\(name.map { " of class \(quoted($0))" } ?? ""), some have another "
                    + "name, size or part"
            }
        }
    }

    /// What has changed from this set to another.
    ///
    /// - Parameter present: that of now.
    /// - Returns: nothing if they are the same.
    public func differences(from present: DatasetFingerprint) -> [Difference] {
        let (old, new) = (byName, present.byName)
        let (before, now) = (Set(classes.map { PathKey($0) }), Set(present.classes.map { PathKey($0) }))
        var result: [Difference] = []
        for name in classes.map({ PathKey($0) }) where !now.contains(name) {
            result.append(.missingClass(name.path, images: old[name]?.count ?? 0))
        }
        for name in present.classes.map({ PathKey($0) }) where !before.contains(name) {
            result.append(.newClass(name.path, images: new[name]?.count ?? 0))
        }
        if result.isEmpty, !classes.elementsEqual(present.classes, by: { $0.hasSameBytes(as: $1) }) {
            result.append(.otherOrder)
        }
        for group in groups {
            guard let other = new[PathKey(group.name ?? "")], other != group else { continue }
            result.append(
                other.count == group.count
                    ? .otherImages(class: group.name, count: group.count)
                    : .count(class: group.name, saved: group.count, present: other.count))
        }
        return result
    }

    private var byName: [PathKey: Group] {
        Dictionary(groups.map { (PathKey($0.name ?? ""), $0) }) { first, _ in first }
    }
}

// MARK: As JSON

extension DatasetFingerprint {
    var json: JSONValue {
        [
            "classes": .array(classes.map { .string($0) }),
            "groups": .array(
                groups.map {
                    .members([
                        "class": $0.name.map { .string($0) }, "images": .integer($0.count),
                        "sha256": .string($0.digest),
                    ])
                }),
        ]
    }

    init?(_ json: JSONValue) {
        guard let classes = json["classes"]?.array, let groups = json["groups"]?.array else { return nil }
        self.classes = classes.compactMap(\.string)
        self.groups = groups.compactMap { group in
            guard let count = group["images"]?.integer, let digest = group["sha256"]?.string else { return nil }
            return Group(name: group["class"]?.string, count: count, digest: digest)
        }
        guard self.classes.count == classes.count, self.groups.count == groups.count else { return nil }
    }
}
