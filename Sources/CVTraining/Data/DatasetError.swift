import CVCore

/// A row of a list that names a picture.
public struct ListedImage: Sendable, Equatable {
    public let path: String
    /// From 1.
    public let line: Int
}

/// A set of pictures that cannot be used as it is.
public struct DatasetError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        // What is at the path.
        /// `reason` is the system's.
        case nothingThere(reason: String)
        case unreadableFolder(String, reason: String)
        /// Not UTF-8.
        case badName(String)
        case tooManyFiles(limit: Int)
        /// Folders of class folders: it is not known which of them is meant.
        case severalRoots([String])

        // Classes.
        case emptyClass(String, found: IgnoredFiles)
        case tooFewClasses([String], ignored: IgnoredFiles)
        case tooManyClasses(Int, limit: Int)
        case longClassName(String, bytes: Int, limit: Int)
        case otherClasses(ClassDifference)

        // Lists. Lines are counted from 1.
        case emptyList
        case badHeader(found: [String])
        case openQuote(line: Int)
        case textAfterQuote(line: Int)
        case notUTF8(line: Int)
        case wrongFieldCount(line: Int, expected: Int, found: Int)
        case emptyField(String, line: Int)
        case badPart(String, line: Int)
        case listedTwice(String, lines: [Int])
        case missingFiles([ListedImage], count: Int, of: Int)

        // Pictures. `first` says what is wrong with the first of them.
        case allBroken(class: String, count: Int, first: String)
        case nothingHeldOut(DatasetPart, fraction: Double, largestClass: Int)
        case undecodable(String, reason: String)
    }

    /// Of the folder, tar file or list.
    public let path: String
    public let problem: Problem

    public init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    public var description: String { "\(path.escapedForDisplay): \(problem.text)" }
}

/// How the classes of a set differ from those that are asked for.
public struct ClassDifference: Sendable, Equatable {
    /// Asked for, and not in the set.
    public let missing: [String]
    /// In the set, and not asked for.
    public let unknown: [String]

    /// Nil if there is none. The order does not count.
    public init?(expected: [String], found: [String]) {
        let (wanted, there) = (Set(expected), Set(found))
        missing = expected.filter { !there.contains($0) }
        unknown = found.filter { !wanted.contains($0) }
        if missing.isEmpty, unknown.isEmpty { return nil }
    }

    fileprivate var text: String {
        var parts: [String] = []
        if !unknown.isEmpty {
            let names = unknown.prefix(3).map { name in
                quoted(name) + (nearestName(to: name, in: missing).map { " (near to \(quoted($0)))" } ?? "")
            }
            parts.append("has \(listed(names, of: unknown.count)) that \(unknown.count == 1 ? "is" : "are") not known")
        }
        if !missing.isEmpty {
            parts.append("lacks \(listed(missing.prefix(3).map { quoted($0) }, of: missing.count))")
        }
        return "its classes are others than expected: it " + parts.joined(separator: ", and ")
            + "; the names must be the same"
    }
}

/// "a, b and 5 more".
private func listed(_ names: [String], of count: Int) -> String {
    names.joined(separator: ", ") + (count > names.count ? " and \(count - names.count) more" : "")
}

extension DatasetError.Problem {
    fileprivate var text: String {
        switch self {
        case .nothingThere(let reason): reason
        case .unreadableFolder(let folder, let reason): "the folder \(quoted(folder)) \(reason)"
        case .badName(let name): "\(quoted(name)): \(FileSystem.badNameMessage)"
        case .tooManyFiles(let limit): "holds more than \(limit) files; divide it"
        case .severalRoots(let roots): Self.explain(roots: roots)
        case .emptyClass(let name, let found):
            "the class folder \(quoted(name)) has no JPEG or PNG pictures\(found.beside); add some, or remove the folder"
        case .tooFewClasses(let names, let ignored): Self.explain(classes: names, ignored)
        case .tooManyClasses(let count, let limit):
            "has \(count) classes; at most \(limit) can be stored with a network's weights"
        case .longClassName(let name, let bytes, let limit):
            "the class \(quoted(name)) has a name of \(bytes) bytes; at most \(limit) can be stored with a network's "
                + "weights"
        case .otherClasses(let difference): difference.text
        case .emptyList: "is empty; a header \"path,label\" and a row for each picture are expected"
        case .badHeader(let found):
            "line 1 is \(quoted(found.joined(separator: ","))), but a header with the columns \"path\" and \"label\" "
                + "is expected"
        case .openQuote(let line): "line \(line): a quote is opened and never closed"
        case .textAfterQuote(let line): "line \(line): text follows a closing quote; double the quotes inside a field"
        case .notUTF8(let line): "line \(line) is not valid UTF-8; save the list as UTF-8"
        case .wrongFieldCount(let line, let expected, let found):
            "line \(line) has \(pluralized(found, "field")), but the header has \(expected)"
        case .emptyField(let column, let line): "line \(line): the \(column) is empty"
        case .badPart(let name, let line):
            "line \(line): the split is \(quoted(name)), but train, dev or test is expected"
        case .listedTwice(let path, let lines):
            "\(quoted(path)) is listed twice, on lines \(lines.map { "\($0)" }.joined(separator: " and "))"
        case .missingFiles(let first, let count, let all): Self.explain(missing: first, count, of: all)
        case .allBroken(let name, let count, let first):
            "no picture of class \(quoted(name)) can be decoded (of \(count)); the first: \(first)"
        case .nothingHeldOut(let part, let fraction, let largest):
            "the part \"\(part.rawValue)\" stays empty: \(fraction) of the largest class, which has "
                + "\(pluralized(largest, "picture")), is less than one; hold back more"
        case .undecodable(let name, let reason): "\(quoted(name)): cannot be decoded: \(reason)"
        }
    }

    private static func explain(roots: [String]) -> String {
        let names = roots.prefix(3).map { $0.isEmpty ? "the top" : quoted($0) }
        return "has class folders in several places: \(listed(names, of: roots.count)); pack one of them alone"
    }

    private static func explain(classes: [String], _ ignored: IgnoredFiles) -> String {
        let found = classes.first.map { "only the class \(quoted($0))" } ?? "no class folders with pictures"
        return
            "has \(found)\(ignored.beside); 2 classes or more expected, the pictures of each in a folder with its name"
    }

    private static func explain(missing: [ListedImage], _ count: Int, of all: Int) -> String {
        let names = missing.map { "\(quoted($0.path)) (line \($0.line))" }
        return "\(count) of \(pluralized(all, "picture")) \(count == 1 ? "is" : "are") not there: "
            + listed(names, of: count) + "; paths are relative to the folder of the list"
    }
}

extension IgnoredFiles {
    /// " (but 3 other files: a, b, c)", or nothing.
    fileprivate var beside: String {
        count == 0 ? "" : " (but \(pluralized(count, "other file")): \(listed(examples.map { quoted($0) }, of: count)))"
    }
}

extension DatasetError {
    public var category: ErrorCategory {
        switch problem {
        case .nothingThere, .missingFiles: .notFound
        case .unreadableFolder: .io
        case .tooManyFiles, .tooManyClasses, .longClassName: .limit
        default: .invalid
        }
    }
}
