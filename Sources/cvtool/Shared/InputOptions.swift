import ArgumentParser
import CLISupport
import CVCore
import CVGraph
import CVImage

/// The input images of a command, and how they are read.
struct InputOptions: ParsableArguments {
    static let help =
        "Images (JPEG, PNG), folders, patterns, .txt files with a path a line, or - for standard input."

    @Argument(help: .init(InputOptions.help))
    var inputs: [String]

    @Flag(help: "Search folders recursively.")
    var recursive = false

    @OptionGroup var images: ImageOptions

    /// The files that the arguments stand for.
    var expanded: [Input] { InputExpander.reporting(recursive: recursive).expand(inputs) }

    /// The arguments, as files that are read.
    var files: RunFiles {
        var files = RunFiles()
        files.read(inputs)
        return files
    }
}

extension InputExpander {
    /// One that tells on standard error which images of a folder are in formats that are not read.
    static func reporting(recursive: Bool) -> InputExpander {
        InputExpander(recursive: recursive) { folder, paths in
            let names = paths.prefix(3).map { FileSystem.name(of: $0).escapedForDisplay }.joined(separator: ", ")
            let images = paths.count == 1 ? "1 image in a format" : "\(paths.count) images in formats"
            let others = paths.count > 3 ? " and \(paths.count - 3) more" : ""
            warn("\(folder): skipped \(images) not read here: \(names)\(others); convert to JPEG or PNG")
        }
    }
}

/// How images are read: shared by all commands.
struct ImageOptions: ParsableArguments {
    @Flag(help: "Use the readable part of a truncated image.")
    var allowTruncated = false

    @Option(help: .init("Refuse images of more pixels than this.", valueName: "n"))
    var maxPixels = DecodingOptions().maxPixels

    /// The limit keeps decoded images within gigabytes: running out of memory cannot be caught.
    private static let mostPixels = 2_147_483_647

    func validate() throws { try checkNumber("--max-pixels", maxPixels, in: 1...Self.mostPixels) }

    /// - Throws: `ImageError` or `FileError` for a file that is not an image, and the problem of an invalid input.
    func read(_ input: Input) throws -> Image {
        switch input {
        case .file(let path, _): try read(path: path)
        case .standardInput:
            try remarked(
                Image.reading(FileInput.readStandardInput(), options: decoding, name: "standard input"))
        case .problem(let problem): throw problem
        }
    }

    /// The bytes of an image file that is edited rather than encoded again.
    ///
    /// - Throws: `FileError` for a file that cannot be read, and the problem of an invalid input.
    func bytes(of input: Input) throws -> [UInt8] {
        switch input {
        case .file(let path, _): try FileInput.read(path, maxBytes: decoding.maxFileBytes)
        case .standardInput: try FileInput.readStandardInput()
        case .problem(let problem): throw problem
        }
    }

    /// Decodes what `bytes(of:)` read.
    ///
    /// - Throws: `ImageError`.
    func decode(_ bytes: [UInt8], name: String) throws -> Image {
        try remarked(Image.reading(bytes, options: decoding, name: name))
    }

    private func remarked(_ read: (image: Image, remark: String?)) -> Image {
        if let remark = read.remark { warn(remark) }
        return read.image
    }

    /// Reads an image that is an argument of its own: a path, or `-` for standard input.
    func read(argument: String) throws -> Image {
        try argument == "-" ? read(.standardInput) : read(path: argument)
    }

    func read(path: String) throws -> Image { try remarked(Image.reading(path, options: decoding)) }

    /// As the options say.
    var decoding: DecodingOptions {
        var options = DecodingOptions()
        options.allowTruncated = allowTruncated
        options.maxPixels = maxPixels
        return options
    }
}

/// Options that change how networks are computed, for the whole process.
protocol ComputationChoice {
    /// Takes effect for what is computed from now on.
    func apply()
}

/// `--threads`.
struct ThreadOptions: ParsableArguments, ComputationChoice {
    @Option(help: .init("Threads to use. (default: all cores)", valueName: "n"))
    var threads: Int?

    func validate() throws { try checkNumber("--threads", threads, in: 1...1024) }

    func apply() {
        if let threads { Parallel.threadCount = threads }
    }
}

/// `--precision`.
struct PrecisionOptions: ParsableArguments, ComputationChoice {
    @Option(
        help: .init(
            "What networks multiply: float32, or bf16, which is faster on processors with AVX512-BF16 and less exact. "
                + "Sums are float32.", valueName: "type"))
    var precision = Precision.float32

    func apply() {
        Precision.standard = precision
        if precision == .bf16, !precision.isFast {
            warn("this processor cannot multiply bf16: the results will be those of bf16, but not sooner")
        }
    }
}

/// `--threads` and `--precision`.
struct ComputingOptions: ParsableArguments, ComputationChoice {
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var precision: PrecisionOptions

    func apply() {
        threads.apply()
        precision.apply()
    }
}

extension Precision: ExpressibleByArgument {}

/// How a command reports its results.
struct ResultOutputOptions: ParsableArguments {
    @OptionGroup var writing: ImageWritingOptions

    @Flag(help: "Print on standard error how long each step took.")
    var timing = false

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false
}

/// How images are written.
struct ImageWritingOptions: ParsableArguments {
    @Flag(help: "Overwrite results that exist.")
    var force = false

    @Option(help: .init("Quality of JPEG images that are written, 1 to 100.", valueName: "n"))
    var quality = 90

    func validate() throws { try checkNumber("--quality", quality, in: 1...100) }

    /// - Throws: `FileError`, or `ImageError` for an image that the format cannot hold.
    func write(_ image: Image, to path: String) throws {
        try image.write(to: path, quality: quality, overwrite: force)
    }
}
