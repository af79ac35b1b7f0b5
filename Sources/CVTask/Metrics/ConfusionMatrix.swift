import CVCore

/// How often each true class was predicted as each class: the basis of the scores by class.
package struct ConfusionMatrix: Sendable, Equatable {
    /// `counts[i][j]`: how many of class i were predicted as class j.
    package private(set) var counts: [[Int]]

    package init(classes: Int) {
        counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    }

    /// Both numbers must be below the number of classes.
    package mutating func add(_ own: Int, predictedAs predicted: Int, count: Int = 1) {
        counts[own][predicted] += count
    }

    package var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
    /// How many were predicted correctly: the sum of the diagonal.
    package var hits: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// Of one class: how many there are, how many were predicted as it, and how many are both.
    package subscript(index: Int) -> (own: Int, predicted: Int, hits: Int) {
        (counts[index].reduce(0, +), counts.reduce(0) { $0 + $1[index] }, counts[index][index])
    }

    /// The plain mean of a number of each class, over those that are there or were predicted: the others say nothing. 0 where
    /// there are none.
    package func mean(_ value: (_ index: Int) -> Double) -> Double {
        let present = counts.indices.filter { self[$0].own > 0 || self[$0].predicted > 0 }
        return present.isEmpty ? 0 : present.reduce(0) { $0 + value($1) } / Double(present.count)
    }

    /// The most classes that an image of the matrix has room for.
    package static let mostDrawn = 200

    /// The classes to draw: all, or of more than `mostDrawn` those that are most often confused, in their order.
    package var drawnClasses: [Int] {
        guard counts.count > Self.mostDrawn else { return Array(counts.indices) }
        var errors = [Int](repeating: 0, count: counts.count)
        for (own, row) in counts.enumerated() {
            for (predicted, count) in row.enumerated() where predicted != own && count > 0 {
                errors[own] += count
                errors[predicted] += count
            }
        }
        return errors.indices.sorted { (errors[$0], $1) > (errors[$1], $0) }.prefix(Self.mostDrawn).sorted()
    }

    /// 0 where there is nothing, as torchmetrics and scikit-learn (`zero_division=0`) have it.
    package static func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
}

extension ConfusionMatrix: Codable {
    /// A row for each class.
    package init(from decoder: any Decoder) throws {
        let counts = try decoder.singleValueContainer().decode([[Int]].self)
        let isSquare = counts.allSatisfy { $0.count == counts.count }
        // So that no sum overflows, also of what is counted later.
        let most = (1 << 53) / max(1, counts.count * counts.count)
        guard isSquare, counts.joined().allSatisfy({ (0...most).contains($0) }) else {
            throw DecodingError.invalid(decoder, "a confusion matrix has a count for each pair of classes")
        }
        self.counts = counts
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(counts)
    }
}

/// The name of a class, in the list of a report.
package struct LabelEntry: Codable {
    package let label: String
}
