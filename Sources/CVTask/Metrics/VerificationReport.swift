import CVCore
import CVImage

/// The metrics of a verification with what was asked for beside them, for people and as JSON.
public struct VerificationReport: Sendable {
    /// The metrics.
    public let metrics: VerificationMetrics
    /// The numbers of images and of people.
    public let images, people: Int
    /// The number of people to choose from in one-shot recognition, N.
    public let ways: Int
    /// The errors of a search; nil if nothing was asked.
    public let database: DatabaseErrors?

    /// - Parameters:
    ///   - metrics: the metrics.
    ///   - images: the number of images.
    ///   - people: the number of people.
    ///   - ways: the number of people to choose from in one-shot recognition.
    ///   - databaseSize: the number of people in a database; nil for none.
    ///   - threshold: of the search; nil for that of the metrics.
    public init(
        _ metrics: VerificationMetrics, images: Int, people: Int, ways: Int = 5, databaseSize: Int? = nil,
        threshold: Double? = nil
    ) {
        (self.metrics, self.images, self.people, self.ways) = (metrics, images, people, ways)
        database = databaseSize.map { metrics.databaseErrors(size: $0, threshold: threshold ?? metrics.threshold) }
    }

    private var oneShot: Double? { metrics.identities?.oneShotAccuracy(ways: ways) }

    /// All numbers as a JSON object; what the pairs cannot resolve is null.
    public var json: JSONValue {
        let (roc, equal) = (metrics.roc, metrics.roc.equalError)
        let rates = VerificationMetrics.falseAcceptRates.map { rate in
            JSONMember(short(rate), Self.number(roc.trueAcceptRate(atFalseAcceptRate: rate)))
        }
        return [
            "images": .integer(images), "people": .integer(people),
            "pairs": ["same": .integer(roc.same), "different": .integer(roc.different)],
            "distance": .string(metrics.measure.rawValue), "auc": .number(roc.area),
            "decidability": .number(metrics.decidability),
            "eer": .number(equal.rate), "eer_threshold": .number(equal.threshold),
            "tar_at_far": .object(rates), "lfw": foldedJSON,
            "one_shot": ["ways": .integer(ways), "accuracy": Self.number(oneShot)], "database": databaseJSON,
        ]
    }

    private static func number(_ value: Double?) -> JSONValue {
        if let value { .number(value) } else { .null }
    }

    private var foldedJSON: JSONValue {
        guard let folded = metrics.folded else { return .null }
        return [
            "folds": .integer(folded.accuracies.count), "accuracy": .number(folded.mean),
            "standard_error": .number(folded.standardError), "threshold": .number(folded.threshold),
        ]
    }

    private var databaseJSON: JSONValue {
        guard let errors = database else { return .null }
        return [
            "size": .integer(errors.size), "threshold": .number(errors.threshold),
            "stranger_accepted": .number(errors.strangerAcceptRate),
            "method": .string(errors.isMeasured ? "measured" : "computed"), "missed": Self.number(errors.missRate),
        ]
    }

    /// A line for each number; "-" for what the pairs cannot resolve.
    public var text: String {
        let (roc, equal) = (metrics.roc, metrics.roc.equalError)
        func number(_ value: Double?) -> String { value.map { decimal($0, 4) } ?? "-" }
        var rows = [
            ("images", "\(images) of \(people) people"),
            ("pairs", "\(roc.same) of the same person, \(roc.different) of different people"),
            ("distance", metrics.measure.phrase), ("ROC AUC", decimal(roc.area, 4)),
            ("EER", "\(decimal(equal.rate, 4)) at distance \(decimal(equal.threshold, 4))"),
        ]
        rows.append(("decidability", decimal(metrics.decidability, 4)))
        for rate in VerificationMetrics.falseAcceptRates {
            rows.append(("TAR at FAR \(short(rate))", number(roc.trueAcceptRate(atFalseAcceptRate: rate))))
        }
        let folded = metrics.folded.map {
            "\(decimal($0.mean, 4)) ± \(decimal($0.standardError, 4)) over \($0.accuracies.count) folds, at distance "
                + decimal($0.threshold, 4)
        }
        rows.append(("accuracy (LFW)", folded ?? "-"))
        rows.append(("\(ways)-way one-shot", number(oneShot)))
        if let database { rows += Self.rows(database) }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "\($0.0.padded(to: width))  \($0.1)\n" }.joined()
    }

    private static func rows(_ errors: DatabaseErrors) -> [(String, String)] {
        let how = errors.isMeasured ? "measured" : "computed as if pairs were independent"
        return [
            ("database of \(errors.size)", "at distance \(decimal(errors.threshold, 4))"),
            ("  stranger accepted", "\(decimal(errors.strangerAcceptRate, 4)) (\(how))"),
            ("  member missed", errors.missRate.map { decimal($0, 4) } ?? "-"),
        ]
    }
}

extension VerificationMetrics {
    /// The ROC curve: right acceptances over wrong ones.
    public var rocPlot: LinePlot {
        LinePlot(
            title: "AUC \(decimal(roc.area, 4)), EER \(decimal(roc.equalError.rate, 4))",
            xLabel: "accepted pairs of different people (FAR)",
            panels: [
                LinePlot.Panel(
                    yLabel: "accepted pairs of the same person (TAR)",
                    lines: [
                        .init("network", roc.points.map { ($0.falseAcceptRate, $0.trueAcceptRate) }),
                        .init("chance", [(0, 0), (1, 1)]),
                    ])
            ])
    }
}
