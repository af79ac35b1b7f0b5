import CVCore
import CVImage

extension SegmentationMetrics {
    /// The scores of each class and their mean as an aligned table, without a trailing newline.
    public var report: String {
        var table = TextTable(
            ["class", "IoU", "Dice", "recall", "precision", "pixels"], rightAligned: [1, 2, 3, 4, 5])
        func add(_ name: String, _ scores: Scores) {
            let numbers = [scores.iou, scores.dice, scores.recall, scores.precision]
            table.add([name] + numbers.map { decimal($0, 4) } + ["\(scores.pixels)"])
        }
        for (index, name) in classes.enumerated() { add(name, self[index]) }
        add("mean of the classes", mean)
        return table.text
    }

    /// The confusion matrix as an aligned table, true \ predicted, in percent of the pixels of each true class: rows and
    /// columns are numbered by class. Without a trailing newline.
    public var confusionText: String {
        let columns = classes.indices.map { "\($0)" }
        var table = TextTable(
            ["", "% of true \\ predicted"] + columns, rightAligned: Set([0] + (2..<classes.count + 2)))
        for (index, name) in classes.enumerated() {
            // A dot draws less attention than a 0.0.
            table.add(["\(index)", name] + parts(ofRow: index).map { $0 < 0.0005 ? "." : decimal(100 * $0, 1) })
        }
        return table.text
    }

    /// The confusion matrix as a heat map image, true \ predicted, in percent of the pixels of each true class.
    public var confusionImage: Image {
        HeatMap(
            title: "mean IoU \(decimal(meanIoU, 4)); % of the pixels of each class", rowTitle: "true",
            columnTitle: "predicted", rowLabels: classes, columnLabels: classes,
            counts: classes.indices.map { parts(ofRow: $0).map { Int(clamping: (100 * $0).rounded()) } }
        ).image()
    }

    private func parts(ofRow index: Int) -> [Double] {
        let all = confusion[index].reduce(0, +)
        return confusion[index].map { all > 0 ? Double($0) / Double(all) : 0 }
    }

    /// All metrics as a JSON object.
    public var json: JSONValue {
        [
            "pictures": .integer(images), "pixels": .integer(pixels), "pixel_accuracy": .number(pixelAccuracy),
            "mean_iou": .number(meanIoU), "mean_dice": .number(mean.dice),
            "classes": .array(
                classes.indices.map { index in
                    .object([JSONMember("label", .string(classes[index]))] + (Self.json(self[index]).object ?? []))
                }),
            "confusion": .array(confusion.map { .array($0.map { .integer($0) }) }),
        ]
    }

    private static func json(_ scores: Scores) -> JSONValue {
        [
            "iou": .number(scores.iou), "dice": .number(scores.dice), "recall": .number(scores.recall),
            "precision": .number(scores.precision), "pixels": .integer(scores.pixels),
        ]
    }
}
