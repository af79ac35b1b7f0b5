import ArgumentParser
import CLISupport
import CVCore
import CVLandmarks

/// `cvtool evaluate landmarks`: parses and checks; `EvaluateLandmarksRun` does the work.
struct EvaluateLandmarksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "landmarks",
        abstract: "Evaluate a network for landmarks.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA has one of the forms that cvtool train landmarks takes, with as many points as the weights. Of a face mesh the 68 \
            points are evaluated that stand for those of the data.

            Prints the normalized mean error (NME) of the points, in percent of the distance between the outer corners of \
            the eyes and of the size of the object, √(w · h) of the box around its points; the area under the cumulative \
            curve up to 8 % (AUC) and the fraction of the images beyond it (failure rate); and the error of each point.

            EXAMPLES
              cvtool evaluate landmarks faces/ --weights run/best.safetensors
              cvtool evaluate landmarks faces/ -w landmarks68 --split val
              cvtool evaluate landmarks test.csv -w landmarks68 --json
              cvtool evaluate landmarks faces/ -w landmarks68 --curve curve.png
              cvtool evaluate landmarks faces/ -w landmarks68 --errors worst.jpg
              cvtool evaluate landmarks faces/ -w face-mesh --faces --split val

            \(ExitStatus.help(partial: "some of the images could not be used; the others are counted"))
            """)

    @Argument(help: "A folder with keypoints.csv or keypoints.json, or such a file.")
    var data: String

    @Option(
        name: .shortAndLong,
        help: .init("A .safetensors file, or a name that cvtool weights list shows.", valueName: "file|name"))
    var weights: String

    @OptionGroup(title: "Network") var search: LandmarkSearchOptions

    @Flag(
        help: "Find a face first, as cvtool landmarks does: the largest one, or the whole image where there is none.")
    var faces = false

    @OptionGroup(title: "Images") var selection: SplitOptions
    @OptionGroup(title: "Images") var persons: PersonOptions

    @Option(help: .init("Write the cumulative curve of the errors as an image.", valueName: "file"))
    var curve: String?

    @Option(
        help: .init(
            "Write a sheet of the images with the largest errors: what was found in green, the truth in red.",
            valueName: "file"))
    var errors: String?

    @Flag(help: "Print all numbers as one JSON object instead, with the errors of each image.")
    var json = false

    @Flag(help: "Overwrite the files of --curve and --errors.")
    var force = false

    @OptionGroup var threads: ComputingOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        try checkIsImage("--curve", curve)
        try checkIsImage("--errors", errors)
    }

    func run() throws { try perform(threads: threads) { try EvaluateLandmarksRun(self).run() } }
}
