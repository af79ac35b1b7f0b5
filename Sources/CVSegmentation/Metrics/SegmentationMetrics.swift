import CVCore
import CVImage
import CVTask

/// How well a network tells what each pixel shows, counted up picture by picture.
///
/// ```swift
/// var metrics = SegmentationMetrics(classes: segmenter.labels.names)
/// metrics.add(segmenter(picture).mask.values, truth)
/// print(metrics.meanIoU, metrics[3].iou)
/// ```
/// The numbers are those of torchmetrics (`MulticlassJaccardIndex`, `MulticlassF1Score`, `MulticlassAccuracy`,
/// `MulticlassConfusionMatrix`) over all pixels together. What is undefined, such as the IoU of a class that is neither
/// there nor predicted, is 0.
public struct SegmentationMetrics: Sendable, Equatable {
    public let classes: [String]
    /// How many pixels of the class of the row were taken for the class of the column.
    public var confusion: [[Int]] { matrix.counts }
    public private(set) var images = 0
    private var matrix: ConfusionMatrix

    public init(classes: [String]) {
        self.classes = classes
        matrix = ConfusionMatrix(classes: classes.count)
    }

    /// Counts a picture in: the class of each pixel as it was predicted, and as it is. `Mask.ignore` in `truth` does not
    /// count.
    public mutating func add(_ predicted: [UInt8], _ truth: Mask) {
        precondition(
            predicted.count == truth.values.count,
            "\(predicted.count) predictions for a mask of \(truth.width)×\(truth.height)")
        let count = classes.count
        // One for each pair of bytes: no test of what they hold but in the end.
        var pairs = [Int](repeating: 0, count: 1 << 16)
        for (guess, name) in zip(predicted, truth.values) { pairs[Int(name) << 8 | Int(guess)] += 1 }
        for (pair, pixels) in pairs.enumerated() where pixels > 0 {
            let (name, guess) = (pair >> 8, pair & 255)
            if name == Int(Mask.ignore) { continue }
            precondition(name < count && guess < count, "class \(name) taken for \(guess), of \(count) classes")
            matrix.add(name, predictedAs: guess, count: pixels)
        }
        images += 1
    }

    /// Pixels that count.
    public var pixels: Int { matrix.total }
    /// The part of the pixels whose class was predicted; 0 without pixels, as all that follows.
    public var pixelAccuracy: Double { ConfusionMatrix.ratio(matrix.hits, pixels) }

    /// How well one class is told, or the mean over all.
    public struct Scores: Sendable, Equatable {
        /// Intersection over union: of the pixels that are of the class or were taken for it, those that are both.
        public let iou: Double
        /// The Dice coefficient, which is the F1 score.
        public let dice: Double
        /// Of the pixels of this class, those that were taken for it.
        public let recall: Double
        /// Of the pixels that were taken for this class, those that are of it.
        public let precision: Double
        /// Pixels of this class.
        public let pixels: Int
    }

    /// The scores of one class.
    public subscript(index: Int) -> Scores {
        let (own, predicted, hits) = matrix[index]
        return Scores(
            iou: ConfusionMatrix.ratio(hits, own + predicted - hits),
            dice: ConfusionMatrix.ratio(2 * hits, own + predicted), recall: ConfusionMatrix.ratio(hits, own),
            precision: ConfusionMatrix.ratio(hits, predicted), pixels: own)
    }

    /// The plain mean over the classes that are there or were predicted; the others say nothing.
    public var mean: Scores {
        Scores(
            iou: matrix.mean { self[$0].iou }, dice: matrix.mean { self[$0].dice },
            recall: matrix.mean { self[$0].recall }, precision: matrix.mean { self[$0].precision }, pixels: pixels)
    }

    /// The mean intersection over union: what segmentations are usually compared by.
    public var meanIoU: Double { mean.iou }
}

extension SegmentationMetrics.Scores: Codable {}

extension SegmentationMetrics: Codable {
    private enum CodingKeys: String, CodingKey {
        case classes, confusion
        case images = "pictures"
    }

    /// The report: its numbers follow from the confusion matrix.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        classes = try container.decode([LabelEntry].self, forKey: .classes).map(\.label)
        matrix = try container.decode(ConfusionMatrix.self, forKey: .confusion)
        images = try container.decode(Int.self, forKey: .images)
        guard matrix.counts.count == classes.count else {
            throw DecodingError.invalid(decoder, "\(matrix.counts.count) rows for \(classes.count) classes")
        }
    }

    /// The report.
    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
