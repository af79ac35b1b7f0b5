import CVCore
import CVImage
import CVTask

/// The metrics of a segmentation network, accumulated image by image.
///
/// ```swift
/// var metrics = SegmentationMetrics(classes: segmenter.labels.names)
/// metrics.add(segmenter(image).mask.values, truth)
/// print(metrics.meanIoU, metrics[3].iou)
/// ```
/// The values match torchmetrics (`MulticlassJaccardIndex`, `MulticlassF1Score`, `MulticlassAccuracy`,
/// `MulticlassConfusionMatrix`) over all pixels together. An undefined value, such as the IoU of a class that is neither
/// present nor predicted, is 0.
public struct SegmentationMetrics: Sendable, Equatable {
    /// The names of the classes, by index.
    public let classes: [String]
    /// The confusion matrix [true][predicted], in pixels.
    public var confusion: [[Int]] { matrix.counts }
    /// The number of images.
    public private(set) var images = 0
    private var matrix: ConfusionMatrix

    /// Creates empty metrics.
    ///
    /// - Parameter classes: the names of the classes, by index.
    public init(classes: [String]) {
        self.classes = classes
        matrix = ConfusionMatrix(classes: classes.count)
    }

    /// Adds an image.
    ///
    /// - Parameters:
    ///   - predicted: the predicted class of each pixel, height × width.
    ///   - truth: the true class of each pixel; those of `Mask.ignore` are skipped.
    public mutating func add(_ predicted: [UInt8], _ truth: Mask) {
        precondition(
            predicted.count == truth.values.count,
            "\(predicted.count) predictions for a mask of \(truth.width)×\(truth.height)")
        let count = classes.count
        // One counter per pair of bytes, so that values are validated once per pair instead of once per pixel.
        var pairs = [Int](repeating: 0, count: 1 << 16)
        for (guess, name) in zip(predicted, truth.values) { pairs[Int(name) << 8 | Int(guess)] += 1 }
        for (pair, pixels) in pairs.enumerated() where pixels > 0 {
            let (name, guess) = (pair >> 8, pair & 255)
            if name == Int(Mask.ignore) { continue }
            precondition(name < count && guess < count, "class \(name) predicted as \(guess), of \(count) classes")
            matrix.add(name, predictedAs: guess, count: pixels)
        }
        images += 1
    }

    /// The number of pixels, without ignored ones.
    public var pixels: Int { matrix.total }
    /// The fraction of the pixels whose class was predicted. Without pixels this and all values below are 0.
    public var pixelAccuracy: Double { ConfusionMatrix.ratio(matrix.hits, pixels) }

    /// The scores of one class, or their mean over all classes.
    public struct Scores: Sendable, Equatable {
        /// Intersection over union of the pixels of the class and those predicted as it (Jaccard index).
        public let iou: Double
        /// The Dice coefficient, which equals the F1 score.
        public let dice: Double
        /// The fraction of the pixels of this class that were predicted as it.
        public let recall: Double
        /// The fraction of the pixels predicted as this class that belong to it.
        public let precision: Double
        /// The number of pixels of this class.
        public let pixels: Int
    }

    /// The scores of one class.
    ///
    /// - Parameter index: index into `classes`.
    public subscript(index: Int) -> Scores {
        let (own, predicted, hits) = matrix[index]
        return Scores(
            iou: ConfusionMatrix.ratio(hits, own + predicted - hits),
            dice: ConfusionMatrix.ratio(2 * hits, own + predicted), recall: ConfusionMatrix.ratio(hits, own),
            precision: ConfusionMatrix.ratio(hits, predicted), pixels: own)
    }

    /// The macro average: the unweighted mean over the classes that are present or were predicted.
    public var mean: Scores {
        Scores(
            iou: matrix.mean { self[$0].iou }, dice: matrix.mean { self[$0].dice },
            recall: matrix.mean { self[$0].recall }, precision: matrix.mean { self[$0].precision }, pixels: pixels)
    }

    /// The mean intersection over union (mIoU), the usual metric of segmentation benchmarks.
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
        guard (0...1 << 53).contains(images) else { throw DecodingError.invalid(decoder, "\(images) images") }
    }

    /// The report.
    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
