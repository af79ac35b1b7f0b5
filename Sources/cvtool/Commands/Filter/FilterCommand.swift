import ArgumentParser
import CLISupport
import CVCore
import CVImage
import CVNN
import CVTask

/// `cvtool filter`: convolves an image with a small kernel.
struct FilterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "filter",
        abstract: "Convolve an image with a small kernel: edges, lines, a blur.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            This is the convolution of neural networks: the kernel is not flipped (cross-correlation). \
            photo.jpg gives photo_filter.jpg in the current folder. A line such as

              photo_filter.jpg: 640×480, -731 to 803

            states the size, and the minimum and maximum of the response to levels from 0 to 255. Nothing that \
            exists is overwritten without --force.

            EXAMPLES
              cvtool filter photo.jpg --kernel sobel-x --gray -o edges.png
              cvtool filter photo.jpg --kernel vertical-edge --signed
              cvtool filter photo.jpg --kernel "1,0,-1;1,0,-1;1,0,-1" --padding valid
              cvtool filter photo.jpg --kernel "1/4,1/4;1/4,1/4" --stride 2

            KERNELS
            \(kernels)

            EXIT CODES
              0    done
              1    failed
              64   the arguments make no sense
            """)

    private static var kernels: String {
        let width = FilterKernel.named.map(\.name.count).max() ?? 0
        return FilterKernel.named.map { "  \($0.name.padded(to: width))  \($0.summary)" }.joined(separator: "\n")
    }

    @Argument(help: "An image (JPEG, PNG), or - for standard input.")
    var input: String

    @Option(
        name: .shortAndLong,
        help: .init(
            "A name, or the numbers: commas between columns, semicolons between rows. At most "
                + "\(FilterKernel.maximumSide) of each.", valueName: "kernel"))
    var kernel: String

    @Option(
        help: .init(
            "Padding: reflect (the image mirrored) and same (zeros, as in networks) keep the size; valid has none, so the "
                + "result is smaller.", valueName: "kind"))
    var padding: ImageFilter.Padding = .reflect

    @Option(help: .init("Step of the kernel in pixels.", valueName: "n"))
    var stride = 1

    @Flag(help: "Convert the image to gray first.")
    var gray = false

    /// The former name of `--gray`.
    @Flag(help: .hidden)
    var grey = false

    @Flag(
        help: .init(
            "How the response becomes levels: clamped to 0 to 255; absolute values; with 0 as gray; or scaled from the "
                + "minimum to the maximum. (default: --absolute for kernels whose sum is 0, else --clip)"))
    var rendering: FilterResponse.Rendering?

    @Option(
        name: .shortAndLong,
        help: .init("A folder, or the name of the written image. (default: the current folder)", valueName: "path"))
    var output: String?

    @OptionGroup var writing: ImageWritingOptions
    @OptionGroup var images: ImageOptions

    func validate() throws {
        try checkNumber("--stride", stride, in: 1...1024)
        try checkAreNames(["-o": output], besides: "what was written")
        do throws(FilterError) {
            _ = try FilterKernel(kernel)
        } catch {
            throw ValidationError("--kernel: \(error.description).")
        }
    }

    func run() throws {
        if grey { warnOfFormerName("--grey", current: "--gray") }
        try reportingFailure { try filter() }
    }

    private func filter() throws {
        let destination = try OutputDestination(option: output, inputCount: 1)
        let path = destination.imagePath(for: input, ending: "_filter")
        var files = RunFiles()
        files.read(input)
        files.write(path, by: "the result")
        try files.check(force: writing.force)
        let image = try images.read(argument: input)
        let kernel = try FilterKernel(self.kernel)
        let filter = ImageFilter(kernel, padding: padding, stride: stride, gray: gray || grey)
        let (result, range) = try filter.rendered(image, rendering ?? .init(for: kernel))
        try files.makeFolders()
        try writing.write(result, to: path)
        let (least, greatest) = (number(range.lowerBound), number(range.upperBound))
        try StandardOutput.write(
            "\(path.escapedForDisplay): \(result.width)×\(result.height), \(least) to \(greatest)\n")
    }

    /// With at most two digits after the point, and none of a whole number.
    private func number(_ value: Float) -> String {
        value == value.rounded() ? decimal(Double(value), 0) : decimal(Double(value), 2)
    }
}

extension ImageFilter.Padding: ExpressibleByArgument {}

extension FilterResponse.Rendering: EnumerableFlag {}
