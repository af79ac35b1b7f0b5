import CVCore

/// Where results go: the current folder, `-o DIR` or `-o FILE`.
public enum OutputDestination: Sendable, Equatable {
    case folder(String)
    case file(String)

    public static let currentFolder = OutputDestination.folder(".")

    /// The meaning of `-o`'s value; nil for an option that was not given.
    ///
    /// A folder that exists, a name that ends in a slash, and a name without a suffix are folders: a picture's file needs
    /// a suffix. Any other name is a file, and fits only one input.
    public init(option: String?, inputCount: Int) throws(OutputError) {
        guard let option else {
            self = .currentFolder
            return
        }
        if option.hasSuffix("/") || Self.isFolder(option) {
            self = .folder(option)
        } else if inputCount > 1 {
            throw .fileForSeveral(option: option, inputs: inputCount)
        } else if !InputExpander.isImageName(option) {
            throw .unknownSuffix(option: option)
        } else {
            self = .file(option)
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        switch FileSystem.kind(of: path) {
        case .folder: true
        case .file: false
        case .none: !path.isEmpty && FileSystem.suffix(of: path) == nil
        }
    }

    /// The path of the annotated picture: `a/photo.png` with the ending `_detect` is `photo_detect.png` in the folder.
    ///
    /// A suffix that says what can be written is kept, so `x.jpg` and `x.png` do not collide; others become `jpg`.
    /// input: a path, or "-" for standard input, whose stem is `stdin`.
    public func imagePath(for input: String, ending: String) -> String {
        switch self {
        case .file(let path): path
        case .folder:
            companionPath(
                for: input, ending: ending,
                suffix: InputExpander.isImageName(input) ? FileSystem.suffix(of: input) ?? "jpg" : "jpg")
        }
    }

    /// The path of another file about the same input, such as `photo.txt`: in the folder, or beside the output file.
    public func companionPath(for input: String, ending: String = "", suffix: String) -> String {
        let stem = input == "-" ? "stdin" : FileSystem.stem(of: input)
        return inFolder(stem + ending + "." + suffix)
    }

    /// Where the companions go; "." for the current folder.
    public var folder: String {
        switch self {
        case .folder(let path): path
        case .file(let path): FileSystem.folder(of: path)
        }
    }

    private func inFolder(_ name: String) -> String {
        folder == "." ? name : FileSystem.join(folder, name)
    }

    /// Makes the folder if it is missing.
    public func createFolder() throws(FileError) {
        if case .folder(let path) = self { try FileSystem.createFolder(path) }
    }

    /// The folder that `createFolder` would make.
    fileprivate var missingFolder: String? {
        guard case .folder(let path) = self, case .none = FileSystem.kind(of: path) else { return nil }
        return path
    }
}

/// A file that is going to be written, and the input that it is about.
public struct PlannedOutput: Sendable, Equatable {
    public let input: String
    public let path: String

    public init(input: String, path: String) {
        self.input = input
        self.path = path
    }

    /// Throws if two outputs have one path, if one would replace an input, if one exists and `force` is false, or if a
    /// folder is missing or read-only.
    ///
    /// To be called before any work, with all outputs of all inputs. Touches nothing. That the folder of `destination`
    /// does not exist yet is no error: `createFolder` makes it.
    public static func check(
        _ outputs: [PlannedOutput], inputs: [String], destination: OutputDestination, force: Bool
    ) throws(OutputError) {
        try checkCollisions(outputs)
        let sources = Dictionary(
            inputs.filter { $0 != "-" }.compactMap { path in FileSystem.identity(of: path).map { ($0, path) } },
            uniquingKeysWith: { first, _ in first })
        let newFolder = destination.missingFolder
        var existing: [String] = []
        for output in outputs {
            if let identity = FileSystem.identity(of: output.path), let input = sources[identity] {
                throw .replacesInput(output: output.path, input: input)
            }
            if let newFolder, plain(FileSystem.folder(of: output.path)) == plain(newFolder) { continue }
            do {
                try FileOutput.checkWritable(output.path, overwrite: force)
            } catch  where error.problem == .exists {
                existing.append(output.path)
            } catch {
                throw .file(error)
            }
        }
        if !existing.isEmpty { throw .exist(existing) }
    }

    private static func checkCollisions(_ outputs: [PlannedOutput]) throws(OutputError) {
        var first: [String: PlannedOutput] = [:]
        var collisions: [OutputError.Collision] = []
        for output in outputs {
            let path = plain(output.path)
            if let other = first[path] {
                if other.input == output.input { throw .givenTwice(input: output.input) }
                collisions.append(.init(output: output.path, inputs: [other.input, output.input]))
            } else {
                first[path] = output
            }
        }
        if !collisions.isEmpty { throw .collisions(collisions) }
    }

    /// Without the parts of a path that lead nowhere: "a//b" and "./a/b" are "a/b".
    private static func plain(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + parts : parts
    }
}

/// Outputs that cannot be written as asked; known before any work.
public enum OutputError: ToolkitError, Equatable {
    /// Two inputs whose outputs would have one name.
    public struct Collision: Sendable, Equatable {
        public let output: String
        public let inputs: [String]

        public init(output: String, inputs: [String]) {
            self.output = output
            self.inputs = inputs
        }
    }

    case fileForSeveral(option: String, inputs: Int)
    case unknownSuffix(option: String)
    /// A picture whose pixels must stay as they are, or that has alpha.
    case needsPNG(option: String)
    case collisions([Collision])
    case givenTwice(input: String)
    case replacesInput(output: String, input: String)
    case exist([String])
    case file(FileError)

    /// Whether the option itself makes no sense, whatever files there are.
    public var isUsage: Bool {
        switch self {
        case .fileForSeveral, .unknownSuffix, .needsPNG, .givenTwice: true
        case .collisions, .replacesInput, .exist, .file: false
        }
    }

    public var description: String {
        switch self {
        case .fileForSeveral(let option, let inputs):
            "-o \(option.escapedForDisplay): one file cannot hold the results of \(inputs) inputs;"
                + " to name a folder, end it with a slash"
        case .unknownSuffix(let option):
            "-o \(option.escapedForDisplay): the suffix says no picture format that can be written"
                + " (\(InputExpander.imageSuffixes.joined(separator: ", "))); to name a folder, end it with a slash"
        case .needsPNG(let option):
            "-o \(option.escapedForDisplay): this picture has alpha, or values that must stay what they are; its name must"
                + " end in .png"
        case .collisions(let collisions):
            "outputs would have the same name: "
                + Self.list(
                    collisions.map { "\($0.inputs.joined(separator: " and ")) both give \($0.output)" }, "; ")
                + "; run them apart, with another -o each"
        case .givenTwice(let input):
            "\(input.escapedForDisplay): is given twice; once is enough"
        case .replacesInput(let output, let input):
            "\(output.escapedForDisplay): would replace the input \(input.escapedForDisplay); choose another -o"
        case .exist(let paths):
            Self.list(paths, ", ") + (paths.count == 1 ? ": exists" : ": exist")
                + " already; pass --force to overwrite, or choose another -o"
        case .file(let error): error.description
        }
    }

    /// The first five, and how many more.
    private static func list(_ items: [String], _ separator: String) -> String {
        let shown = items.prefix(5).map(\.escapedForDisplay).joined(separator: separator)
        return items.count > 5 ? shown + separator + "and \(items.count - 5) more" : shown
    }
}
