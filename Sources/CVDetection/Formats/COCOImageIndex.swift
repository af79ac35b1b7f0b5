import CVCore
import CVTask

/// The ids of images and categories in COCO's format: those of an annotation file, or numbered for a list of paths.
///
/// Results in COCO's format refer to images and categories by id alone, so a reader needs the list that gives the ids
/// their meaning.
public struct COCOImageIndex: Sendable, Equatable {
    /// One image of the list.
    public struct Entry: Sendable, Equatable {
        /// The id that results refer to.
        public let id: Int
        /// The path of the image, as listed.
        public let fileName: String
    }

    /// The images, in the order of the list.
    public let images: [Entry]
    /// The category id of each class of the network; nil for a class that the list does not have.
    public let categoryIDs: [Int?]
    /// The name of the list in errors.
    private let name: String
    private let labels: [String]
    /// The positions of the images by the last part of their paths.
    private let positions: [[UInt8]: [Int]]

    private init(name: String, images: [Entry], labels: [String], categoryIDs: [Int?]) {
        (self.name, self.images, self.labels, self.categoryIDs) = (name, images, labels, categoryIDs)
        positions = Dictionary(grouping: images.indices) { Array(Self.parts(images[$0].fileName).last ?? []) }
    }

    /// Reads the ids of an annotation file: `images` with `id` and `file_name`, `categories` with `id` and `name`.
    ///
    /// - Parameters:
    ///   - path: of a JSON file in COCO's format.
    ///   - labels: the labels of the network; "sofa" of darknet is COCO's "couch".
    /// - Throws: `FileError`, or `COCOIndexError` for a file without these lists, or whose categories are all others.
    public init(contentsOf path: String, labels: [String]) throws {
        let json: JSONValue
        do {
            json = try JSONValue.parse(TextInput.read(path, maxBytes: 4 << 30))
        } catch let error as JSONError {
            throw COCOIndexError(path, .notJSON(error))
        }
        let images = try Self.list("images", name: "file_name", of: json, path)
        let categories = try Self.list("categories", name: "name", of: json, path)
        let ids = Dictionary(categories.map { (COCOCategories.comparable($0.name), $0.id) }) { first, _ in first }
        let categoryIDs = labels.map { ids[COCOCategories.comparable($0)] }
        guard categoryIDs.contains(where: { $0 != nil }) else {
            throw COCOIndexError(path, .otherCategories(found: categories.map(\.name), labels: labels))
        }
        self.init(
            name: path, images: images.map { Entry(id: $0.id, fileName: $0.name) }, labels: labels,
            categoryIDs: categoryIDs)
    }

    /// Numbers images: those named by a number, as COCO names its own, have it for their id; others get the smallest
    /// unused number from 1.
    ///
    /// - Parameters:
    ///   - paths: the paths of the images.
    ///   - labels: the labels of the network.
    public init(numbering paths: [String], labels: [String]) {
        self.init(
            name: "", images: zip(COCOResults.imageIDs(for: paths), paths).map { Entry(id: $0, fileName: $1) },
            labels: labels, categoryIDs: labels.indices.map { COCOCategories.id(ofClass: $0, labels: labels) })
    }

    /// Reads the id and the name of each element of a list.
    private static func list(
        _ key: String, name: String, of json: JSONValue, _ path: String
    ) throws(COCOIndexError) -> [(id: Int, name: String)] {
        guard let list = json[key]?.array else { throw COCOIndexError(path, .noList(key)) }
        var result: [(id: Int, name: String)] = []
        for (index, element) in list.enumerated() {
            guard let id = element["id"]?.integer, let text = element[name]?.string else {
                throw COCOIndexError(path, .element(key, index: index, name: name))
            }
            result.append((id, text))
        }
        return result
    }

    /// The id of an image.
    ///
    /// - Parameter path: ends with the `file_name` of the list, or at least has its last part, which must then be unique.
    /// - Returns: the id.
    /// - Throws: `COCOIndexError` for an image that is not in the list, or that several of the list may be.
    public func id(ofImage path: String) throws(COCOIndexError) -> Int {
        let parts = Self.parts(path)
        let sameName = (positions[Array(parts.last ?? [])] ?? []).map { images[$0] }
        // The longest common end decides: val/1.jpg of the list, not train/1.jpg, is the image sets/val/1.jpg.
        let lengths = sameName.map { Self.commonEnd(parts, Self.parts($0.fileName)) }
        let longest = lengths.max() ?? 0
        var fitting = zip(sameName, lengths).filter { $1 == longest }.map(\.0)
        if let same = fitting.first(where: { Self.parts($0.fileName) == parts }) { fitting = [same] }
        guard let first = fitting.first else { throw COCOIndexError(path, .notListed(in: name, count: images.count)) }
        guard fitting.allSatisfy({ $0.id == first.id }) else {
            throw COCOIndexError(path, .ambiguous(in: name, fitting.map(\.fileName)))
        }
        return first.id
    }

    /// The parts of a path as bytes: names are compared as the file system does. Windows' separators count, too.
    private static func parts(_ path: String) -> [ArraySlice<UInt8>] {
        Array(path.utf8).split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }.filter {
            $0 != Array(".".utf8)[...]
        }
    }

    private static func commonEnd(_ a: [ArraySlice<UInt8>], _ b: [ArraySlice<UInt8>]) -> Int {
        zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
    }

    /// The labels of the network that the list has no category for.
    public var labelsWithoutCategory: [String] {
        zip(labels, categoryIDs).filter { $1 == nil }.map(\.0)
    }

    /// The list in COCO's format: `{"images":[{"id","file_name"}],"annotations":[],"categories":[{"id","name"}]}`.
    public var text: String {
        func lines(_ key: String, _ elements: [JSONValue]) -> String {
            "\"\(key)\":[" + (elements.isEmpty ? "]" : "\n" + elements.map(\.text).joined(separator: ",\n") + "\n]")
        }
        let images = images.map { JSONValue.members(["id": .integer($0.id), "file_name": .string($0.fileName)]) }
        let categories = zip(labels, categoryIDs).compactMap { label, id in
            id.map { JSONValue.members(["id": .integer($0), "name": .string(label)]) }
        }
        return "{" + lines("images", images) + ",\n\"annotations\":[],\n" + lines("categories", categories) + "}\n"
    }
}

/// An annotation file that does not give the ids of the images and categories, or an image that it does not list.
public struct COCOIndexError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// The file is not JSON.
        case notJSON(JSONError)
        /// A list of COCO's format is missing.
        case noList(String)
        /// An element of a list has no whole number as its id, or no name.
        case element(String, index: Int, name: String)
        /// No category of the file is a class of the network.
        case otherCategories(found: [String], labels: [String])
        /// The image is not in the list.
        case notListed(in: String, count: Int)
        /// Several images of the list have the name, with different ids.
        case ambiguous(in: String, [String])
    }

    /// The file or the image that it is about.
    public let subject: String
    /// What is wrong.
    public let problem: Problem

    init(_ subject: String, _ problem: Problem) { (self.subject, self.problem) = (subject, problem) }

    public var description: String { subject.escapedForDisplay + ": " + reason }

    private var reason: String {
        switch problem {
        case .notJSON(let error): "is not JSON: \(error)"
        case .noList(let key): "has no list \"\(key)\", as annotations in COCO's format have"
        case .element(let key, let index, let name):
            "element \(index + 1) of \"\(key)\" has no whole number \"id\" or no text \"\(name)\""
        case .otherCategories(let found, let labels):
            "none of its categories (\(Self.start(of: found))) is a class of the network (\(Self.start(of: labels)))"
        case .notListed(let list, let count):
            "is not among the \(pluralized(count, "image")) of \(list.escapedForDisplay): its results would have no id"
        case .ambiguous(let list, let names):
            "may be several images of \(list.escapedForDisplay): \(Self.start(of: names))"
        }
    }

    private static func start(of names: [String]) -> String {
        let shown = names.prefix(5).map(\.escapedForDisplay).joined(separator: ", ")
        return names.isEmpty ? "there are none" : names.count > 5 ? shown + ", …" : shown
    }
}

extension COCOIndexError {
    public var category: ErrorCategory { .invalid }
}
