import CVCore
import CVTask
import CVTensor

/// How well a classifier does on pictures whose classes are known, counted up batch by batch.
///
/// ```swift
/// var metrics = ClassificationMetrics(classes: dataset.classes)
/// metrics.add(logits: network(batch.images), labels: batch.labels)
/// print(metrics.accuracy, metrics.macro.f1)
/// ```
/// The numbers are those of scikit-learn's `classification_report` and `confusion_matrix`. What is undefined, such as
/// the precision of a class that was never predicted, is 0, as there with `zero_division=0`.
public struct ClassificationMetrics: Sendable, Equatable {
    public let classes: [String]
    /// How often a picture of the class of the row was taken for the class of the column.
    public var confusion: [[Int]] { matrix.counts }
    /// Pictures whose class is among the five with the highest scores: all, where there are no more than five.
    public private(set) var topFiveHits = 0
    private var lossSum = 0.0
    private var matrix: ConfusionMatrix

    public init(classes: [String]) {
        self.classes = classes
        matrix = ConfusionMatrix(classes: classes.count)
    }

    /// Counts a batch in.
    ///
    /// logits: [N, classes], before softmax; of equal ones the first is the prediction, as with `numpy.argmax`. A
    /// row that holds NaN predicts the first class and is no hit.
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
            // Not "greater": where a number is NaN, the class stands behind.
            if index != label, !(score < own || (score == own && index > label)) { before += 1 }
        }
        matrix.add(label, predictedAs: best)
        if before < 5, !own.isNaN { topFiveHits += 1 }
        let largest = scores[best]
        let sum = scores.reduce(0.0) { $0 + exp(Double($1 - largest)) }
        lossSum += log(sum) - Double(own - largest)
    }

    /// Pictures in all.
    public var count: Int { matrix.total }
    /// Pictures whose class was predicted.
    public var hits: Int { matrix.hits }
    /// hits / count; 0 without pictures, as all that follows.
    public var accuracy: Double { ConfusionMatrix.ratio(hits, count) }
    public var topFiveAccuracy: Double { ConfusionMatrix.ratio(topFiveHits, count) }
    /// The mean cross-entropy.
    public var loss: Double { count > 0 ? lossSum / Double(count) : 0 }

    /// How well one class is told, or the mean over all.
    public struct Scores: Sendable, Equatable {
        /// Of the pictures that were taken for this class, those that are of it.
        public let precision: Double
        /// Of the pictures of this class, those that were taken for it.
        public let recall: Double
        /// The harmonic mean of both.
        public let f1: Double
        /// Pictures of this class.
        public let support: Int
    }

    /// The scores of one class.
    public subscript(index: Int) -> Scores {
        let (support, predicted, hits) = matrix[index]
        return Scores(
            precision: ConfusionMatrix.ratio(hits, predicted), recall: ConfusionMatrix.ratio(hits, support),
            f1: ConfusionMatrix.ratio(2 * hits, support + predicted), support: support)
    }

    /// The plain mean over all classes: a rare class counts as much as a frequent one.
    ///
    /// As scikit-learn, over the classes that there is a picture of or that were predicted; the others say nothing.
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
    }

    /// The report, with the sums that its means are made of.
    public func encode(to encoder: any Encoder) throws {
        try json.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(topFiveHits, forKey: .topFiveHits)
        try container.encode(lossSum, forKey: .lossSum)
    }
}
