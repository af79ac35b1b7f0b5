import ArgumentParser
import CLISupport
import CVCore
import CVImage
import CVTraining

/// What commands have in common that measure a data set: a plot, and text or JSON.
struct PlotOutputOptions: ParsableArguments {
    @Option(help: .init("Write a plot as an image, too.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print all numbers as one JSON object instead.")
    var json = false

    @Flag(help: "Overwrite the file of --plot.")
    var force = false

    @Flag(name: .shortAndLong, help: "No remarks; only results and errors.")
    var quiet = false

    func validate() throws { try checkIsImage("--plot", plot) }

    /// Checks the file of the plot before the work.
    ///
    /// - Parameter images: that are read, none of which may be replaced.
    /// - Throws: a `ToolkitError`.
    func prepare(reading images: ImageDataset) throws {
        var files = RunFiles()
        files.read(images)
        files.write(plot, by: "--plot")
        try files.check(force: force)
        try files.makeFolders()
    }

    /// Writes the plot where one is asked for, and prints the numbers.
    ///
    /// - Parameters:
    ///   - image: the plot, which is made only if it is asked for.
    ///   - text: the numbers for people.
    ///   - json: the numbers for programs.
    /// - Throws: a `ToolkitError`.
    func write(
        plot image: @autoclosure () -> Image, text: @autoclosure () -> String, json value: @autoclosure () -> JSONValue
    ) throws {
        if let plot {
            try image().write(to: plot, overwrite: force)
            if !quiet { StandardError.write("wrote \(plot.escapedForDisplay)\n") }
        }
        try StandardOutput.write(json ? value().text + "\n" : text())
    }
}
