import ArgumentParser
import CLISupport
import CVCore
import CVSegmentation

/// `cvtool segment`: parses and checks; `SegmentRun` does the work.
struct SegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Segment persons, or the class of each pixel.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Without options, photo.jpg gives photo_segment.png in the current folder: the persons, without the \
            background. A network of several classes gives photo_overlay.jpg instead: the image under the colors of the \
            classes. Prints a line for each class, such as

              photo.jpg: person 34.2% at 128 24 313 538

            with its share of the image and its bounding box: left, top, right and bottom edge, in pixels from \
            the top left corner of the upright image. Nothing that exists is overwritten without --force.

            The network for persons is trained on one that fills the image. So where the detector finds several \
            persons or a small one, the network runs on a square around each of them, too (--person-crops), and the \
            larger matte counts. Its "crops" in a record of --json are these squares. Persons are accepted from 5% \
            confidence on (detect: 25%), since a face that fills the image is no usual object to the detector; from 10% \
            on they have a crop.

            EXAMPLES
              cvtool segment photo.jpg
              cvtool segment photo.jpg --background white -o passport.jpg
              cvtool segment photos/ --background blur --recursive -o results/
              cvtool segment photo.jpg --mask --polygons outline.json
              cvtool segment street.jpg --model camvid --palette --overlay
              cvtool segment street.jpg -m run/best.safetensors --classes car,bus
              cat photo.jpg | cvtool segment - -o person.png

            \(ExitStatus.help(
                success: "all inputs done, also when nothing was found in them",
                partial: "some of several inputs failed; the others are done",
                interrupted: "what was done until then is kept"))
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Network") var model: SegmenterOptions
    @OptionGroup(title: "Images to write (photo_….png or .jpg)") var images: SegmentImageOptions
    @OptionGroup(title: "Output") var output: SegmentOutputOptions

    func validate() throws {
        if output.noImage, !images.asked.isEmpty {
            throw ValidationError("--no-image and --\(images.asked[0].rawValue) contradict each other.")
        }
        guard let file = output.imageFile, images.asked.count > 1 else { return }
        let options = images.asked.map { "--\($0.rawValue)" }.joined(separator: ", ")
        throw ValidationError("-o \(file): one file cannot hold what \(options) make; name a folder.")
    }

    func run() throws { try perform(threads: model.threads) { try SegmentRun(self).run() } }
}

struct SegmenterOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "person, camvid (the classes of a street), another model by name, or a .safetensors file.",
            valueName: "name|file"))
    var model = "person"

    @Option(
        help: .init(
            "Only these of several classes: names or numbers from 0, with commas between, such as car,bus. "
                + "(default: all)", valueName: "classes"))
    var classes: [String] = []

    @Flag(help: "Run the network at full size, in tiles, not at the size that it was trained at (several classes).")
    var fullSize = false

    @Flag(help: "Cut out the foreground, whatever it is, without checking for persons with the detector.")
    var noPersonCheck = false

    @Option(
        help: .init(
            "Run the network on a crop of each person, too: auto (if there are several persons, or a small one), always "
                + "or never. (default: auto)", valueName: "when"))
    var personCrops: PersonSegmenter.Crops?

    @OptionGroup var threads: ComputingOptions

    func validate() throws {
        if noPersonCheck, let personCrops, personCrops != .never {
            throw ValidationError("--person-crops needs the detector, which --no-person-check leaves out.")
        }
    }
}

extension PersonSegmenter.Crops: ExpressibleByArgument {}

/// The kinds of images that `cvtool segment` writes.
enum SegmentOutputImage: String, CaseIterable {
    case cutout, mask, overlay, background, palette

    /// The end of its file name, before the suffix.
    var ending: String { self == .cutout ? "_segment" : "_" + rawValue }
    /// Whether it has exact values or alpha, which JPEG would lose.
    var needsPNG: Bool { self == .cutout || self == .mask || self == .palette }
}

/// The options that select them.
struct SegmentImageOptions: ParsableArguments {
    @Flag(help: "The cut-out with alpha: photo_segment.png; written if none of these options is given.")
    var cutout = false

    @Flag(help: "The matte as 8-bit gray: photo_mask.png, 255 where a pixel belongs to the person or to --classes.")
    var mask = false

    @Flag(help: "The image under the colors of the classes, with a legend if there are several: photo_overlay.jpg.")
    var overlay = false

    @Option(help: .init("Opacity of the colors of --overlay, 0 to 1.", valueName: "p"))
    var opacity = 0.5

    @Option(
        help: .init(
            "The cut-out over another background: a color (white, #20a0ff), an image, or blur for the image's own "
                + "background, blurred: photo_background.jpg.", valueName: "color|file|blur"))
    var background: String?

    @Flag(help: "An indexed PNG whose pixels are the numbers of classes, 255 for none: photo_palette.png.")
    var palette = false

    /// Those that were requested.
    var asked: [SegmentOutputImage] {
        SegmentOutputImage.allCases.filter { kind in
            switch kind {
            case .cutout: cutout
            case .mask: mask
            case .overlay: overlay
            case .background: background != nil
            case .palette: palette
            }
        }
    }

    func validate() throws {
        try checkNumber("--opacity", opacity, in: 0...1)
    }
}
