import CVCore
import Yams

/// What the `data.yaml` of a data set in the form of YOLO says.
///
///     path: .                     # the folder that the others are relative to; that of the file without it
///     train: images/train         # a folder of images, a .txt list of them, or a list of such
///     val: images/val
///     names: [cat, dog]           # or a map of numbers to names
struct YOLOConfiguration {
    /// A folder of images, or a list of them.
    struct Source {
        let path: String
        let part: DatasetPart
        let line: Int?
    }

    /// The folder that paths are relative to.
    let root: String
    let sources: [Source]
    let names: [String]

    private static let maxBytes = 1 << 22
    private static let mostClasses = 10_000

    /// The file of a folder; nil if it has none.
    static func file(of folder: String) -> String? {
        let known = ["data.yaml", "data.yml", "dataset.yaml", "dataset.yml"].map { FileSystem.join(folder, $0) }
        if let found = known.first(where: { FileSystem.kind(of: $0) == .file }) { return found }
        guard case .success(let entries) = FileSystem.listing(of: folder) else { return nil }
        return entries.filter { $0.kind == .file && isYAML($0.name.text) }.map { FileSystem.join(folder, $0.name.text) }
            .first {
                guard let text = try? TextInput.lines($0, maxBytes: maxBytes) else { return false }
                return text.contains { $0.hasPrefix("names") } && text.contains { $0.hasPrefix("train") }
            }
    }

    /// Whether a file is one of YAML by its name.
    static func isYAML(_ path: String) -> Bool {
        ["yaml", "yml"].contains(FileSystem.suffix(of: path)?.lowercased() ?? "")
    }

    /// Reads a file.
    ///
    /// - Parameter path: of the file.
    /// - Throws: `DatasetError` with the line, `FileError`.
    init(contentsOf path: String) throws {
        let text = try TextInput.lines(path, maxBytes: Self.maxBytes).joined(separator: "\n")
        func wrong(_ line: Int?, _ problem: AnnotationDefect.Problem) -> DatasetError {
            DatasetError(path, .annotations([AnnotationDefect(path, line: line, problem)]))
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw wrong(error.line, .malformed("it is not valid YAML: \(error.reason)"))
        }
        guard let mapping = node?.mapping else { throw wrong(1, .missing("\"train\", \"val\" and \"names\" of YOLO")) }
        let folder = FileSystem.folder(of: path)
        let stated = mapping["path"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        root = Self.existing(stated.map { $0.hasPrefix("/") ? $0 : FileSystem.join(folder, $0) }) ?? folder
        do throws(Malformed) {
            names = try Self.names(mapping)
            sources = try Self.sources(mapping, root: root, folder: folder)
        } catch {
            throw wrong(error.line, error.problem)
        }
    }

    private static func existing(_ path: String?) -> String? {
        path.flatMap { FileSystem.kind(of: $0) == .folder ? $0 : nil }
    }

    private struct Malformed: Error {
        let line: Int?
        let problem: AnnotationDefect.Problem

        init(_ node: Node?, _ problem: AnnotationDefect.Problem) {
            (line, self.problem) = (node?.mark?.line ?? 1, problem)
        }
    }

    private static func names(_ mapping: Node.Mapping) throws(Malformed) -> [String] {
        guard let node = mapping["names"] else { throw Malformed(nil, .missing("the list \"names\" of the classes")) }
        var names: [String] = []
        if let list = node.sequence {
            for element in list {
                guard let name = element.string else { throw Malformed(element, .missing("the name of a class")) }
                names.append(name)
            }
        } else if let map = node.mapping {
            names = try self.names(numbered: map)
        } else {
            throw Malformed(node, .badValue("\"names\"", found: node.string ?? "", expected: "a list"))
        }
        guard (1...mostClasses).contains(names.count) else {
            throw Malformed(
                node, .badValue("the number of classes", found: "\(names.count)", expected: "1 to \(mostClasses)"))
        }
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw Malformed(node, .malformed("the class \(quoted(names[twice])) is listed twice"))
        }
        if let count = mapping["nc"], count.int != names.count {
            throw Malformed(
                count, .badValue("\"nc\"", found: count.string ?? "", expected: "\(names.count), as there are names,"))
        }
        return names
    }

    /// Names by their numbers, each from 0 on having one.
    private static func names(numbered map: Node.Mapping) throws(Malformed) -> [String] {
        var byNumber: [Int: String] = [:]
        for (key, value) in map {
            guard let number = key.int, let name = value.string, number >= 0, number < map.count else {
                throw Malformed(
                    key, .badValue("a key of \"names\"", found: key.string ?? "", expected: "0 to \(map.count - 1)"))
            }
            byNumber[number] = name
        }
        guard byNumber.count == map.count else {
            throw Malformed(map.first?.key, .malformed("\"names\" has a number twice"))
        }
        return byNumber.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func sources(
        _ mapping: Node.Mapping, root: String, folder: String
    ) throws(Malformed) -> [Source] {
        var sources: [Source] = []
        for key in ["train", "val", "valid", "validation", "test"] {
            guard let node = mapping[key], let part = DatasetPart(named: key) else { continue }
            // A key without a value is YAML's null.
            let nodes = node.sequence.map { Array($0) } ?? (node.null == nil ? [node] : [])
            for node in nodes {
                guard let text = node.string, !text.isEmpty else {
                    throw Malformed(node, .badValue(quoted(key), found: "", expected: "a path"))
                }
                guard let path = path(text, root: root, folder: folder) else {
                    throw Malformed(node, .noFile(text))
                }
                sources.append(Source(path: path, part: part, line: node.mark?.line))
            }
        }
        guard !sources.isEmpty else { throw Malformed(nil, .missing("\"train\" or \"val\" with a folder of images")) }
        return sources
    }

    /// Programs write `../train/images` for a folder beside the file; that counts if there is no other.
    private static func path(_ text: String, root: String, folder: String) -> String? {
        if text.hasPrefix("/") { return exists(text) ? text : nil }
        var inner = text
        while inner.hasPrefix("../") { inner = String(inner.dropFirst(3)) }
        let paths = [text, inner].flatMap { name in [root, folder].map { FileSystem.join($0, name) } }
        return paths.first(where: exists)
    }

    private static func exists(_ path: String) -> Bool {
        switch FileSystem.kind(of: path) {
        case .file, .folder: true
        case .none: false
        }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    fileprivate var reason: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let keys, _): "the key \(quoted(keys.first ?? "")) occurs twice"
        default: "\(self)".split(separator: "\n").first.map { String($0) } ?? "it cannot be read"
        }
    }
}
