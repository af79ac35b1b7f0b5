import ArgumentParser
import CLISupport
import CVCore
import CVImage
import CVTraining

/// `cvtool dataset show`: images of a data set with their annotations, on one sheet.
struct DatasetShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Draw images with their annotations on one sheet.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            EXAMPLES
              cvtool dataset show bccd/ -o bccd.png
              cvtool dataset show bccd/ -o wbc.png --class WBC --split val
              cvtool dataset show streets/ -o sheet.jpg --count 12 --seed 2

            \(ExitStatus.help(partial: "some of the images could not be decoded; the others are shown"))
            """)

    @OptionGroup(title: "Data") var dataset: DatasetOptions

    @Option(name: .shortAndLong, help: .init("The sheet.", valueName: "file"))
    var output = "dataset.png"

    @Option(help: .init("Number of images, drawn at random.", valueName: "n"))
    var count = 20

    @Option(help: .init("Another seed gives other images.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(name: .customLong("class"), help: .init("Only images with this class.", valueName: "name"))
    var label: String?

    @Option(help: .init("Only images that the set assigns to this part: train, val or test.", valueName: "part"))
    var split: SplitOptions.Part = .all

    @Option(help: .init("Size of an image on the sheet in pixels.", valueName: "n"))
    var side = 320

    @Flag(help: "Overwrite the sheet.")
    var force = false

    @Flag(name: .shortAndLong, help: "No remarks; only errors.")
    var quiet = false

    func validate() throws {
        try checkIsImage("--output", output)
        try checkNumber("--count", count, in: 1...400)
        try checkNumber("--side", side, in: 64...1024)
    }

    func run() throws { try perform(show) }

    private func show() throws -> ExitStatus {
        let set = try dataset.read()
        set.report(quiet: quiet)
        var files = RunFiles()
        files.read(set.images)
        files.write(output, by: "--output")
        try files.check(force: force)
        try files.makeFolders()
        let drawing = try AnnotationDrawing(set)
        let wanted = try label.map { try drawing.number(of: $0) }
        let items = set.images.items.filter { item in
            (split.part == nil || item.part == split.part)
                && (wanted.map { item.label == $0 || item.objects.map(\.label).contains($0) } ?? true)
        }
        guard !items.isEmpty else { throw DatasetError(dataset.data, split.part.map { .emptyPart($0) } ?? .noObjects) }
        var random = SplitMix64(seed: seed, stream: 0)
        let chosen = items.indices.map { (random.next(), $0) }.sorted { $0 < $1 }.prefix(count).map(\.1).sorted()
        var sheet = ContactSheet(
            cellWidth: side, cellHeight: side,
            columns: max(1, Int(clamping: Double(chosen.count).squareRoot().rounded(.up))))
        var broken = 0
        for index in chosen {
            if Interruption.isRequested { return .interrupted }
            do {
                sheet.add(
                    try drawing.image(items[index], side: side), caption: FileSystem.name(of: items[index].name))
            } catch {
                broken += 1
                warn("\(items[index].name.escapedForDisplay): \(error); left out")
            }
        }
        guard broken < chosen.count else { return .failure }
        try sheet.image.write(to: output, overwrite: force)
        if !quiet { StandardError.write("wrote \(output.escapedForDisplay)\n") }
        return broken == 0 ? .success : .partial
    }
}

/// Draws what is known about an image over it.
struct AnnotationDrawing {
    private let set: AnyDataset
    private let classes: [String]

    init(_ set: AnyDataset) throws {
        self.set = set
        classes = set.images.classes ?? []
    }

    /// The number of a class.
    func number(of name: String) throws -> Int {
        guard let number = classes.firstIndex(of: name) else {
            let near = nearestName(to: name, in: classes).map { "; did you mean \(quoted($0))?" } ?? ""
            throw DatasetError(set.images.path, .badLabels("it has no class \(quoted(name))\(near)"))
        }
        return number
    }

    /// An image no larger than a cell, with its annotation.
    func image(_ item: ImageDataset.Item, side: Int) throws -> Image {
        let sample = try set.images.sample(of: item)
        let scale = min(1, Double(side) / Double(max(sample.image.width, sample.image.height)))
        func scaled(_ length: Int) -> Int { max(1, Int(clamping: (Double(length) * scale).rounded())) }
        let small = sample.resized(width: scaled(sample.image.width), height: scaled(sample.image.height))
        var image = small.image
        for mask in small.masks {
            image.overlay(mask, opacity: 0.5) { value in
                value == Mask.ignore
                    ? nil
                    : set.images.colors.flatMap { $0.indices.contains(Int(value)) ? $0[Int(value)] : nil }
                        ?? Palette.color(forClass: Int(value))
            }
        }
        image.annotate(
            small.boxes.map {
                BoxAnnotation(
                    box: $0.box, label: classes.indices.contains($0.label) ? classes[$0.label] : nil,
                    color: Palette.color(forClass: $0.label))
            }, lineWidth: 2, textSize: 12)
        for point in small.keypoints.joined() where point.position.x.isFinite {
            image.fillCircle(center: point.position, radius: 2.5, color: Color(40, 220, 80))
        }
        if let label = item.label, classes.indices.contains(label) {
            image.drawTag(classes[label], x: 0, y: 0, size: 14, color: Palette.color(forClass: label))
        }
        return image
    }
}
