import ArgumentParser
import CLISupport
import CVCore

/// What else `cvtool segment` writes, and where.
struct SegmentOutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "A folder for the results (made if missing), or for one input the name of the written image, such as person.png. "
                + "(default: the current folder)", valueName: "path"))
    var output: String?

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed or shows nothing.")
    var json = false

    @Flag(help: "Write no image.")
    var noImage = false

    @Option(
        help: .init(
            "Write the outlines of all regions of all inputs as JSON, except regions of less than 0.01 % of an image.",
            valueName: "file"))
    var polygons: String?

    @Option(help: .init("Maximum distance of the outlines from the pixels' edges, in pixels.", valueName: "n"))
    var tolerance: Float = 1

    @OptionGroup var common: ResultOutputOptions

    func validate() throws {
        try checkNumber("--tolerance", tolerance, in: 0...10_000)
        try checkAreNames(["-o": output, "--polygons": polygons], besides: "the list of classes")
    }

    /// The value of `-o` where it names one file.
    var imageFile: String? { output.flatMap { InputExpander.isImageName($0) ? $0 : nil } }
}

/// The names of the images that belong to one input.
struct SegmentPaths: OutputPaths {
    static let endings = OutputEndings(endings: SegmentOutputImage.allCases.map(\.ending))

    let images: [(kind: SegmentOutputImage, path: String)]

    /// - Throws: `OutputError` for a file whose format would lose alpha, or change values.
    init(_ input: String, _ kinds: [SegmentOutputImage], _ destination: OutputDestination) throws {
        images = try kinds.map { kind in
            guard kind.needsPNG else { return (kind, destination.imagePath(for: input, ending: kind.ending)) }
            if case .file(let path) = destination {
                guard path.lowercased().hasSuffix(".png") else { throw OutputError.needsPNG(option: path) }
                return (kind, path)
            }
            return (kind, destination.companionPath(for: input, ending: kind.ending, suffix: "png"))
        }
    }

    func planned(for input: String) -> [PlannedOutput] {
        images.map { PlannedOutput(input: input, path: $0.path) }
    }
}
