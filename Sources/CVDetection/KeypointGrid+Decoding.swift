import CVCore
import CVImage
import CVModels

extension KeypointGrid {
    /// Decodes the values of the first image of the batch.
    ///
    /// A box with a NaN or infinite value is skipped; a size that overflows is clamped to a large one. Boxes and keypoints may
    /// extend beyond the input.
    ///
    /// - Parameters:
    ///   - confidence: the minimum score, from 0 to 1.
    ///   - candidates: receives one candidate, of class 0 and in pixels of the input, for each box with that score.
    ///   - limit: at twice this number, candidates are reduced to the `limit` most confident.
    public func decode(confidence: Float, into candidates: inout [Candidate], limit: Int = .max) {
        let (height, width) = (values.shape[2], values.shape[3])
        let cells = height * width
        for anchor in 0..<anchors {
            let logits = scores.map { score in score.withValues { Array($0[anchor * cells..<(anchor + 1) * cells]) } }
            values.withValues { values in
                let start = anchor * (4 + 2 * keypointCount) * cells
                for cell in 0..<cells {
                    let score = Self.score(of: logits, at: cell)
                    // False for NaN.
                    guard score >= confidence else { continue }
                    let raw = (0..<4 + 2 * keypointCount).map { values[start + $0 * cells + cell] }
                    guard raw.allSatisfy(\.isFinite) else { continue }
                    candidates.append(candidate(raw, column: cell % width, row: cell / width, score: score))
                    if candidates.count / 2 >= limit { candidates.keepMostConfident(limit) }
                }
            }
        }
    }

    /// The geometric mean of the sigmoids.
    private static func score(of logits: [[Float]], at cell: Int) -> Float {
        let product = logits.reduce(Float(1)) { $0 / (1 + exp(-$1[cell])) }
        return switch logits.count {
        case 1: product
        case 2: product.squareRoot()
        default: pow(product, 1 / Float(logits.count))
        }
    }

    private func candidate(_ raw: [Float], column: Int, row: Int, score: Float) -> Candidate {
        let cell = Float(stride)
        let isScaled = coding == .exponential
        /// Of the point that offsets are relative to.
        let origin =
            isScaled
            ? (x: Float(column) * cell, y: Float(row) * cell)
            : (x: (Float(column) + 0.5) * cell, y: (Float(row) + 0.5) * cell)
        let unit = isScaled ? cell : 1
        func point(_ index: Int) -> Point {
            Point(x: origin.x + raw[index] * unit, y: origin.y + raw[index + 1] * unit)
        }
        /// e^20 cells are more than any image has.
        func side(_ value: Float) -> Float { isScaled ? exp(min(value, 20)) * cell : max(value, 0) }
        let (center, width, height) = (point(0), side(raw[2]), side(raw[3]))
        return Candidate(
            classIndex: 0, confidence: score,
            box: Box(
                minX: center.x - width / 2, minY: center.y - height / 2, maxX: center.x + width / 2,
                maxY: center.y + height / 2),
            keypoints: (0..<keypointCount).map { point(4 + 2 * $0) })
    }
}
