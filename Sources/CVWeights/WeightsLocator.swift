import CVCore

/// Finds weight files by name in a list of search paths.
public struct WeightsLocator: Sendable {
    /// A file or folder to search. It need not exist.
    public struct SearchPath: Sendable, Equatable {
        /// The path of the file or folder.
        public let path: String
        /// Where the search path comes from, such as "CVTOOL_WEIGHTS".
        public let origin: String

        /// Creates a search path.
        ///
        /// - Parameters:
        ///   - path: the path of a file or folder.
        ///   - origin: where it comes from, for messages.
        public init(_ path: String, origin: String) {
            self.path = path
            self.origin = origin
        }
    }

    /// A weight file that was found, with its header.
    public struct Found: Sendable {
        /// The path of the file.
        public let path: String
        /// The search path that led to it.
        public let searchPath: SearchPath
        /// The header, or the error of reading it.
        public let header: Result<SafetensorsHeader, any Error>

        /// The name by which `find` returns it: that of the file, without `.safetensors`.
        public var name: String { WeightsLocator.stem(of: path) }
        /// The metadata of the header; empty if the header could not be read.
        public var metadata: [String: String] { (try? header.get())?.metadata ?? [:] }
    }

    /// The environment variable with search paths, separated by colons.
    public static let environmentKey = "CVTOOL_WEIGHTS"

    /// The search paths in the order of the search.
    public let searchPaths: [SearchPath]

    /// Creates a locator with its own search paths.
    ///
    /// - Parameter searchPaths: the search paths in the order of the search.
    public init(searchPaths: [SearchPath]) { self.searchPaths = searchPaths }

    /// Creates a locator with the search paths of this process: those of `CVTOOL_WEIGHTS`, `Weights` of the package, the folder
    /// of the executable, and the installed share folders.
    public init() { self.init(environment: environmentVariable(Self.environmentKey)) }

    /// Creates a locator with the search paths of a process; each argument is that of this process unless given.
    ///
    /// - Parameters:
    ///   - environment: the value of `CVTOOL_WEIGHTS`: files or folders, separated by colons.
    ///   - packageFolder: the folder of the package.
    ///   - executableFolder: the folder of the executable, links resolved.
    package init(
        environment: String? = environmentVariable(environmentKey),
        packageFolder: String = packageFolder, executableFolder: String? = executableFolder
    ) {
        var searchPaths = (environment ?? "").split(separator: ":").map {
            SearchPath(String($0), origin: Self.environmentKey)
        }
        searchPaths.append(SearchPath(packageFolder + "/Weights", origin: "the package's sources"))
        if let executableFolder {
            searchPaths.append(SearchPath(executableFolder + "/Weights", origin: "beside the executable"))
            searchPaths.append(SearchPath(executableFolder, origin: "beside the executable"))
            let share = Self.parent(of: executableFolder) + "/share/cvtoolkit/Weights"
            searchPaths.append(SearchPath(share, origin: "installed"))
        }
        for share in ["/usr/local/share/cvtoolkit/Weights", "/usr/share/cvtoolkit/Weights"]
        where !searchPaths.contains(where: { $0.path.hasSameBytes(as: share) }) {
            searchPaths.append(SearchPath(share, origin: "installed"))
        }
        self.searchPaths = searchPaths
    }

    /// The folder of the package at compile time. On another machine it does not exist, and nothing is found in it.
    public static let packageFolder = (0..<3).reduce(#filePath) { path, _ in parent(of: path) }

    /// The folder of the executable, links resolved; nil if the system does not report it.
    public static var executableFolder: String? {
        #if os(Linux)
        let program = "/proc/self/exe"
        #else
        let program = CommandLine.arguments.first ?? ""
        #endif
        guard let real = realpath(program, nil) else { return nil }
        defer { free(real) }
        return parent(of: String(cString: real))
    }

    // MARK: Searching

    /// The path of the weights with a name or path.
    ///
    /// A file at exactly this path comes first. Otherwise a name without a slash is searched in `searchPaths`: a file matches
    /// if its name does; a search path that is itself a file also matches if its metadata names that model. The contents are
    /// not checked.
    ///
    /// - Parameter nameOrPath: a name, with or without `.safetensors`, or a path.
    /// - Returns: the path of the file.
    /// - Throws: `WeightsNotFound` with the search paths and the nearest name.
    public func find(_ nameOrPath: String) throws(WeightsNotFound) -> String {
        if kind(of: nameOrPath) == .file { return nameOrPath }
        if nameOrPath.contains("/") {
            throw WeightsNotFound(name: nameOrPath, isPath: true, searched: [], nearest: nil)
        }
        let name = Self.stem(of: nameOrPath)
        for searchPath in searchPaths {
            switch kind(of: searchPath.path) {
            case .missing: continue
            case .folder:
                let path = searchPath.path + "/" + name + Self.suffix
                if kind(of: path) == .file { return path }
            case .file:
                if Self.stem(of: searchPath.path) == name { return searchPath.path }
                if let header = try? SafetensorsHeader.read(searchPath.path),
                    header.metadata[WeightsMetadata.Key.model.rawValue] == name
                {
                    return searchPath.path
                }
            }
        }
        let nearest = nearestName(to: name, in: list().map(\.name))
        throw WeightsNotFound(name: nameOrPath, isPath: false, searched: searchPaths, nearest: nearest)
    }

    /// All weight files in `searchPaths`, in the order of the search paths, then by name. Only headers are read.
    ///
    /// A file with the same name as one in an earlier search path is left out: `find` would not return it.
    ///
    /// - Returns: the files that `find` can return.
    public func list() -> [Found] {
        var names: Set<PathKey> = []
        var result: [Found] = []
        for searchPath in searchPaths {
            for path in files(of: searchPath) where names.insert(PathKey(Self.stem(of: path))).inserted {
                let header = Result<SafetensorsHeader, any Error> { try SafetensorsHeader.read(path) }
                result.append(Found(path: path, searchPath: searchPath, header: header))
            }
        }
        return result
    }

    private func files(of searchPath: SearchPath) -> [String] {
        switch kind(of: searchPath.path) {
        case .missing: return []
        case .file: return [searchPath.path]
        case .folder:
            let names = (try? FileSystem.entries(of: searchPath.path).get()) ?? []
            let paths = names.map(\.text).filter { $0.hasSuffix(Self.suffix) }.map { searchPath.path + "/" + $0 }
            return paths.filter { kind(of: $0) == .file }
        }
    }

    private enum Kind { case missing, file, folder }

    private func kind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }

    // MARK: Names

    private static let suffix = ".safetensors"

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func stem(of path: String) -> String {
        let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
        return name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
    }
}

/// An error for weights that were not found by name or path.
public struct WeightsNotFound: ToolkitError, Equatable {
    /// The name or path that was searched.
    public let name: String
    /// Whether a path was given: then nothing is searched.
    public let isPath: Bool
    /// The search paths.
    public let searched: [WeightsLocator.SearchPath]
    /// The nearest name among the weights found; nil if none is near.
    public let nearest: String?

    /// Creates the error.
    ///
    /// - Parameters:
    ///   - name: the name or path that was searched.
    ///   - isPath: whether it is a path.
    ///   - searched: the search paths.
    ///   - nearest: the nearest name among the weights found.
    public init(name: String, isPath: Bool, searched: [WeightsLocator.SearchPath], nearest: String?) {
        self.name = name
        self.isPath = isPath
        self.searched = searched
        self.nearest = nearest
    }

    /// The message, with the search paths and a suggestion.
    public var description: String {
        if isPath { return "\(name.escapedForDisplay): there is no weight file at this path" }
        let searchPaths = searched.map { "\n  \($0.path.escapedForDisplay) (\($0.origin))" }.joined()
        return "no weights \(quoted(name)) were found"
            + (nearest.map { "; did you mean \(quoted($0))?" }
                ?? "; give the path of a .safetensors file, or its folder in "
                + WeightsLocator.environmentKey + ".") + " Searched:" + searchPaths
    }
}

extension WeightsNotFound {
    public var category: ErrorCategory { .notFound }
}
