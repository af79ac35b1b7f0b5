/// The twelve numbers of COCO's evaluation, from 0 to 1; nil where there are no objects that they could speak of.
///
/// AP is the precision, averaged over recalls, classes and overlaps from 0.5 to 0.95. AR is the recall, averaged over classes and the same
/// overlaps, if at most so many results an image count. Small objects have at most 32² pixels, large ones at least 96².
public struct DetectionSummary: Sendable, Equatable, Codable {
    /// Average precision over the overlaps from 0.5 to 0.95.
    public var averagePrecision: Double?
    /// Average precision where an overlap of 0.5 is enough.
    public var averagePrecision50: Double?
    /// Average precision where an overlap of 0.75 is needed.
    public var averagePrecision75: Double?
    /// Average precision of small objects.
    public var averagePrecisionSmall: Double?
    /// Average precision of medium objects.
    public var averagePrecisionMedium: Double?
    /// Average precision of large objects.
    public var averagePrecisionLarge: Double?
    /// Average recall with one result an image and class.
    public var averageRecall1: Double?
    /// Average recall with ten results.
    public var averageRecall10: Double?
    /// Average recall with a hundred results.
    public var averageRecall100: Double?
    /// Average recall of small objects.
    public var averageRecallSmall: Double?
    /// Average recall of medium objects.
    public var averageRecallMedium: Double?
    /// Average recall of large objects.
    public var averageRecallLarge: Double?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case averagePrecision = "AP"
        case averagePrecision50 = "AP50"
        case averagePrecision75 = "AP75"
        case averagePrecisionSmall = "APs"
        case averagePrecisionMedium = "APm"
        case averagePrecisionLarge = "APl"
        case averageRecall1 = "AR1"
        case averageRecall10 = "AR10"
        case averageRecall100 = "AR100"
        case averageRecallSmall = "ARs"
        case averageRecallMedium = "ARm"
        case averageRecallLarge = "ARl"
    }

    /// The short names and the numbers in COCO's order: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl.
    public var named: [(name: String, value: Double?)] {
        let values = [
            averagePrecision, averagePrecision50, averagePrecision75, averagePrecisionSmall,
            averagePrecisionMedium,
            averagePrecisionLarge, averageRecall1, averageRecall10, averageRecall100, averageRecallSmall,
            averageRecallMedium, averageRecallLarge,
        ]
        return zip(CodingKeys.allCases, values).map { ($0.rawValue, $1) }
    }

    /// The means over classes; those without objects do not count.
    init(_ classes: [ClassAccumulation]) {
        func mean(_ values: [Double]) -> Double? {
            values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        func precision(_ area: Int, _ threshold: Int? = nil) -> Double? {
            mean(
                classes.compactMap { $0.averagePrecision[area] }.flatMap { row in
                    threshold.map { [row[$0]] } ?? row
                })
        }
        averagePrecision = precision(0)
        (averagePrecision50, averagePrecision75) = (precision(0, 0), precision(0, 5))
        (averagePrecisionSmall, averagePrecisionMedium, averagePrecisionLarge) = (
            precision(1), precision(2), precision(3)
        )
        let recalls = COCOProtocol.limits.indices.map { limit in
            mean(classes.compactMap { $0.recall[limit] }.flatMap(\.self))
        }
        (averageRecall1, averageRecall10, averageRecall100) = (recalls[0], recalls[1], recalls[2])
        let byArea = COCOProtocol.areas.indices.map { area in
            mean(classes.compactMap { $0.recallByArea[area] }.flatMap(\.self))
        }
        (averageRecallSmall, averageRecallMedium, averageRecallLarge) = (
            byArea[1], byArea[2], byArea[3]
        )
    }
}
