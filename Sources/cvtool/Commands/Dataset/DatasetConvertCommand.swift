import ArgumentParser
import CLISupport
import CVCore
import CVTraining

/// `cvtool dataset convert`: a set in another form.
struct DatasetConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write a data set in another form.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Writes annotations and copies of the images to a new folder; parts (train, val, test) are kept. What a form cannot express \
            is said: YOLO and CSV have no crowds, which are left out, Pascal VOC has whole pixels and calls crowds \
            difficult.

            FORMS
              detection       voc, yolo, coco, csv
              classification  csv (a list of path, label and split), folders
              segmentation    masks (PNG beside the images; polygons are drawn)
              landmarks       json (keypoints.json)

            EXAMPLES
              cvtool dataset convert bccd/ --to yolo -o bccd-yolo/
              cvtool dataset convert data.yaml --to coco -o coco/
              cvtool dataset convert instances.json --to voc -o voc/
              cvtool dataset convert animals.tar --to folders -o animals/
              cvtool dataset convert labelme/ --to masks -o masks/

            \(ExitStatus.help(interrupted: "the folder is then incomplete"))
            """)

    @OptionGroup(title: "Data") var dataset: DatasetOptions

    @Option(help: .init("The new form, one of the list above.", valueName: "form"))
    var to: DatasetForm

    @OptionGroup(title: "Output") var output: DatasetOutputOptions

    func run() throws {
        try perform {
            let set = try dataset.readReporting(quiet: output.quiet)
            return try output.write(set, as: to, parts: set.images.items.map(\.part), data: dataset.data)
        }
    }
}

/// `cvtool dataset split`: a set, divided into parts.
struct DatasetSplitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Divide a data set into train, val and test.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Writes the set to a new folder, each image in one part by the hash of its name: parts that the set assigned before do not count. \
            --group keeps images together whose names agree in what a regular expression finds, such as the patient \
            or the video that they are of, and --similar those that look the same: else validation would be on images \
            that were trained on. Images of one person, where a set of landmarks names them, stay together.

            EXAMPLES
              cvtool dataset split bccd/ -o parts/ --val 0.2
              cvtool dataset split cars/ -o parts/ --val 0.1 --test 0.1 --similar
              cvtool dataset split animals/ -o parts/ --test 0.1
              cvtool dataset split video/ -o parts/ --group '^([a-z]+)_frame'

            \(ExitStatus.help(interrupted: "the folder is then incomplete"))
            """)

    @OptionGroup(title: "Data") var dataset: DatasetOptions

    @Option(help: .init("Fraction of the images, or groups, for validation.", valueName: "fraction"))
    var val = 0.2

    @Option(help: .init("Fraction of the images, or groups, to test on at the end.", valueName: "fraction"))
    var test = 0.0

    @Option(help: .init("Another seed gives other parts.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        help: .init(
            "A regular expression: images are kept together whose names agree in its first group, or in all that it matches.",
            valueName: "pattern"))
    var group: String?

    @Flag(help: "Keep images together that look the same.")
    var similar = false

    @Option(
        help: .init(
            "The form of the new set, one of those of cvtool dataset convert. (default: that of a set for detection; else the "
                + "first for its task)", valueName: "form"))
    var to: DatasetForm?

    @OptionGroup(title: "Output") var output: DatasetOutputOptions

    func validate() throws {
        try checkNumber("--val", val, in: 0...0.9)
        try checkNumber("--test", test, in: 0...0.9)
        if val + test <= 0 || val + test >= 1 {
            throw ValidationError("--val and --test: together more than 0 and less than 1 are expected.")
        }
    }

    func run() throws {
        try perform {
            let set = try dataset.readReporting(quiet: output.quiet)
            let duplicates = similar ? DatasetInspection(set.images).duplicates : []
            let split = try set.images.ungrouped(by: group, similar: duplicates).split(
                holdout: val, test: test, seed: seed)
            var parts = [DatasetPart?](repeating: nil, count: set.images.items.count)
            for part in DatasetPart.allCases { for index in split[part] { parts[index] = part } }
            if !output.quiet {
                let counts = DatasetPart.allCases.map { "\(split[$0].count) \($0.rawValue)" }
                StandardError.write("\(dataset.data.escapedForDisplay): \(counts.joined(separator: ", "))\n")
            }
            return try output.write(set, as: to, parts: parts, data: dataset.data)
        }
    }
}

extension DatasetOptions {
    /// Reads a set, and says what was recognized and what was found.
    fileprivate func readReporting(quiet: Bool) throws -> AnyDataset {
        let set = try read()
        set.report(quiet: quiet)
        if let detection = set.detection {
            detection.report(quiet: quiet)
        } else {
            set.images.reportSkipped(quiet: quiet)
        }
        return set
    }
}
