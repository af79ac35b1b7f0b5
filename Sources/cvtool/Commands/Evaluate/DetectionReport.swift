import CVCore
import CVDetection
import CVImage
import CVTraining

/// All that is computed of the results on a set, as text, JSON and images.
struct DetectionReport {
    private let truth: DetectionTruth
    private let results: [ResultBox]
    private let imageIDs: [Int]
    private let evaluation: DetectionEvaluation
    private let errors: DetectionErrorBreakdown
    private let confusion: DetectionConfusion
    /// By the number of the class.
    private let names: [Int: String]

    init(_ truth: DetectionTruth, _ results: [ResultBox], imageIDs: [Int]) {
        (self.truth, self.results, self.imageIDs) = (truth, results, imageIDs)
        let categories = truth.categoryIDs
        let evaluation = DetectionEvaluation(
            truth: truth.objects, results: results, imageIDs: imageIDs, categoryIDs: categories)
        self.evaluation = evaluation
        errors = DetectionErrorBreakdown(
            truth: truth.objects, results: results, imageIDs: imageIDs, categoryIDs: categories)
        let thresholds = evaluation.classes.map { ($0.categoryID, $0.curve?.best?.threshold ?? Self.otherwise) }
        confusion = DetectionConfusion(
            truth: truth.objects, results: results, imageIDs: imageIDs, categoryIDs: categories,
            thresholds: Dictionary(thresholds) { first, _ in first })
        names = Dictionary(zip(categories, truth.classes)) { first, _ in first }
    }

    /// The threshold of classes without objects, which have no best one.
    private static let otherwise = 0.25
    /// What pycocotools gives where there is nothing to measure.
    private static let undefined = -1.0

    private func name(_ category: Int) -> String { names[category] ?? "\(category)" }

    // MARK: Text

    /// The most classes whose confusion matrix is printed.
    private static let mostColumns = 20

    /// The numbers of COCO, a table of the classes, what errors cost, and the confusion matrix.
    var text: String {
        let numbers = evaluation.summary.named.map { "\($0.name.padded(to: 6))  \(Self.shown($0.value))" }
        return [
            "images  \(imageIDs.count)\nresults \(results.count)\n\n" + numbers.joined(separator: "\n"), classTable,
            errorTable, confusionText,
        ].joined(separator: "\n\n") + "\n"
    }

    private static func shown(_ value: Double?) -> String { value.map { decimal($0, 4) } ?? "-" }

    private var classTable: String {
        var table = TextTable(
            ["class", "objects", "AP", "AP50", "AR100", "threshold", "precision", "recall", "F1"],
            rightAligned: Set(1...8))
        for score in evaluation.classes {
            let best = score.curve?.best
            let numbers = [
                score.summary.averagePrecision, score.summary.averagePrecision50, score.summary.averageRecall100,
                best?.threshold, best?.precision, best?.recall, best?.f1,
            ]
            table.add([name(score.categoryID), "\(score.objects)"] + numbers.map(Self.shown))
        }
        return table.fitted
    }

    private var errorTable: String {
        var table = TextTable(["error", "count", "AP50 without it"], rightAligned: [1, 2])
        for kind in DetectionErrorBreakdown.Kind.allCases {
            table.add([kind.rawValue, "\(errors.counts[kind] ?? 0)", "+" + decimal(errors.gains[kind] ?? 0, 4)])
        }
        table.add(["all false positives", "", "+" + decimal(errors.falsePositiveGain, 4)])
        table.add(["all missed objects", "", "+" + decimal(errors.falseNegativeGain, 4)])
        return table.text
    }

    private var confusionText: String {
        let count = truth.classes.count
        guard count <= Self.mostColumns else {
            return "the confusion matrix of \(count) classes: --json, or --confusion FILE.png"
        }
        let columns = (0..<count).map { "\($0)" } + ["none"]
        var table = TextTable(["", "true \\ found"] + columns, rightAligned: Set([0] + (2..<count + 3)))
        for (index, row) in confusion.counts.enumerated() {
            let label = index < count ? truth.classes[index] : "background"
            table.add([index < count ? "\(index)" : "", label] + row.map { $0 == 0 ? "." : "\($0)" })
        }
        return table.text
    }

    // MARK: JSON

    /// The numbers of COCO by their short names, and all others.
    var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { .number(value ?? Self.undefined) }
        let numbers = evaluation.summary.named.map { JSONMember($0.name, number($0.value)) }
        let classes: [JSONValue] = evaluation.classes.map { score in
            let best = score.curve?.best
            return .object(
                [
                    JSONMember("label", .string(name(score.categoryID))), JSONMember("id", .integer(score.categoryID)),
                    JSONMember("objects", .integer(score.objects)), JSONMember("results", .integer(score.results)),
                ] + score.summary.named.map { JSONMember($0.name, number($0.value)) } + [
                    JSONMember("threshold", best.map { .number($0.threshold) } ?? .null),
                    JSONMember("precision", best.map { .number($0.precision) } ?? .null),
                    JSONMember("recall", best.map { .number($0.recall) } ?? .null),
                    JSONMember("f1", best.map { .number($0.f1) } ?? .null),
                ])
        }
        let kinds = DetectionErrorBreakdown.Kind.allCases.map { kind in
            JSONMember(
                kind.rawValue,
                ["count": .integer(errors.counts[kind] ?? 0), "gain": .number(errors.gains[kind] ?? 0)])
        }
        return .object(
            numbers + [
                JSONMember("images", .integer(imageIDs.count)), JSONMember("results", .integer(results.count)),
                JSONMember("classes", .array(classes)),
                JSONMember(
                    "errors",
                    .object(
                        kinds + [
                            JSONMember("falsePositives", ["gain": .number(errors.falsePositiveGain)]),
                            JSONMember("falseNegatives", ["gain": .number(errors.falseNegativeGain)]),
                        ])),
                JSONMember(
                    "confusion",
                    [
                        "labels": .array((truth.classes + ["background"]).map { .string($0) }),
                        "counts": .array(confusion.counts.map { .array($0.map { .integer($0) }) }),
                    ]),
            ])
    }

    /// The results in COCO's format, one a line.
    var resultText: String {
        let lines = results.map { result -> String in
            let box = result.box
            let entry: JSONValue = [
                "image_id": .integer(result.imageID), "category_id": .integer(result.categoryID),
                "bbox": .array([box.x, box.y, box.width, box.height].map { .number($0) }),
                "score": .number(result.score),
            ]
            return entry.text
        }
        return lines.isEmpty ? "[]\n" : "[\n" + lines.joined(separator: ",\n") + "\n]\n"
    }

    // MARK: Plots

    /// The most classes that have a curve of their own.
    private static let mostCurves = 12

    /// Precision over recall, and F1 over the threshold, of the classes with the most objects.
    func curves() -> Image {
        let shown = evaluation.classes.filter { $0.curve != nil }.sorted { $0.objects > $1.objects }
            .prefix(Self.mostCurves)
        func plot(_ title: String, _ xLabel: String, _ yLabel: String, _ points: (DetectionCurve) -> [(Double, Double)])
            -> Image
        {
            let lines = shown.map { score in
                LinePlot.Line(name(score.categoryID), score.curve.map(points)?.map { (x: $0.0, y: $0.1) } ?? [])
            }
            return LinePlot(title: title, xLabel: xLabel, panels: [.init(yLabel: yLabel, lines: lines)])
                .image(width: 1000, height: 700)
        }
        let part = shown.count < evaluation.classes.count ? ", of the \(shown.count) classes with the most objects" : ""
        let precision = plot("overlap 0.5\(part)", "recall", "precision") {
            $0.points.map { ($0.recall, $0.precision) }
        }
        let f1 = plot("overlap 0.5\(part)", "threshold of the score", "F1") { $0.points.map { ($0.threshold, $0.f1) } }
        return [precision, f1].stacked
    }

    /// The most classes that an image of the matrix has room for.
    private static let mostRows = 200

    /// The confusion matrix with the background.
    func confusionMap() -> Image {
        let count = truth.classes.count
        let totals = confusion.counts.map { $0.reduce(0, +) }
        let shown = (0..<count).sorted { (totals[$0], $1) > (totals[$1], $0) }.prefix(Self.mostRows).sorted() + [count]
        let labels = shown.map { $0 < count ? truth.classes[$0] : "background" }
        let part = shown.count <= count ? "; the \(Self.mostRows) most frequent of \(count) classes" : ""
        return HeatMap(
            title: "at the best threshold of each class\(part)", rowTitle: "true", columnTitle: "found",
            rowLabels: labels, columnLabels: labels,
            counts: shown.map { row in shown.map { confusion.counts[row][$0] } }
        ).image()
    }

    /// What each kind of error costs.
    func breakdownPlot() -> Image {
        var bars = DetectionErrorBreakdown.Kind.allCases.map { kind in
            BarPlot.Bar(
                kind.rawValue, errors.gains[kind] ?? 0,
                text: "\(decimal(100 * (errors.gains[kind] ?? 0), 2)) (\(errors.counts[kind] ?? 0))")
        }
        for (name, gain) in [
            ("all false positives", errors.falsePositiveGain), ("all missed objects", errors.falseNegativeGain),
        ] {
            bars.append(.init(name, gain, text: decimal(100 * gain, 2), color: LinePlot.colors[1]))
        }
        return BarPlot(
            title:
                "AP50 is \(decimal(100 * errors.averagePrecision, 2)); without the errors of a kind it rises by (errors)",
            bars: bars
        ).image(width: 1000)
    }

    // MARK: Images

    private static let right = Color(40, 170, 70), wrong = Color(220, 40, 40), missed = Color(255, 150, 0)

    /// Draws the images with the most errors, at the best threshold of each class.
    ///
    /// - Returns: how many were written.
    func writeWorst(_ count: Int, to folder: String, force: Bool) throws -> Int {
        let paths = Dictionary(truth.images.map { ($0.id, $0) }) { first, _ in first }
        let worst = confusion.images.filter { $0.errors > 0 && paths[$0.imageID]?.path != nil }
            .sorted { ($0.errors, $1.imageID) > ($1.errors, $0.imageID) }.prefix(count)
        for (rank, errors) in worst.enumerated() {
            guard let entry = paths[errors.imageID], let path = entry.path else { continue }
            var image = try Image(contentsOf: path).withoutAlpha()
            draw(errors, on: &image)
            let number = String(1000 + rank + 1).dropFirst()
            let file = FileSystem.join(folder, "\(number)_\(FileSystem.stem(of: entry.name)).png")
            try image.write(to: file, overwrite: force)
        }
        return worst.count
    }

    private func draw(_ errors: DetectionConfusion.ImageErrors, on image: inout Image) {
        var boxes: [BoxAnnotation] = []
        for (result, isRight) in errors.results where isRight {
            boxes.append(.init(box: result.box.corners, color: Self.right))
        }
        for (object, isFound) in errors.objects where !isFound {
            boxes.append(
                .init(box: object.box.corners, label: "\(name(object.categoryID)) missed", color: Self.missed))
        }
        for (result, isRight) in errors.results where !isRight {
            let label = "\(name(result.categoryID)) \(String(percent: result.score))"
            boxes.append(.init(box: result.box.corners, label: label, color: Self.wrong))
        }
        image.annotate(boxes)
    }
}

extension EvaluatedBox {
    fileprivate var corners: Box {
        Box(minX: Float(x), minY: Float(y), maxX: Float(x + width), maxY: Float(y + height))
    }
}
