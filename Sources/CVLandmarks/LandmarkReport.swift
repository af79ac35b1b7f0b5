import CVCore
import CVImage

extension LandmarkMetrics {
    /// All figures: `nme` by the eyes and by the box with AUC and failure rate, the error of each point, the errors of each image.
    /// What is undefined is null.
    public var json: JSONValue {
        .members([
            "images": .integer(images.count + emptyImages), "objects": .integer(images.count),
            "presence_accuracy": emptyImages > 0 ? .number(presenceAccuracy ?? .nan) : nil,
            "threshold": .number(Self.failureThreshold), "inter_ocular": scheme.eyes == nil ? .null : ocular.json,
            "box": box.json,
            "points": .array(
                zip(scheme.points, pointErrors).map { name, error in
                    ["name": .string(name), "nme": error.map { .number($0) } ?? .null]
                }),
            "errors": .array(
                images.map { image in
                    [
                        "image": .string(image.image), "inter_ocular": image.ocular.map { .number($0) } ?? .null,
                        "box": .number(image.box),
                    ]
                }),
        ])
    }

    /// The cumulative curve: for each error the fraction of images whose error is at most that.
    ///
    /// - Parameter title: above it.
    /// - Returns: a plot up to the threshold of failure.
    public func curve(title: String = "") -> LinePlot {
        var lines = [Self.line("by the box", images.map(\.box))]
        if scheme.eyes != nil { lines.insert(Self.line("by the eyes", images.compactMap(\.ocular)), at: 0) }
        return LinePlot(
            title: title, xLabel: "normalized mean error, in percent",
            panels: [LinePlot.Panel(yLabel: "fraction of the images", lines: lines)])
    }

    private static func line(_ name: String, _ errors: [Double]) -> LinePlot.Line {
        let sorted = errors.sorted()
        let limit = failureThreshold
        var points: [(x: Double, y: Double)] = [(0, 0)]
        for (index, error) in sorted.enumerated() where error <= limit {
            points.append((100 * error, Double(index) / Double(sorted.count)))
            points.append((100 * error, Double(index + 1) / Double(sorted.count)))
        }
        points.append((100 * limit, points[points.count - 1].y))
        return LinePlot.Line(name, points)
    }
}

extension LandmarkMetrics.Summary {
    var json: JSONValue {
        [
            "images": .integer(images), "nme": .number(meanError), "median": .number(medianError),
            "auc": .number(areaUnderCurve), "failure_rate": .number(failureRate),
        ]
    }
}
