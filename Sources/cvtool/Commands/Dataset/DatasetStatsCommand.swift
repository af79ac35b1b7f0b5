import ArgumentParser
import CLISupport
import CVCore
import CVImage
import CVTraining

/// `cvtool dataset stats`: what a data set consists of.
struct DatasetStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Print and plot sizes, classes and positions.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints how many images, objects and classes there are, the sizes of images and boxes, and for detection how many \
            objects of each class are small (below 32² pixels), medium and large (from 96² on), as COCO counts them.

            EXAMPLES
              cvtool dataset stats bccd/
              cvtool dataset stats bccd/ --plot bccd.png
              cvtool dataset stats animals/ --json

            \(ExitStatus.help())
            """)

    @OptionGroup(title: "Data") var dataset: DatasetOptions

    @OptionGroup(title: "Output") var output: PlotOutputOptions

    func run() throws {
        try perform {
            try untilOutputIsClosed {
                let set = try dataset.read()
                set.report(quiet: output.quiet)
                set.images.reportSkipped(quiet: output.quiet)
                try output.prepare(reading: set.images)
                let statistics = DatasetStatistics(set)
                try output.write(plot: statistics.plot, text: statistics.text, json: statistics.json)
                return .success
            }
        }
    }
}

/// What a data set consists of.
struct DatasetStatistics {
    /// The objects of a class.
    private struct ClassCount {
        var objects = 0
        var images = 0
        /// Square roots of areas, in pixels.
        var sides: [Double] = []
    }

    private let data: AnyDataset
    private var counts: [ClassCount]
    private var widths: [Int] = []
    private var heights: [Int] = []
    private var perImage: [Int] = []
    /// Of the centers, as fractions of the image.
    private var centers: [(x: Double, y: Double)] = []
    /// Of boxes, as fractions of the image.
    private var fractions: [Double] = []

    private var classes: [String] { data.images.classes ?? [] }

    init(_ data: AnyDataset) {
        self.data = data
        counts = Array(repeating: ClassCount(), count: data.images.classes?.count ?? 0)
        for item in data.images.items {
            if let size = Self.size(of: item, data.images) {
                widths.append(size.width)
                heights.append(size.height)
                add(item, size)
            }
            if let label = item.label { counts[label].images += 1 }
        }
    }

    /// Of the header: nothing is decoded.
    private static func size(of item: ImageDataset.Item, _ images: ImageDataset) -> (width: Int, height: Int)? {
        if let size = item.size { return (size.width, size.height) }
        guard let bytes = try? images.bytes(of: item), let info = try? ImageInfo(data: bytes, name: item.name) else {
            return nil
        }
        return (info.width, info.height)
    }

    private mutating func add(_ item: ImageDataset.Item, _ size: (width: Int, height: Int)) {
        guard data.task == .detect else { return }
        perImage.append(item.objects.count)
        for object in item.objects {
            let (width, height) = (Double(object.box.width), Double(object.box.height))
            counts[object.label].objects += 1
            counts[object.label].sides.append((width * height).squareRoot())
            fractions.append((width * height / Double(size.width * size.height)).squareRoot())
            let (x, y) = (Double(object.box.minX + object.box.maxX) / 2, Double(object.box.minY + object.box.maxY) / 2)
            centers.append((x / Double(size.width), y / Double(size.height)))
        }
        for label in Set(item.objects.map(\.label)) { counts[label].images += 1 }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted.count % 2 == 1
            ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
    }

    private static func range(_ values: [Int]) -> String {
        guard let least = values.min(), let most = values.max() else { return "-" }
        let middle = median(values.map { Double($0) })
        return "\(least) to \(most), median \(decimal(middle, middle == middle.rounded() ? 0 : 1))"
    }

    /// Below 32² pixels, below 96², others.
    private static func bySize(_ sides: [Double]) -> [Int] {
        [sides.count { $0 < 32 }, sides.count { $0 >= 32 && $0 < 96 }, sides.count { $0 >= 96 }]
    }

    // MARK: Text

    var text: String {
        var lines = ["images              \(data.images.items.count)"]
        for part in DatasetPart.allCases {
            let count = data.images.items.count { $0.part == part }
            if count > 0 { lines.append("  \(part.rawValue.padded(to: 18))\(count)") }
        }
        lines += ["width               \(Self.range(widths))", "height              \(Self.range(heights))"]
        if data.task == .detect {
            lines.append("objects             \(counts.reduce(0) { $0 + $1.objects })")
            lines.append("objects of an image \(Self.range(perImage))")
            lines.append("without objects     \(perImage.count { $0 == 0 })")
        }
        return lines.joined(separator: "\n") + (classes.isEmpty ? "\n" : "\n\n\(table)\n")
    }

    private var table: String {
        guard data.task == .detect else {
            var table = TextTable(["class", "images"], rightAligned: [1])
            let isCounted = data.images.items.contains { $0.label != nil }
            for (name, count) in zip(classes, counts) { table.add([name, isCounted ? "\(count.images)" : "-"]) }
            return table.fitted
        }
        var table = TextTable(
            ["class", "objects", "images", "median side", "small", "medium", "large"], rightAligned: Set(1...6))
        for (name, count) in zip(classes, counts) {
            table.add(
                [name, "\(count.objects)", "\(count.images)", decimal(Self.median(count.sides), 1)]
                    + Self.bySize(count.sides).map { "\($0)" })
        }
        return table.fitted
    }

    // MARK: JSON

    var json: JSONValue {
        func range(_ values: [Int]) -> JSONValue {
            [
                "min": .integer(values.min() ?? 0), "max": .integer(values.max() ?? 0),
                "median": .number(Self.median(values.map { Double($0) })),
            ]
        }
        let parts = DatasetPart.allCases.map { part in
            JSONMember(part.rawValue, .integer(data.images.items.count { $0.part == part }))
        }
        let list: [JSONValue] = zip(classes, counts).map { name, count in
            let sizes = Self.bySize(count.sides)
            return [
                "label": .string(name), "objects": .integer(count.objects), "images": .integer(count.images),
                "medianSide": .number(Self.median(count.sides)), "small": .integer(sizes[0]),
                "medium": .integer(sizes[1]), "large": .integer(sizes[2]),
            ]
        }
        return [
            "task": .string(data.task.rawValue), "format": data.detection.map { .string($0.format.rawValue) } ?? .null,
            "images": .integer(data.images.items.count), "parts": .object(parts), "width": range(widths),
            "height": range(heights), "objects": .integer(counts.reduce(0) { $0 + $1.objects }),
            "objectsPerImage": range(perImage), "classes": .array(list),
        ]
    }

    // MARK: Plot

    private static let bins = 20

    /// The classes; of sets for detection also the sizes and the positions.
    var plot: Image {
        let isDetection = data.task == .detect
        let byClass = BarPlot(
            title: isDetection ? "objects of each class" : "images of each class",
            bars: zip(classes, counts).map { .init($0, Double(isDetection ? $1.objects : $1.images)) })
        guard isDetection else { return byClass.image() }
        var histogram = [Int](repeating: 0, count: Self.bins)
        for fraction in fractions {
            histogram[min(Self.bins - 1, max(0, Int(clamping: fraction * Double(Self.bins))))] += 1
        }
        let last = (histogram.lastIndex { $0 > 0 } ?? 0) + 1
        let sizes = BarPlot(
            title: "size of boxes: root of the fraction of the image that they cover",
            bars: histogram.prefix(last).enumerated().map { index, count in
                let step = 100 / Self.bins
                return .init("\(index * step) to \((index + 1) * step) %", Double(count), color: LinePlot.colors[1])
            })
        return [byClass.image(), sizes.image(), positions].stacked
    }

    private static let columns = 45

    /// Where the centers of boxes are: the darker, the more.
    private var positions: Image {
        let aspect = Self.median(zip(widths, heights).map { Double($1) / Double($0) })
        let rows = min(max(Int(clamping: (Double(Self.columns) * aspect).rounded()), 8), 90)
        var cells = [Int](repeating: 0, count: Self.columns * rows)
        for center in centers {
            let x = min(Self.columns - 1, max(0, Int(clamping: center.x * Double(Self.columns))))
            let y = min(rows - 1, max(0, Int(clamping: center.y * Double(rows))))
            cells[y * Self.columns + x] += 1
        }
        let (side, top, left) = (16, 46, 90)
        var image = Image(width: 900, height: top + rows * side + 24, fill: .white)
        image.drawText(
            "positions of the centers of boxes in the image", x: 16, baseline: 29, size: 19.2, color: Color(45, 48, 54))
        let most = Double(max(cells.max() ?? 1, 1))
        for (index, count) in cells.enumerated() {
            let (x, y) = (left + index % Self.columns * side, top + index / Self.columns * side)
            let shade = (Double(count) / most).squareRoot()
            func mixed(_ end: Double) -> UInt8 { UInt8(clamping: 245 + (end - 245) * shade) }
            image.fill(
                Box(minX: Float(x), minY: Float(y), maxX: Float(x + side), maxY: Float(y + side)),
                color: Color(mixed(20), mixed(50), mixed(120)))
        }
        return image
    }
}
