import CVCore

/// One input of a command, or the reason why there is none.
public enum Input: Sendable, Equatable {
    /// A file to read.
    case file(path: String, origin: InputOrigin)
    /// The bytes of standard input.
    case standardInput
    /// An argument that gives no input.
    case problem(InputProblem)

    /// The path as given by the user; "-" for standard input.
    public var name: String {
        switch self {
        case .file(let path, _): path
        case .standardInput: "-"
        case .problem(let problem): problem.path
        }
    }
}

/// Where an input file was named.
public enum InputOrigin: Sendable, Equatable {
    /// On the command line.
    case argument
    /// In a folder on the command line.
    case folder(String)
    /// As a match of a pattern.
    case glob(String)
    /// In a list file; lines count from 1.
    case list(String, line: Int)
}

/// An argument, an entry of a folder or a line of a list that gives no input.
public struct InputProblem: ToolkitError, Equatable {
    /// The path as given or found.
    public let path: String
    /// The error message, without the path.
    public let message: String

    /// A problem with a path.
    ///
    /// - Parameters:
    ///   - path: the path as given.
    ///   - message: what is wrong.
    public init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    /// The path and the message.
    public var description: String { "\(path.escapedForDisplay): \(message)" }
}

/// Expands the arguments of a command into its inputs.
///
/// - `-` is standard input, once.
/// - A folder stands for the images in it, selected by suffix and sorted by name, without hidden files; with
///   `recursive` also for those in its subfolders. Links are followed; a link to a parent folder is a problem, a folder
///   reached twice is read once.
/// - A `.txt` file is a list: one path per line, relative to the folder of the list; blank lines and lines that start
///   with `#` are ignored.
/// - A name with `*`, `?` or `[` that is not a file is a shell pattern; it stands for the matching images, selected by
///   suffix, and for matching folders as above.
/// - Any other file is used whatever its suffix: its content decides. A list that is not called `.txt` is a problem.
///
/// An error becomes a `.problem` at its position, and the other inputs are still expanded.
public struct InputExpander: Sendable {
    /// The suffixes of image files, in lower case.
    public static var imageSuffixes: [String] { ImageSuffix.read }

    /// Whether folders include their subfolders.
    public var recursive: Bool

    /// Receives the files of a folder that are images by their names, in formats that are not read.
    public var reportUnread: @Sendable (_ folder: String, _ paths: [String]) -> Void

    /// An expander.
    ///
    /// - Parameters:
    ///   - recursive: whether folders include their subfolders.
    ///   - reportUnread: receives the files of a folder that are images by their names, in formats that are not read.
    public init(
        recursive: Bool = false,
        reportUnread: @escaping @Sendable (_ folder: String, _ paths: [String]) -> Void = { _, _ in }
    ) {
        (self.recursive, self.reportUnread) = (recursive, reportUnread)
    }

    /// Expands arguments. Only folders, lists, and what might be a list are opened.
    ///
    /// - Parameter arguments: as on the command line.
    /// - Returns: the inputs, in the order of the arguments.
    public func expand(_ arguments: [String]) -> [Input] {
        var inputs: [Input] = []
        for argument in arguments {
            if argument == "-" {
                let repeated = inputs.contains(.standardInput)
                inputs.append(
                    repeated ? .problem(InputProblem("-", "standard input can be read only once")) : .standardInput)
            } else {
                expand(argument, into: &inputs)
            }
        }
        return inputs
    }

    /// Whether a file name has the suffix of an image.
    ///
    /// - Parameter name: a name or a path.
    /// - Returns: whether its suffix is one of ``imageSuffixes``, in any case.
    public static func isImageName(_ name: String) -> Bool { ImageSuffix.isRead(name) }

    private func expand(_ argument: String, into inputs: inout [Input]) {
        switch FileSystem.kind(of: argument) {
        case .folder: expandFolder(argument, into: &inputs)
        case .file where Self.isListName(argument): expandList(argument, into: &inputs)
        case .file where Self.isUnnamedList(argument):
            let message = "is a list of files, not an image; a list must be named .txt: rename it to "
            inputs.append(.problem(InputProblem(argument, message + FileSystem.name(of: argument) + ".txt")))
        case .file: inputs.append(.file(path: argument, origin: .argument))
        case .none(let reason):
            if argument.contains(where: { "*?[".contains($0) }) {
                expandGlob(argument, into: &inputs)
            } else {
                inputs.append(.problem(InputProblem(argument, reason)))
            }
        }
    }

    private static func isListName(_ path: String) -> Bool { FileSystem.suffix(of: path)?.lowercased() == "txt" }

    /// Whether the first line of a file that is not called an image, and that is not a comment, names a file.
    private static func isUnnamedList(_ path: String) -> Bool {
        guard !isImageName(path), let start = try? FileInput.readPrefix(path, count: 4096).bytes else { return false }
        for line in start.split(separator: UInt8(ascii: "\n")) {
            guard let text = String(validating: line, as: UTF8.self) else { return false }
            let name = text.filter { $0 != "\r" && $0 != "\u{FEFF}" }
            if name.isEmpty || name.hasPrefix("#") { continue }
            let isAbsolute = name.hasPrefix("/")
            return FileSystem.kind(of: isAbsolute ? name : FileSystem.join(FileSystem.folder(of: path), name)) == .file
        }
        return false
    }

    private func expandFolder(_ path: String, into inputs: inout [Input]) {
        var walk = FolderWalk(recursive: recursive, origin: .folder(path))
        walk.visit(path)
        if !walk.unread.isEmpty { reportUnread(path, walk.unread) }
        if walk.found.isEmpty {
            let hint = walk.hasFolders && !recursive ? "; add --recursive to look into its folders" : ""
            let suffixes = Self.imageSuffixes.joined(separator: ", ")
            walk.found = [.problem(InputProblem(path, "no image (\(suffixes)) is in this folder" + hint))]
        }
        inputs += walk.found
    }

    private func expandGlob(_ pattern: String, into inputs: inout [Input]) {
        let matches = FileSystem.matches(of: pattern)
        var found: [Input] = []
        for match in matches {
            switch match {
            case .undecodable(let name): found.append(.problem(InputProblem(name, FileSystem.badNameMessage)))
            case .name(let path):
                if case .folder = FileSystem.kind(of: path) {
                    expandFolder(path, into: &found)
                } else if Self.isImageName(path) {
                    found.append(.file(path: path, origin: .glob(pattern)))
                }
            }
        }
        if found.isEmpty {
            let message = matches.isEmpty ? "no file matches this pattern" : "no image is among the files that match"
            found = [.problem(InputProblem(pattern, message))]
        }
        inputs += found
    }

    private func expandList(_ path: String, into inputs: inout [Input]) {
        let bytes: [UInt8]
        do {
            bytes = try TextInput.read(path, maxBytes: 256 << 20)
        } catch {
            // The message of the error, without the path that it starts with.
            let text = error.description.dropFirst(path.escapedForDisplay.count + 2)
            inputs.append(.problem(InputProblem(path, String(text))))
            return
        }
        let before = inputs.count
        let folder = FileSystem.folder(of: path)
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if let input = self.input(line: line, number: index + 1, list: path, folder: folder) {
                inputs.append(input)
            }
        }
        if inputs.count == before { inputs.append(.problem(InputProblem(path, "this list names no file"))) }
    }

    /// Nil for a blank line or a comment.
    private func input(line: ArraySlice<UInt8>, number: Int, list: String, folder: String) -> Input? {
        guard let text = String(validating: line, as: UTF8.self) else {
            return .problem(InputProblem(list, "line \(number) is not valid UTF-8"))
        }
        // Drop the CR of a Windows line end.
        var name = Substring(text)
        if name.unicodeScalars.last == "\r" { name.unicodeScalars.removeLast() }
        guard !name.allSatisfy(\.isWhitespace), !name.hasPrefix("#") else { return nil }
        // A list in the current folder: its names need no prefix, but "-" would be standard input.
        let isPlain = name.hasPrefix("/") || (folder == "." && name != "-")
        let path = isPlain ? String(name) : FileSystem.join(folder, String(name))
        switch FileSystem.kind(of: path) {
        case .file: return .file(path: path, origin: .list(list, line: number))
        case .folder: return .problem(InputProblem(path, "is a directory; line \(number) of \(list) must name a file"))
        case .none(let reason): return .problem(InputProblem(path, reason + " (line \(number) of \(list))"))
        }
    }
}

/// Collects the images of one folder and, if recursive, of its subfolders.
private struct FolderWalk {
    let recursive: Bool
    let origin: InputOrigin
    var found: [Input] = []
    /// Images by their names, in formats that are not read.
    var unread: [String] = []
    var hasFolders = false
    /// The folders on the current path, and all folders visited.
    private var above: [FileSystem.Identity] = []
    private var visited: Set<FileSystem.Identity> = []

    init(recursive: Bool, origin: InputOrigin) {
        self.recursive = recursive
        self.origin = origin
    }

    mutating func visit(_ folder: String) {
        // Nil if it was removed in the meantime.
        guard let identity = FileSystem.identity(of: folder) else { return }
        guard !above.contains(identity) else {
            found.append(.problem(InputProblem(folder, "is a link back to a folder above it; not followed")))
            return
        }
        guard visited.insert(identity).inserted else { return }
        switch FileSystem.entries(of: folder) {
        case .failure(let reason): found.append(.problem(InputProblem(folder, reason.text)))
        case .success(let entries):
            above.append(identity)
            for entry in entries where !entry.text.hasPrefix(".") { visit(entry, in: folder) }
            above.removeLast()
        }
    }

    private mutating func visit(_ entry: FileSystem.Name, in folder: String) {
        let isImage = InputExpander.isImageName(entry.text)
        let path = FileSystem.join(folder, entry.text)
        guard case .name = entry else {
            if isImage || recursive { found.append(.problem(InputProblem(path, FileSystem.badNameMessage))) }
            return
        }
        switch FileSystem.kind(of: path) {
        case .folder:
            hasFolders = true
            if recursive { visit(path) }
        case .file where isImage: found.append(.file(path: path, origin: origin))
        case .none(let reason) where isImage: found.append(.problem(InputProblem(path, reason)))
        case .file where ImageSuffix.isUnread(entry.text): unread.append(path)
        case .file, .none: break
        }
    }
}

extension InputProblem {
    public var category: ErrorCategory { .notFound }
}
