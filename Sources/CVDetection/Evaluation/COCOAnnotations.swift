import CVCore

/// What images show, as a JSON file in COCO's format says: the truth that results are compared with.
public struct COCOAnnotations: Sendable {
    /// An image of the list.
    public struct ListedImage: Sendable, Equatable {
        /// The number that annotations and results refer to.
        public var id: Int
        /// The path, as listed; nil if the list names none.
        public var fileName: String?
    }

    /// A class.
    public struct Category: Sendable, Equatable {
        /// The number that annotations and results refer to.
        public var id: Int
        /// Its name; its number where the list has none.
        public var name: String
    }

    /// The path of the file.
    public let path: String
    /// In the order of the list.
    public let images: [ListedImage]
    /// In the order of the list.
    public let categories: [Category]
    /// The objects, in the order of the list, without those of images or classes that are not listed.
    public let objects: [TruthBox]
    /// How many annotations were left out for that.
    public let omitted: Int

    private static let maxBytes = 4 << 30

    /// Reads an annotation file: `images`, `categories`, and `annotations` with `image_id`, `category_id` and `bbox`, perhaps
    /// `area` and `iscrowd`.
    ///
    /// - Parameter path: of the file.
    /// - Throws: `FileError`; `COCOFileError` for a file without these lists, or with values that make no sense.
    public init(contentsOf path: String) throws {
        let json = try COCOFileError.parse(path, maxBytes: Self.maxBytes)
        func list(_ key: String) throws(COCOFileError) -> [JSONValue] {
            guard let list = json[key]?.array else { throw COCOFileError(path, .noList(key)) }
            return list
        }
        let images = try list("images").enumerated().map { index, image in
            guard let id = image["id"]?.integer else {
                throw COCOFileError(
                    path, .value(list: "images", index: index, key: "id", expected: "a whole number"))
            }
            return ListedImage(id: id, fileName: image["file_name"]?.string)
        }
        let categories = try list("categories").enumerated().map { index, category in
            guard let id = category["id"]?.integer else {
                throw COCOFileError(
                    path, .value(list: "categories", index: index, key: "id", expected: "a whole number"))
            }
            return Category(id: id, name: category["name"]?.string ?? "\(id)")
        }
        let (known, classes) = (Set(images.map(\.id)), Set(categories.map(\.id)))
        guard known.count == images.count else {
            throw COCOFileError(path, .repeated(list: "images", id: Self.repeated(images.map(\.id))))
        }
        guard classes.count == categories.count else {
            throw COCOFileError(
                path, .repeated(list: "categories", id: Self.repeated(categories.map(\.id))))
        }
        let annotations = try list("annotations")
        var objects: [TruthBox] = []
        for (index, annotation) in annotations.enumerated() {
            let object = try Self.object(annotation, at: index, path)
            if known.contains(object.imageID) && classes.contains(object.categoryID) {
                objects.append(object)
            }
        }
        (self.path, self.images, self.categories, self.objects) = (path, images, categories, objects)
        omitted = annotations.count - objects.count
    }

    private static func object(_ json: JSONValue, at index: Int, _ path: String) throws(COCOFileError)
        -> TruthBox
    {
        let element = COCOElement(json, list: "annotations", index: index, path: path)
        var object = TruthBox(
            imageID: try element.integer("image_id"), categoryID: try element.integer("category_id"),
            box: try element.box())
        if json["area"] != nil { object.area = try element.number("area") }
        object.isCrowd = json["iscrowd"].map { $0 == true || ($0.double ?? 0) != 0 } ?? false
        // pycocotools takes the number of the object that was found for the truth that it was: 0 is none.
        object.isNeverFound = json["id"]?.integer == 0
        return object
    }

    private static func repeated(_ ids: [Int]) -> Int {
        var seen: Set<Int> = []
        return ids.first { !seen.insert($0).inserted } ?? 0
    }
}

/// Results in COCO's format, as `COCOResults` and other programs write them.
public enum COCOResultFile {
    private static let maxBytes = 4 << 30

    /// Reads a list of results: `[{"image_id", "category_id", "bbox", "score"}, …]`.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - annotations: of the images that the results are about.
    /// - Returns: the results, in the order of the list.
    /// - Throws: `FileError`; `COCOFileError` for a file that is no such list, for a score that is not finite, or for an image
    ///   that the annotations do not list.
    public static func read(_ path: String, for annotations: COCOAnnotations) throws -> [ResultBox] {
        try read(path, imageIDs: annotations.images.map(\.id), of: annotations.path)
    }

    /// Reads a list of results about images with these numbers.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - imageIDs: the numbers of the images.
    ///   - set: the path of the data set that they are of, for messages.
    /// - Returns: the results, in the order of the list.
    /// - Throws: `FileError`; `COCOFileError` as for annotations.
    public static func read(_ path: String, imageIDs: [Int], of set: String) throws -> [ResultBox] {
        let json = try COCOFileError.parse(path, maxBytes: maxBytes)
        guard let list = json.array else { throw COCOFileError(path, .notResults) }
        let images = Set(imageIDs)
        return try list.enumerated().map { index, result in
            let element = COCOElement(result, list: "", index: index, path: path)
            let box = ResultBox(
                imageID: try element.integer("image_id"), categoryID: try element.integer("category_id"),
                box: try element.box(), score: try element.number("score"))
            guard images.contains(box.imageID) else {
                throw COCOFileError(
                    path,
                    .unknownImage(id: box.imageID, index: index, list: set, count: images.count))
            }
            return box
        }
    }
}

/// An element of a list of a file in COCO's format.
private struct COCOElement {
    private let json: JSONValue
    private let list: String
    private let index: Int
    private let path: String

    init(_ json: JSONValue, list: String, index: Int, path: String) {
        (self.json, self.list, self.index, self.path) = (json, list, index, path)
    }

    private func error(_ key: String, _ expected: String) -> COCOFileError {
        COCOFileError(path, .value(list: list, index: index, key: key, expected: expected))
    }

    func integer(_ key: String) throws(COCOFileError) -> Int {
        guard let value = json[key]?.integer else { throw error(key, "a whole number") }
        return value
    }

    func number(_ key: String) throws(COCOFileError) -> Double {
        guard let value = json[key]?.double, value.isFinite else { throw error(key, "a number") }
        return value
    }

    func box() throws(COCOFileError) -> EvaluatedBox {
        guard let numbers = json["bbox"]?.array?.map(\.double), numbers.count == 4,
            let x = numbers[0], let y = numbers[1], let width = numbers[2], let height = numbers[3],
            [x, y, width, height].allSatisfy(\.isFinite), width >= 0, height >= 0
        else { throw error("bbox", "four numbers x, y, width and height, the last two at least 0") }
        return EvaluatedBox(x: x, y: y, width: width, height: height)
    }
}

/// A file that is not in COCO's format.
public struct COCOFileError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// The file is not JSON.
        case notJSON(JSONError)
        /// A list of annotations is missing.
        case noList(String)
        /// The file is no list of results.
        case notResults
        /// A value of an element is missing or another one; the list is "" for results.
        case value(list: String, index: Int, key: String, expected: String)
        /// Two elements have the same number.
        case repeated(list: String, id: Int)
        /// A result is about an image that the annotations do not list.
        case unknownImage(id: Int, index: Int, list: String, count: Int)
    }

    /// The path of the file.
    public let path: String
    /// What is wrong.
    public let problem: Problem

    init(_ path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }

    static func parse(_ path: String, maxBytes: Int) throws -> JSONValue {
        do {
            return try JSONValue.parse(TextInput.read(path, maxBytes: maxBytes), allowsNonFinite: true)
        } catch let error as JSONError {
            throw COCOFileError(path, .notJSON(error))
        }
    }

    public var category: ErrorCategory { .invalid }

    public var description: String { path.escapedForDisplay + ": " + reason }

    private var reason: String {
        switch problem {
        case .notJSON(let error): "is not JSON: \(error)"
        case .noList(let key): "has no list \"\(key)\", as annotations in COCO's format have"
        case .notResults:
            "is no list of results in COCO's format: [{\"image_id\", \"category_id\", \"bbox\", \"score\"}, …]"
        case .value(let list, let index, let key, let expected):
            "element \(index + 1)\(list.isEmpty ? "" : " of \"\(list)\""): \"\(key)\" is not what is expected, \(expected)"
        case .repeated(let list, let id): "two elements of \"\(list)\" have the id \(id)"
        case .unknownImage(let id, let index, let list, let count):
            "element \(index + 1) is about the image \(id), which is not among the \(pluralized(count, "image")) of "
                + list.escapedForDisplay
        }
    }
}
