import ArgumentParser
import CVCore
import CVImage

/// `cvtool augment`: parses and checks; `AugmentRun` does the work.
struct AugmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "augment",
        abstract: "Make augmented copies of an image, as used in training.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Writes photo_aug01.jpg, photo_aug02.jpg … to the current folder, or one sheet that shows them all. \
            Without --op each copy shows a different operation, strong enough to be visible; with --op all steps \
            are applied to each copy. The same --seed gives the same images. Nothing that exists is overwritten \
            without --force.

            EXAMPLES
              cvtool augment photo.jpg --contact-sheet sheet.png
              cvtool augment photo.jpg --op mirror@0.5,rotate=10,hsv --count 8
              cvtool augment photo.jpg --boxes photo.txt -o more/ --seed 7
              cvtool augment photo.jpg --op mosaic --with a.jpg --with b.jpg

            OPERATIONS
            \(operations)

            A number is the strength: rotate=15 turns by up to 15 degrees to either side. Two are the range \
            itself, for most: rotate=10:15. The probability of a step follows it: blur=2@0.3.

            EXIT CODES
              0    done
              1    failed
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    private static var operations: String {
        let width = AugmentationKind.all.map(\.name.count).max() ?? 0
        return AugmentationKind.all.map { "  \($0.name.padded(to: width))  \($0.summary)" }.joined(separator: "\n")
    }

    @Argument(help: "An image (JPEG, PNG), or - for standard input.")
    var input: String

    @Option(
        help: .init(
            "How many copies. (default: 16; without --op one for each of the \(AugmentationKind.all.count) operations)",
            valueName: "n"))
    var count: Int?

    @Option(help: .init("Seed of the random numbers; another seed gives other images.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(help: .init("Steps with commas between, such as mirror,rotate=15,blur=0.5:2@0.3.", valueName: "steps"))
    var op: String?

    @Option(help: .init("Padding beyond the border of the image: \(BorderName.list).", valueName: "kind"))
    var border: BorderName = .reflect

    @Option(
        name: .customLong("with"),
        help: .init(
            "Another image for mosaic and mixup; repeat for more. (default: the image itself, mirrored)",
            valueName: "file"))
    var partners: [String] = []

    @OptionGroup(title: "Output") var output: AugmentOutputOptions

    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        try checkNumber("--count", count, in: 1...9999)
        try checkAugmentation("--op", op)
    }

    func run() throws {
        if border == .grey { warnOfFormerName("--border grey", current: "--border gray") }
        try perform(threads: threads) { try AugmentRun(self).run() }
    }
}

/// `--border`.
enum BorderName: String, CaseIterable, ExpressibleByArgument {
    case reflect, edge, gray, black
    /// The former name of `gray`.
    case grey

    /// The current names, which help and messages list.
    static let allCases: [BorderName] = [.reflect, .edge, .gray, .black]
    static let list = allCases.map(\.rawValue).joined(separator: ", ")

    var border: Border {
        switch self {
        case .reflect: .reflect
        case .edge: .edge
        case .gray, .grey: .fill(.letterbox)
        case .black: .fill(.black)
        }
    }
}

struct AugmentOutputOptions: ParsableArguments {
    @Option(
        help: .init(
            "Write one image that shows all copies, each with its operation. (Single files then only with -o.)",
            valueName: "file"))
    var contactSheet: String?

    @Option(
        name: .shortAndLong,
        help: .init(
            "A folder for the copies (made if missing), or with --count 1 the name of the copy. (default: the current folder)",
            valueName: "path"))
    var output: String?

    @Option(
        help: .init(
            "Boxes of the image, lines of 'class x y w h' (YOLO): drawn on the sheet, and written, transformed, "
                + "beside each copy.", valueName: "file"))
    var boxes: String?

    @OptionGroup var writing: ImageWritingOptions
    @OptionGroup var images: ImageOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        try checkAreNames(["-o": output, "--contact-sheet": contactSheet], besides: "the list of copies")
        try checkIsImage("--contact-sheet", contactSheet)
    }
}
