import CVCore
import CVTask
import CVTensor

/// The metrics of a classifier on labeled images, accumulated batch by batch.
///
/// ```swift
/// var metrics = ClassificationMetrics(classes: dataset.classes)
/// metrics.add(logits: network(batch.images), labels: batch.labels)
/// print(metrics.accuracy, metrics.macro.f1)
/// ```
/// The values match scikit-learn's `classification_report` and `confusion_matrix`. An undefined value, such as the
/// precision of a class that is never predicted, is 0, as with `zero_division=0`.
public struct ClassificationMetrics: Sendable, Equatable {
    /// The names of the classes, by index.
    public let classes: [String]
    /// The confusion matrix [true][predicted], in images.
    public var confusion: [[Int]] { matrix.counts }
    /// Images whose class is among the five highest scores; all of them if there are at most five classes.
    public private(set) var topFiveHits = 0
    private var lossSum = 0.0
    private(set) var matrix: ConfusionMatrix

    /// Creates empty metrics.
    ///
    /// - Parameter classes: the names of the classes, by index.
    public init(classes: [String]) {
        self.classes = classes
        matrix = ConfusionMatrix(classes: classes.count)
    }

    /// Adds a batch of N images.
    ///
    /// The prediction is the first of the largest logits, as with `numpy.argmax`. A row that holds NaN predicts the first
    /// class and never counts as a hit.
    ///
    /// - Parameters:
    ///   - logits: [N, classes], before softmax.
    ///   - labels: the true class of each image, as an index into `classes`.
    public mutating func add(logits: Tensor, labels: [Int]) {
        let count = classes.count
        precondition(
            logits.shape == [labels.count, count] && count > 0,
            "logits of \(logits.shape) for \(labels.count) labels of \(count) classes")
        logits.withValues { values in
            for (row, label) in labels.enumerated() {
                precondition(classes.indices.contains(label), "label \(label) of \(count) classes")
                add(UnsafeBufferPointer(rebasing: values[row * count..<(row + 1) * count]), label)
            }
        }
    }

    private mutating func add(_ scores: UnsafeBufferPointer<Float>, _ label: Int) {
        let own = scores[label]
        var (best, before) = (0, 0)
        for (index, score) in scores.enumerated() {
            if score > scores[best] { best = index }
            // Negated on purpose: a class whose logit is NaN ranks last.
            if index != label, !(score < own || (score == own && index > label)) { before += 1 }
        }
        matrix.add(label, predictedAs: best)
        if before < 5, !own.isNaN { topFiveHits += 1 }
        let largest = scores[best]
        let sum = scores.reduce(0.0) { $0 + exp(Double($1 - largest)) }
        lossSum += log(sum) - Double(own - largest)
    }

    /// The number of images.
    public var count: Int { matrix.total }
    /// Images whose class was predicted.
    public var hits: Int { matrix.hits }
    /// hits / count, from 0 to 1. Without images this and all values below are 0.
    public var accuracy: Double { ConfusionMatrix.ratio(hits, count) }
    /// topFiveHits / count, from 0 to 1.
    public var topFiveAccuracy: Double { ConfusionMatrix.ratio(topFiveHits, count) }
    /// The mean cross-entropy in nats, as `torch.nn.functional.cross_entropy`.
    public var loss: Double { count > 0 ? lossSum / Double(count) : 0 }

    /// The scores of one class, or their mean over all classes.
    public struct Scores: Sendable, Equatable {
        /// The fraction of the images predicted as this class that belong to it.
        public let precision: Double
        /// The fraction of the images of this class that were predicted as it.
        public let recall: Double
        /// The harmonic mean of precision and recall.
        public let f1: Double
        /// The number of images of this class.
        public let support: Int
    }

    /// The scores of one class.
    ///
    /// - Parameter index: index into `classes`.
    public subscript(index: Int) -> Scores {
        let (support, predicted, hits) = matrix[index]
        return Scores(
            precision: ConfusionMatrix.ratio(hits, predicted), recall: ConfusionMatrix.ratio(hits, support),
            f1: ConfusionMatrix.ratio(2 * hits, support + predicted), support: support)
    }

    /// The macro average: the unweighted mean over the classes.
    ///
    /// As in scikit-learn, only classes with at least one image or prediction count.
    public var macro: Scores {
        Scores(
            precision: matrix.mean { self[$0].precision }, recall: matrix.mean { self[$0].recall },
            f1: matrix.mean { self[$0].f1 }, support: count)
    }
}

extension ClassificationMetrics.Scores: Codable {
    /// As in the report.
    private enum CodingKeys: String, CodingKey {
        case precision, recall, f1
        case support = "pictures"
    }
}

extension ClassificationMetrics: Codable {
    private enum CodingKeys: String, CodingKey {
        case classes, confusion
        case topFiveHits = "top5_hits"
        case lossSum = "loss_sum"
    }

    /// The report, with the sums that its means are made of.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        classes = try container.decode([LabelEntry].self, forKey: .classes).map(\.label)
        matrix = try container.decode(ConfusionMatrix.self, forKey: .confusion)
        topFiveHits = try container.decode(Int.self, forKey: .topFiveHits)
        lossSum = try container.decode(Double.self, forKey: .lossSum)
        guard matrix.counts.count == classes.count else {
            throw DecodingError.invalid(decoder, "\(matrix.counts.count) rows for \(classes.count) classes")
        }
        guard (0...matrix.total).contains(topFiveHits) else {
            throw DecodingError.invalid(decoder, "\(topFiveHits) hits among \(matrix.total)")
        }
    }

    /// The report, with the sums that its means are made of.
    public func encode(to encoder: any Encoder) throws {
        try json.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(topFiveHits, forKey: .topFiveHits)
        try container.encode(lossSum, forKey: .lossSum)
    }
}
