import CVCore

/// Finds weight files by name in the places where they may stand.
public struct WeightsLocator: Sendable {
    /// A file or folder to look at. It need not exist.
    public struct SearchPath: Sendable, Equatable {
        public let path: String
        /// Why it is looked at, such as "CVTOOL_WEIGHTS".
        public let origin: String

        public init(_ path: String, origin: String) {
            self.path = path
            self.origin = origin
        }
    }

    /// Weights that were found, with their header.
    public struct Found: Sendable {
        public let path: String
        public let searchPath: SearchPath
        /// The header, or the error that reading it gave.
        public let header: Result<SafetensorsHeader, any Error>

        /// The name to ask for it by: that of the file, without `.safetensors`.
        public var name: String { WeightsLocator.stem(of: path) }
        public var metadata: [String: String] { (try? header.get())?.metadata ?? [:] }
    }

    public static let environmentKey = "CVTOOL_WEIGHTS"

    /// In the order in which they are searched.
    public let searchPaths: [SearchPath]

    public init(searchPaths: [SearchPath]) { self.searchPaths = searchPaths }

    /// The folders of this process; see `init(environment:packageFolder:executableFolder:)`.
    public init() { self.init(environment: environmentVariable(Self.environmentKey)) }

    /// The places of this process: `CVTOOL_WEIGHTS`, the package's `Weights`, beside the executable, and the
    /// installed share folders.
    ///
    /// `environment` is the value of `CVTOOL_WEIGHTS`: files or folders, separated by colons. `executableFolder`
    /// is the folder of the running program, links resolved.
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
        where !searchPaths.contains(where: { $0.path == share }) {
            searchPaths.append(SearchPath(share, origin: "installed"))
        }
        self.searchPaths = searchPaths
    }

    /// The folder of the package when this file was compiled. Elsewhere it does not exist, and nothing is found in it.
    public static let packageFolder = (0..<3).reduce(#filePath) { path, _ in parent(of: path) }

    /// The folder of the running program, links resolved; nil when the system does not tell.
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

    /// The path of the weights that `nameOrPath` means.
    ///
    /// A file at this very path comes first. Otherwise what has no slash is looked for in `searchPaths`: a file fits when
    /// its name does, and a file that is itself a place also when its metadata names that model. Whether the file
    /// holds weights is for its reader to find out.
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

    /// All weight files in `searchPaths`, in the order of the places, then by name. Only headers are read.
    ///
    /// A file that is hidden by one of the same name in an earlier place is left out: `find` would not give it.
    public func list() -> [Found] {
        var names: Set<String> = []
        var result: [Found] = []
        for searchPath in searchPaths {
            for path in files(of: searchPath) where names.insert(Self.stem(of: path)).inserted {
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

/// No weights of that name, or no file at that path.
public struct WeightsNotFound: ToolkitError, Equatable {
    public let name: String
    /// Whether a path was given: then nothing was searched.
    public let isPath: Bool
    public let searched: [WeightsLocator.SearchPath]
    /// The nearest name there is.
    public let nearest: String?

    public init(name: String, isPath: Bool, searched: [WeightsLocator.SearchPath], nearest: String?) {
        self.name = name
        self.isPath = isPath
        self.searched = searched
        self.nearest = nearest
    }

    public var description: String {
        if isPath { return "\(name.escapedForDisplay): there is no weight file at this path" }
        let searchPaths = searched.map { "\n  \($0.path.escapedForDisplay) (\($0.origin))" }.joined()
        return "no weights \(quoted(name)) were found"
            + (nearest.map { "; did you mean \(quoted($0))?" }
                ?? "; give the path of a .safetensors file, or its folder in "
                + WeightsLocator.environmentKey + ".") + " Searched:" + searchPaths
    }
}
