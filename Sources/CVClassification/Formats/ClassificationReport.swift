import CVCore
import CVImage

extension ClassificationMetrics {
    /// The scores of each class and their mean, in aligned columns; without a newline after the last line.
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

    /// The confusion matrix in aligned columns: a row for each class, a column for each that it was taken for, by its
    /// number. Without a newline after the last line.
    public var confusionText: String {
        let columns = classes.indices.map { "\($0)" }
        var table = TextTable(["", "is \\ taken for"] + columns, rightAligned: Set([0] + (2..<classes.count + 2)))
        for (index, name) in classes.enumerated() {
            // A dot is easier to pass over than a 0.
            table.add(["\(index)", name] + confusion[index].map { $0 == 0 ? "." : "\($0)" })
        }
        return table.text
    }

    /// The confusion matrix as a picture.
    public var confusionImage: Image {
        HeatMap(
            title: "accuracy \(decimal(accuracy, 4)) of \(pluralized(count, "picture"))", rowTitle: "is",
            columnTitle: "taken for", rowLabels: classes, columnLabels: classes, counts: confusion
        ).image()
    }

    /// All numbers, in a form for other programs.
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
