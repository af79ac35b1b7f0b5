import ArgumentParser
import CLISupport
import CVCore
import CVImage
import CVModels
import CVTraining

/// `cvtool anchors`: the box shapes that stand for those of a data set.
struct AnchorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anchors",
        abstract: "Find the anchors that fit the boxes of a data set.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Groups the widths and heights of all boxes by k-means with the distance 1 - IoU, as YOLOv2 and YOLOv3 do, and prints \
            the anchors from the smallest to the largest, in pixels of the network's input. A set with a part for training \
            is measured there alone. `cvtool train detect --model yolov3-tiny` does the same by itself.

            EXAMPLES
              cvtool anchors cells/
              cvtool anchors cells/ --count 6 --imgsz 416x320 --plot anchors.png
              cvtool anchors cells/data.yaml --json

            \(ExitStatus.help())
            """)

    @OptionGroup(title: "Data") var dataset: DatasetOptions

    @Option(help: .init("How many anchors.", valueName: "n"))
    var count = 9

    @Option(
        help: .init(
            "Size of the network's input in pixels, in which images keep their proportions: one side, or WIDTHxHEIGHT. "
                + "(default: 416)", valueName: "size"),
        transform: InputSize.init)
    var imgsz: InputSize?

    @Option(help: .init("Seed of the first centers.", valueName: "n"))
    var seed: UInt64 = 0

    @OptionGroup(title: "Output") var output: PlotOutputOptions

    func validate() throws {
        try checkNumber("--count", count, in: 1...100)
        if let task = dataset.task, task != .detect { throw ValidationError("anchors are for --task detect.") }
    }

    private var input: ModelSpec.Input {
        .init(channels: 3, height: imgsz?.height ?? 416, width: imgsz?.width ?? 416)
    }

    func run() throws {
        try perform {
            try untilOutputIsClosed {
                let set = try DetectionDataset(contentsOf: dataset.data, format: dataset.format)
                if !output.quiet {
                    StandardError.write("\(dataset.data.escapedForDisplay): recognized as \(set.summary)\n")
                }
                set.images.reportSkipped(quiet: output.quiet)
                try output.prepare(reading: set.images)
                let shapes = BoxShapes(set.images, items: set.images.trainingItems, input: input)
                guard let fit = shapes.clusters(count, seed: seed) else {
                    throw DetectionTrainingError.noObjects(dataset.data)
                }
                if !output.quiet, fit.anchors.count < count {
                    StandardError.write(
                        "only \(pluralized(fit.anchors.count, "different size")) of boxes, and no more anchors\n")
                }
                try output.write(
                    plot: AnchorPlot(shapes, fit, input: input, seed: seed).image, text: text(fit, shapes),
                    json: json(fit, shapes))
                return .success
            }
        }
    }

    private func text(_ fit: BoxShapes.Fit, _ shapes: BoxShapes) -> String {
        var table = TextTable(["anchor", "width", "height", "boxes"], rightAligned: Set(0...3))
        for (index, (anchor, boxes)) in zip(fit.anchors, fit.counts).enumerated() {
            table.add(["\(index)", decimal(anchor.width, 1), decimal(anchor.height, 1), "\(boxes)"])
        }
        return """
            \(table.fitted)

            boxes         \(shapes.sizes.count)
            mean IoU      \(decimal(fit.meanIoU, 4))  with the nearest anchor
            IoU ≥ 0.5     \(decimal(100 * fit.recall, 1)) %
            \n
            """
    }

    private func json(_ fit: BoxShapes.Fit, _ shapes: BoxShapes) -> JSONValue {
        [
            "input": .array([.integer(input.width), .integer(input.height)]),
            "boxes": .integer(shapes.sizes.count),
            "anchors": .array(
                zip(fit.anchors, fit.counts).map { anchor, boxes in
                    [
                        "width": .number(anchor.width), "height": .number(anchor.height), "boxes": .integer(boxes),
                    ]
                }),
            "meanIoU": .number(fit.meanIoU), "recall50": .number(fit.recall),
        ]
    }
}

extension ImageDataset {
    /// The indices of the images that are assigned to training; nil if none is.
    fileprivate var trainingItems: [Int]? {
        let indices = items.indices.filter { items[$0].part == .train }
        return indices.isEmpty ? nil : indices
    }
}

/// The boxes of a data set in the colors of their anchors, and what more or fewer anchors would be worth.
struct AnchorPlot {
    private let shapes: BoxShapes
    private let fit: BoxShapes.Fit
    private let input: ModelSpec.Input
    private let seed: UInt64

    init(_ shapes: BoxShapes, _ fit: BoxShapes.Fit, input: ModelSpec.Input, seed: UInt64) {
        (self.shapes, self.fit, self.input, self.seed) = (shapes, fit, input, seed)
    }

    var image: Image { [sizes.image(width: 1000, height: 760), counts.image(width: 1000, height: 640)].stacked }

    /// As many as can be told apart.
    private static let mostBoxes = 3000
    /// Between two dots: a line that is interrupted there.
    private static let gap = (x: Double.nan, y: Double.nan)

    /// A dot for each box, and for each anchor its right and lower edge.
    private var sizes: LinePlot {
        let step = max(1, shapes.sizes.count / Self.mostBoxes)
        var dots = [[(x: Double, y: Double)]](repeating: [], count: fit.anchors.count)
        for index in stride(from: 0, to: shapes.sizes.count, by: step) {
            let size = shapes.sizes[index]
            let nearest = fit.anchors.indices.max { size.iou(fit.anchors[$0]) < size.iou(fit.anchors[$1]) }!
            dots[nearest] += [(size.width, size.height), Self.gap]
        }
        let lines = fit.anchors.enumerated().map { index, anchor in
            let edges = [(x: 0, y: anchor.height), (x: anchor.width, y: anchor.height), (x: anchor.width, y: 0)]
            return LinePlot.Line(
                "\(decimal(anchor.width, 0))×\(decimal(anchor.height, 0))", dots[index] + edges,
                color: LinePlot.colors[index % LinePlot.colors.count])
        }
        return LinePlot(
            title: "boxes, and the \(fit.anchors.count) anchors nearest to them",
            xLabel: "width in pixels of an input of \(input.width)×\(input.height)",
            panels: [.init(yLabel: "height in pixels", lines: lines)])
    }

    /// The fit of one anchor, of two, and so on.
    private var counts: LinePlot {
        let most = max(12, fit.anchors.count)
        let fits = (1...most).compactMap { shapes.clusters($0, seed: seed) }
        func points(_ value: (BoxShapes.Fit) -> Double) -> [(x: Double, y: Double)] {
            fits.enumerated().map { (Double($0 + 1), value($1)) }
        }
        return LinePlot(
            title: "fit by the number of anchors", xLabel: "anchors",
            panels: [
                .init(
                    yLabel: "with the nearest anchor",
                    lines: [
                        .init("mean IoU", points(\.meanIoU)),
                        .init("part with IoU 0.5 or more", points(\.recall)),
                    ])
            ])
    }
}
