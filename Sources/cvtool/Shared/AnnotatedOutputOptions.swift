import ArgumentParser
import CLISupport
import CVCore

/// What a command that draws its results into a copy of each image writes, and where.
struct AnnotatedOutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: .init(
            "A folder for the results (made if missing), or for one input the name of the annotated image, such as "
                + "found.png. (default: the current folder)", valueName: "path"))
    var path: String?

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed or shows nothing.")
    var json = false

    @Flag(help: "Write no annotated image.")
    var noImage = false

    @OptionGroup var common: ResultOutputOptions

    /// Which image is written for each input.
    ///
    /// - Parameters:
    ///   - input: what is read.
    ///   - ending: of the names of the images, such as `_faces`.
    ///   - files: what the command reads besides.
    /// - Returns: the names, none of which is that of another file.
    /// - Throws: a `ToolkitError` for inputs or names that make no sense.
    func plan(_ input: InputOptions, ending: String, _ files: RunFiles) throws -> OutputPlan<AnnotatedPath> {
        try OutputPlan(
            input.expanded, endings: OutputEndings(endings: [ending]), output: path, force: common.writing.force,
            quiet: common.quiet, files: files
        ) { input, destination in
            AnnotatedPath(image: noImage ? nil : destination.imagePath(for: input, ending: ending))
        }
    }
}

/// The name of the annotated image of one input; nil for none.
struct AnnotatedPath: OutputPaths {
    let image: String?

    func planned(for input: String) -> [PlannedOutput] {
        image.map { [PlannedOutput(input: input, path: $0)] } ?? []
    }
}
