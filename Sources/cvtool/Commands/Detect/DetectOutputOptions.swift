import ArgumentParser
import CLISupport
import CVCore
import CVDetection
import CVImage

/// What `cvtool detect` writes, and where.
struct DetectOutputOptions: ParsableArguments {
    @OptionGroup var annotated: AnnotatedOutputOptions

    @Flag(help: "Write photo.txt: lines of 'class x y w h', center and size as fractions of the image (YOLO).")
    var saveTxt = false

    @Flag(help: "Add the confidence to the lines of --save-txt.")
    var saveConf = false

    @Flag(help: "Write each object as a separate image: photo_crop1_dog.jpg.")
    var saveCrop = false

    @Option(
        help: .init(
            "Write the results of all inputs in the format of COCO, and beside it FILE.images.json, which says the image "
                + "of each id, unless --annotations does.", valueName: "file"))
    var coco: String?

    @Option(
        help: .init(
            "Annotations in the format of COCO, whose ids of images and categories --coco takes.", valueName: "file"))
    var annotations: String?

    @Flag(help: "Write photo.xml, in the format of Pascal VOC.")
    var voc = false

    @Option(help: .init("Width of the boxes' lines in pixels. (default: by the image's size)", valueName: "n"))
    var lineWidth: Int?

    @Flag(help: "Draw boxes without labels.")
    var hideLabels = false

    @Flag(help: "Draw labels without the confidence.")
    var hideConf = false

    var output: String? { annotated.path }
    var json: Bool { annotated.json }
    var noImage: Bool { annotated.noImage }
    var common: ResultOutputOptions { annotated.common }

    func validate() throws {
        try checkNumber("--line-width", lineWidth, in: 1...500)
        try checkAreNames(["-o": output, "--coco": coco], besides: "the list of objects")
        if annotations != nil && coco == nil { throw ValidationError("--annotations goes with --coco FILE.") }
        if saveConf && !saveTxt { throw ValidationError("--save-conf goes with --save-txt.") }
    }
}

extension DetectOutputOptions {
    /// The list of the images that `--coco` refers to: `results.images.json` for `results.json`.
    var cocoImages: String? {
        guard let coco, annotations == nil else { return nil }
        let (folder, name) = (FileSystem.folder(of: coco), FileSystem.stem(of: coco) + ".images.json")
        return coco.contains("/") ? FileSystem.join(folder, name) : name
    }
}

/// The names of the files that belong to one input.
struct DetectPaths: OutputPaths {
    static let endings = OutputEndings(endings: ["_detect"], series: "_crop")

    let image, text, voc: String?
    private let crop: String?

    init(_ input: String, _ options: DetectOutputOptions, _ destination: OutputDestination) {
        image = options.noImage ? nil : destination.imagePath(for: input, ending: "_detect")
        text = options.saveTxt ? destination.companionPath(for: input, suffix: "txt") : nil
        voc = options.voc ? destination.companionPath(for: input, suffix: "xml") : nil
        crop = options.saveCrop ? destination.path(for: input, ending: "_crop") : nil
    }

    /// The path of the crop of object `number`, from 1: `photo_crop1_dog.jpg`.
    ///
    /// Labels may hold any characters, file names may not.
    func crop(_ number: Int, label: String) -> String? {
        guard let crop else { return nil }
        let word = String(label.map { $0.isLetter || $0.isNumber ? $0 : "-" }.prefix(60))
        return "\(crop)\(number)_\(word).jpg"
    }

    func planned(for input: String) -> [PlannedOutput] {
        [image, text, voc].compactMap { $0 }.map { PlannedOutput(input: input, path: $0) }
            + (crop.map { [PlannedOutput(input: input, path: $0, isSeries: true)] } ?? [])
    }
}
