import CVCore

/// A set of pictures that cannot be used as it is.
public struct DatasetError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        case emptyClass(String)
        case tooFewClasses([String])
        case otherClasses(ClassDifference)
        case allBroken(class: String, count: Int, first: String)
        case unexpected(String)
    }

    /// Of the folder, tar file or list.
    public let path: String
    public let problem: Problem

    public init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    public var description: String { "\(path.escapedForDisplay): \(problem)" }
}

/// How the classes of a set differ from those that are asked for.
public struct ClassDifference: Sendable, Equatable {
    /// Asked for, and not in the set.
    public let missing: [String]
    /// In the set, and not asked for.
    public let unknown: [String]

    init(expected: [String], found: [String]) {
        missing = expected.filter { !found.contains($0) }
        unknown = found.filter { !expected.contains($0) }
    }
}
