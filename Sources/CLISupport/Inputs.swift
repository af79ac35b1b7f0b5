import CVCore

/// One thing to work on, or the reason why it cannot be.
public enum Input: Sendable, Equatable {
    case file(path: String, origin: InputOrigin)
    case standardInput
    case problem(InputProblem)

    /// The path as the user gave it; "-" for standard input.
    public var name: String {
        switch self {
        case .file(let path, _): path
        case .standardInput: "-"
        case .problem(let problem): problem.path
        }
    }
}

/// How a file came to be among the inputs.
public enum InputOrigin: Sendable, Equatable {
    case argument
    case folder(String)
    case glob(String)
    /// line: from 1.
    case list(String, line: Int)
}

/// An argument, an entry of a folder or a line of a list that gives no input.
public struct InputProblem: ToolkitError, Equatable {
    public let path: String
    /// What is wrong, without the path.
    public let message: String

    public init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { "\(path.escapedForDisplay): \(message)" }
}

/// Turns the arguments of a command into its inputs.
///
/// - `-` is standard input, once.
/// - A folder stands for the images in it by suffix, sorted by name, hidden ones left out; with `recursive` also those
///   of its folders. Links are followed; a link back to a folder above is a problem, a folder reached twice is read once.
/// - A file that ends in `.txt` is a list: one path a line, relative to the folder of the list; blank lines and lines
///   that start with `#` are passed over.
/// - A name with `*`, `?` or `[` that no file has is a pattern, as in a shell; of the files that match, the images by
///   suffix are taken, and folders as above.
/// - Any other file is taken whatever its suffix: its content will tell.
///
/// What goes wrong becomes a `.problem` in its place, and the rest goes on.
public struct InputExpander: Sendable {
    public static let imageSuffixes = ["jpg", "jpeg", "jpe", "jfif", "png"]

    public var recursive: Bool

    public init(recursive: Bool = false) { self.recursive = recursive }

    /// The inputs, in the order of the arguments. Nothing is opened but folders and lists.
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

    /// Whether the suffix is that of a picture.
    public static func isImageName(_ name: String) -> Bool {
        FileSystem.suffix(of: name).map { imageSuffixes.contains($0.lowercased()) } ?? false
    }

    private func expand(_ argument: String, into inputs: inout [Input]) {
        switch FileSystem.kind(of: argument) {
        case .folder: expandFolder(argument, into: &inputs)
        case .file where Self.isListName(argument): expandList(argument, into: &inputs)
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

    private func expandFolder(_ path: String, into inputs: inout [Input]) {
        var walk = FolderWalk(recursive: recursive, origin: .folder(path))
        walk.visit(path)
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
            bytes = try FileInput.read(path, maxBytes: 256 << 20)
        } catch {
            // The error's own words, without the path that it opens with.
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
        // A byte order mark, and the other half of a Windows line end.
        var name = Substring(text)
        if number == 1, name.unicodeScalars.first == "\u{FEFF}" { name.unicodeScalars.removeFirst() }
        if name.unicodeScalars.last == "\r" { name.unicodeScalars.removeLast() }
        guard !name.allSatisfy(\.isWhitespace), !name.hasPrefix("#") else { return nil }
        // A list in the current folder: its names stand for themselves, but "-" would be standard input.
        let isPlain = name.hasPrefix("/") || (folder == "." && name != "-")
        let path = isPlain ? String(name) : FileSystem.join(folder, String(name))
        switch FileSystem.kind(of: path) {
        case .file: return .file(path: path, origin: .list(list, line: number))
        case .folder: return .problem(InputProblem(path, "is a directory; line \(number) of \(list) must name a file"))
        case .none(let reason): return .problem(InputProblem(path, reason + " (line \(number) of \(list))"))
        }
    }
}

/// Collects the images of one folder and, if asked, of the folders in it.
private struct FolderWalk {
    let recursive: Bool
    let origin: InputOrigin
    var found: [Input] = []
    var hasFolders = false
    /// Folders that the walk is inside of, and all that it has read.
    private var above: [FileSystem.Identity] = []
    private var seen: Set<FileSystem.Identity> = []

    init(recursive: Bool, origin: InputOrigin) {
        self.recursive = recursive
        self.origin = origin
    }

    mutating func visit(_ folder: String) {
        // Nil if it went away since it was seen.
        guard let identity = FileSystem.identity(of: folder) else { return }
        guard !above.contains(identity) else {
            found.append(.problem(InputProblem(folder, "is a link back to a folder above it; not followed")))
            return
        }
        guard seen.insert(identity).inserted else { return }
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
        case .file, .none: break
        }
    }
}
