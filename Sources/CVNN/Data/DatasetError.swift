import CVCore

/// A row of a list that names a picture.
public struct ListedPicture: Sendable, Equatable {
    public let path: String
    /// From 1.
    public let line: Int
}

/// A set of pictures that cannot be used as it is.
public struct DatasetError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        // What is at the path.
        case nothingThere(reason: String)
        case unreadableFolder(String, reason: String)
        case badName(String)
        case tooManyFiles(limit: Int)
        case severalRoots([String])

        // Classes.
        case emptyClass(String, found: IgnoredFiles)
        case tooFewClasses([String], ignored: IgnoredFiles)
        case otherClasses(ClassDifference)

        // Lists.
        case emptyList
        case badHeader(found: [String])
        case openQuote(line: Int)
        case textAfterQuote(line: Int)
        case notUTF8(line: Int)
        case wrongFieldCount(line: Int, expected: Int, found: Int)
        case emptyField(String, line: Int)
        case badPart(String, line: Int)
        case listedTwice(String, lines: [Int])
        case missingFiles([ListedPicture], count: Int, of: Int)

        // Pictures.
        case allBroken(class: String, count: Int, first: String)
        case nothingHeldBack(DatasetPart, fraction: Double, largestClass: Int)
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
        case .severalRoots(let roots):
            "has class folders in several places: "
                + listed(roots.prefix(3).map { $0.isEmpty ? "the top" : quoted($0) }, of: roots.count)
                + "; pack one of them alone"
        case .allBroken(let name, let count, let first):
            "no picture of class \(quoted(name)) can be decoded (of \(count)); the first: \(first)"
        case .nothingHeldBack(let part, let fraction, let largest):
            "\(fraction) of its classes is no picture for the part \"\(part.rawValue)\": the largest class has "
                + "\(counted(largest, "picture")); hold back more"
        case .undecodable(let name, let reason): "\(quoted(name)): cannot be decoded: \(reason)"
        default: classText ?? listText
        }
    }

    private var classText: String? {
        switch self {
        case .emptyClass(let name, let found):
            "the class folder \(quoted(name)) has no JPEG or PNG pictures" + found.beside
                + "; add some, or remove the folder"
        case .tooFewClasses(let names, let ignored):
            "has \(names.isEmpty ? "no class folders with pictures" : "only the class \(quoted(names[0]))")"
                + ignored.beside + "; 2 classes or more expected, the pictures of each in a folder with its name"
        case .otherClasses(let difference): difference.text
        default: nil
        }
    }

    private var listText: String {
        switch self {
        case .emptyList: "is empty; a header \"path,label\" and a row for each picture are expected"
        case .badHeader(let found):
            "line 1 is \(quoted(found.joined(separator: ","))), but a header with the columns \"path\" and \"label\" "
                + "is expected"
        case .openQuote(let line): "line \(line): a quote is opened and never closed"
        case .textAfterQuote(let line): "line \(line): text follows a closing quote; double the quotes inside a field"
        case .notUTF8(let line): "line \(line) is not valid UTF-8; save the list as UTF-8"
        case .wrongFieldCount(let line, let expected, let found):
            "line \(line) has \(counted(found, "field")), but the header has \(expected)"
        case .emptyField(let column, let line): "line \(line): the \(column) is empty"
        case .badPart(let name, let line):
            "line \(line): the split is \(quoted(name)), but train, dev or test is expected"
        case .listedTwice(let path, let lines):
            "\(quoted(path)) is listed twice, on lines \(lines.map { "\($0)" }.joined(separator: " and "))"
        case .missingFiles(let first, let count, let all):
            "\(count) of \(counted(all, "picture")) \(count == 1 ? "is" : "are") not there: "
                + listed(first.map { "\(quoted($0.path)) (line \($0.line))" }, of: count)
                + "; paths are relative to the folder of the list"
        default: "cannot be used"
        }
    }
}

extension IgnoredFiles {
    /// " (but 3 other files: a, b, c)", or nothing.
    fileprivate var beside: String {
        count == 0 ? "" : " (but \(counted(count, "other file")): \(listed(examples.map { quoted($0) }, of: count)))"
    }
}
