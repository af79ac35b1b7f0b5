import CVCore
import CVImage
import CVLandmarks

/// What a file of landmarks says.
struct LandmarkListing {
    /// An image with its points.
    struct Entry {
        /// As it stands in the file.
        let path: String
        /// Of the file, from 1; nil where that is not known.
        let line: Int?
        /// In pixels of the image, nil for one that is not known; empty for an image without an object.
        let points: [Point?]
        var person: String?
        var part: DatasetPart?
    }

    var scheme: LandmarkScheme
    var entries: [Entry] = []
}

/// A file of landmarks, in one of two forms: a table of comma-separated values, or JSON.
///
///     image,x0,y0,x1,y1,…            image,left eye_x,left eye_y,…,person,split
///     a.jpg,37.59,81.67,39.2,88.3    a.jpg,37.59,81.67,…,Ann,train
///
///     {"points": ["left eye", "right eye"], "pairs": [[0, 1]],
///      "contours": [{"name": "eyes", "points": [0, 1], "closed": false}],
///      "eyes": {"left": [0], "right": [1], "corners": [0, 1]},
///      "images": [{"image": "a.jpg", "points": [[37.59, 81.67], null], "person": "Ann", "split": "train"},
///                 {"image": "b.jpg", "points": null}]}
///
/// Coordinates are in pixels, the upper left corner of the image being (0, 0). A point without coordinates is not known; an image
/// without any shows no object. Beside a table, `points.json` may name the points: the JSON form without `images`. Paths are
/// relative to the file, or to a folder `images` beside it.
struct LandmarkFile {
    let path: String

    /// The names in a folder, the first one that is there counting.
    static let names = ["keypoints.csv", "keypoints.json"]
    private static let schemeName = "points.json"
    private static let maxBytes = 1 << 30
    /// Beyond any image; a coordinate that is farther out is not one in pixels.
    static let limit: Float = 1e6

    init(_ path: String) { self.path = path }

    /// The file of a folder, or the file itself.
    ///
    /// - Parameter path: of a folder or file.
    /// - Throws: `DatasetError` if there is none.
    init(of path: String) throws(DatasetError) {
        switch FileSystem.kind(of: path) {
        case .none(let reason): throw DatasetError(path, .nothingThere(reason: reason))
        case .file: self.path = path
        case .folder:
            let files = Self.names.map { FileSystem.join(path, $0) }
            guard let found = files.first(where: { FileSystem.kind(of: $0) == .file }) else {
                throw DatasetError(path, .noLandmarks(expected: Self.names))
            }
            self.path = found
        }
    }

    /// The files that a set of landmarks may be read from, beside the images: no output may replace them.
    ///
    /// - Parameter path: of a folder or file.
    /// - Returns: paths, not all of which need to be there.
    static func files(of path: String) -> [String] {
        let folder = FileSystem.kind(of: path) == .folder ? path : FileSystem.folder(of: path)
        return (names + [schemeName]).map { FileSystem.join(folder, $0) }
    }

    func listing() throws -> LandmarkListing {
        let suffix = FileSystem.suffix(of: path)?.lowercased()
        if suffix == "json" { return try LandmarkDocument(path, AnnotationFile.json(path)).listing() }
        var listing = try LandmarkTable(path, TextInput.read(path, maxBytes: Self.maxBytes)).listing()
        let description = FileSystem.join(FileSystem.folder(of: path), Self.schemeName)
        if FileSystem.kind(of: description) == .file {
            let document = LandmarkDocument(description, try AnnotationFile.json(description))
            let scheme = try document.scheme()
            guard scheme.points.count == listing.scheme.points.count else {
                throw DatasetError(
                    description, .otherPoints(expected: scheme.points.count, found: listing.scheme.points.count))
            }
            listing.scheme = scheme
        }
        return listing
    }
}

/// The JSON form.
private struct LandmarkDocument {
    let path: String
    let json: JSONValue

    init(_ path: String, _ json: JSONValue) { (self.path, self.json) = (path, json) }

    func scheme() throws(DatasetError) -> LandmarkScheme {
        let values = json["points"]?.array
        let names = values?.compactMap(\.string)
        guard let names, names.count == values?.count else {
            throw error("it has no \"points\" that are a list of names")
        }
        do throws(LandmarkSchemeError) {
            return try LandmarkScheme(points: names, json: json)
        } catch {
            throw self.error("it \(error.reason)")
        }
    }

    func listing() throws(DatasetError) -> LandmarkListing {
        var listing = LandmarkListing(scheme: try scheme())
        guard let images = json["images"]?.array else { throw error("it has no \"images\" that are a list") }
        for (number, image) in images.enumerated() {
            do throws(AnnotationProblem) {
                listing.entries.append(try entry(image, count: listing.scheme.points.count))
            } catch {
                throw self.error("image \(number + 1) \(error.reason)")
            }
        }
        return listing
    }

    private func entry(_ image: JSONValue, count: Int) throws(AnnotationProblem) -> LandmarkListing.Entry {
        guard let name = image["image"]?.string, !name.isEmpty else {
            throw AnnotationProblem("has no \"image\" that is a path")
        }
        var points: [Point?] = []
        if let value = image["points"], value != .null {
            guard let values = value.array, values.count == count else {
                throw AnnotationProblem(
                    "(\(quoted(name))) has \(value.array.map { "\($0.count) points" } ?? "\"points\" that are \(value.kind)"); "
                        + "\(count) are expected, or null without an object")
            }
            for value in values { points.append(try point(value, of: name)) }
        }
        if points.allSatisfy({ $0 == nil }) { points = [] }
        var entry = LandmarkListing.Entry(path: name, line: nil, points: points, person: image["person"]?.string)
        if let part = image["split"]?.string {
            guard let known = DatasetPart(named: part) else {
                throw AnnotationProblem(
                    "(\(quoted(name))) has the split \(quoted(part)); train, val or test is expected")
            }
            entry.part = known
        }
        return entry
    }

    private func point(_ value: JSONValue, of name: String) throws(AnnotationProblem) -> Point? {
        if value == .null { return nil }
        let numbers = (value.array ?? []).compactMap { $0.double.map { Float($0) } }
        guard numbers.count == 2, value.array?.count == 2, numbers.allSatisfy({ abs($0) <= LandmarkFile.limit }) else {
            throw AnnotationProblem(
                "(\(quoted(name))) has the point \(abbreviated(value.text)); [x, y] or null is expected")
        }
        return Point(x: numbers[0], y: numbers[1])
    }

    private func error(_ reason: String) -> DatasetError { DatasetError(path, .badAnnotation(reason)) }
}
