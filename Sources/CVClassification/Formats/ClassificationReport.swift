import CVCore
import CVImage

extension ClassificationMetrics {
    /// The scores of each class and their mean as an aligned table, without a trailing newline.
    ///
    /// As scikit-learn's `classification_report`.
    public var report: String {
        var table = TextTable(["class", "precision", "recall", "F1", "pictures"], rightAligned: [1, 2, 3, 4])
        func add(_ name: String, _ scores: Scores) {
            let numbers = [scores.precision, scores.recall, scores.f1].map { decimal($0, 4) }
            table.add([name] + numbers + ["\(scores.support)"])
        }
        for (index, name) in classes.enumerated() { add(name, self[index]) }
        add("mean of the classes", macro)
        return table.text
    }

    /// The confusion matrix as an aligned table, true \ predicted: rows and columns are numbered by class. Without a
    /// trailing newline.
    public var confusionText: String {
        let columns = classes.indices.map { "\($0)" }
        var table = TextTable(["", "true \\ predicted"] + columns, rightAligned: Set([0] + (2..<classes.count + 2)))
        for (index, name) in classes.enumerated() {
            // A dot draws less attention than a 0.
            table.add(["\(index)", name] + confusion[index].map { $0 == 0 ? "." : "\($0)" })
        }
        return table.text
    }

    /// The confusion matrix as a heat map image, true \ predicted. Of more than 200 classes, those are drawn that are most
    /// often confused, and the title says so.
    public var confusionImage: Image {
        let drawn = matrix.drawnClasses
        let part = drawn.count < classes.count ? "; the \(drawn.count) most confused of \(classes.count) classes" : ""
        let names = drawn.map { classes[$0] }
        return HeatMap(
            title: "accuracy \(decimal(accuracy, 4)) of \(pluralized(count, "image"))\(part)", rowTitle: "true",
            columnTitle: "predicted", rowLabels: names, columnLabels: names,
            counts: drawn.map { row in drawn.map { confusion[row][$0] } }
        ).image()
    }

    /// All metrics as a JSON object.
    public var json: JSONValue {
        [
            "pictures": .integer(count), "accuracy": .number(accuracy), "top5": .number(topFiveAccuracy),
            "loss": .number(loss), "macro": Self.json(macro),
            "classes": .array(
                classes.indices.map { index in
                    .object([JSONMember("label", .string(classes[index]))] + (Self.json(self[index]).object ?? []))
                }),
            "confusion": .array(confusion.map { .array($0.map { .integer($0) }) }),
        ]
    }

    private static func json(_ scores: Scores) -> JSONValue {
        [
            "precision": .number(scores.precision), "recall": .number(scores.recall), "f1": .number(scores.f1),
            "pictures": .integer(scores.support),
        ]
    }
}
