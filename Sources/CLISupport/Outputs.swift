import CVCore

/// The destination of results: the current folder, `-o DIR` or `-o FILE`.
public enum OutputDestination: Sendable, Equatable {
    /// A folder.
    case folder(String)
    /// One file.
    case file(String)

    /// The default without `-o`.
    public static let currentFolder = OutputDestination.folder(".")

    /// Interprets the value of `-o`.
    ///
    /// An existing folder, a name that ends in a slash and a name without a suffix are folders: an image file needs a
    /// suffix. Any other name is a file, and fits only one input.
    ///
    /// - Parameters:
    ///   - option: the value of `-o`; nil if it was not given.
    ///   - inputCount: the number of inputs.
    /// - Throws: `OutputError` for a file with several inputs, or with a suffix that cannot be written.
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

    /// The path of an output image: `a/photo.png` with the ending `_detect` becomes `photo_detect.png` in the folder.
    ///
    /// A suffix of a format that can be written is kept, so that `x.jpg` and `x.png` do not collide; others become
    /// `jpg`.
    ///
    /// - Parameters:
    ///   - input: a path, or "-" for standard input, whose stem is `stdin`.
    ///   - ending: appended to the stem.
    /// - Returns: a path.
    public func imagePath(for input: String, ending: String) -> String {
        switch self {
        case .file(let path): path
        case .folder:
            companionPath(
                for: input, ending: ending,
                suffix: InputExpander.isImageName(input) ? FileSystem.suffix(of: input) ?? "jpg" : "jpg")
        }
    }

    /// The path of another output for an input, such as `photo.txt`: in the folder, or beside the output file.
    ///
    /// - Parameters:
    ///   - input: a path, or "-" for standard input.
    ///   - ending: appended to the stem.
    ///   - suffix: without the dot.
    /// - Returns: a path.
    public func companionPath(for input: String, ending: String = "", suffix: String) -> String {
        path(for: input, ending: ending + "." + suffix)
    }

    /// What the paths of outputs for an input begin with.
    ///
    /// - Parameters:
    ///   - input: a path, or "-" for standard input.
    ///   - ending: appended to the stem.
    /// - Returns: a path.
    public func path(for input: String, ending: String) -> String {
        inFolder((input == "-" ? "stdin" : FileSystem.stem(of: input)) + ending)
    }

    /// The folder of the outputs; "." for the current folder.
    public var folder: String {
        switch self {
        case .folder(let path): path
        case .file(let path): FileSystem.folder(of: path)
        }
    }

    private func inFolder(_ name: String) -> String {
        folder == "." ? name : FileSystem.join(folder, name)
    }
}

/// Outputs that cannot be written; detected before any work.
public enum OutputError: ToolkitError, Equatable {
    /// Two inputs whose outputs have the same path.
    public struct Collision: Sendable, Equatable {
        /// The common path.
        public let output: String
        /// The paths of the inputs.
        public let inputs: [String]

        /// A collision.
        ///
        /// - Parameters:
        ///   - output: the common path.
        ///   - inputs: the paths of the inputs.
        public init(output: String, inputs: [String]) {
            self.output = output
            self.inputs = inputs
        }
    }

    /// One output file for several inputs.
    case fileForSeveral(option: String, inputs: Int)
    /// A file name whose suffix is not an image format that can be written.
    case unknownSuffix(option: String)
    /// An image with alpha, or with exact values such as a mask, needs a PNG file.
    case needsPNG(option: String)
    /// Outputs with the same path.
    case collisions([Collision])
    /// An input that was given twice.
    case givenTwice(input: String)
    /// An output that would replace an input.
    case replacesInput(output: String, input: String)
    /// Files that exist already.
    case exist([String])
    /// A file or folder that cannot be written.
    case file(FileError)

    /// The whole message.
    public var description: String {
        switch self {
        case .fileForSeveral(let option, let inputs):
            "-o \(option.escapedForDisplay): one file cannot hold the results of \(inputs) inputs;"
                + " to name a folder, end it with a slash"
        case .unknownSuffix(let option):
            "-o \(option.escapedForDisplay): the suffix is not an image format that can be written"
                + " (\(InputExpander.imageSuffixes.joined(separator: ", "))); to name a folder, end it with a slash"
        case .needsPNG(let option):
            "-o \(option.escapedForDisplay): this image has alpha, or values that must stay what they are; its name must"
                + " end in .png"
        case .collisions(let collisions):
            "outputs would have the same name: "
                + Self.list(
                    collisions.map { "\($0.inputs.joined(separator: " and ")) both give \($0.output)" }, "; ")
                + "; choose another name for one, or run them apart, with another -o each"
        case .givenTwice(let input):
            "\(input.escapedForDisplay): is given twice; once is enough"
        case .replacesInput(let output, let input):
            "\(output.escapedForDisplay): would replace the input \(input.escapedForDisplay), even with --force; choose another name"
        case .exist(let paths):
            Self.list(paths, ", ") + (paths.count == 1 ? ": exists" : ": exist")
                + " already; pass --force to overwrite, or choose another -o"
        case .file(let error): error.description
        }
    }

    /// The first five items, and the number of the others.
    private static func list(_ items: [String], _ separator: String) -> String {
        let shown = items.prefix(5).map(\.escapedForDisplay).joined(separator: separator)
        return items.count > 5 ? shown + separator + "and \(items.count - 5) more" : shown
    }
}

extension OutputError {
    public var category: ErrorCategory {
        switch self {
        case .fileForSeveral, .unknownSuffix, .needsPNG, .givenTwice, .collisions, .replacesInput: .usage
        case .exist: .io
        case .file(let error): error.category
        }
    }
}
