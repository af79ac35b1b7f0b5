import CVCore
import CVImage
import CVModels

extension SSDGrid {
    /// Decodes the values of the first image of the batch.
    ///
    /// A pair of box and class with a NaN or infinite value is skipped; a size that overflows is clamped to a large one. Boxes may
    /// extend beyond the input.
    ///
    /// - Parameters:
    ///   - confidence: the minimum score, from 0 to 1.
    ///   - candidates: receives one candidate, in pixels of the input, for each pair of box and class with that score.
    ///   - limit: at twice this number, candidates are reduced to the `limit` most confident.
    public func decode(confidence: Float, into candidates: inout [Candidate], limit: Int = .max) {
        let lowest = lowestLogit(for: confidence)
        scores.withValues { scores in
            values.withValues { values in
                for plane in 0..<anchors.count * classCount {
                    append(
                        plane, of: scores, values, atLeast: (confidence, lowest), to: &candidates, limit: limit)
                }
            }
        }
    }

    /// Appends what one anchor proposes for one class in all cells.
    private func append(
        _ plane: Int, of scores: UnsafeBufferPointer<Float>, _ values: UnsafeBufferPointer<Float>,
        atLeast least: (score: Float, logit: Float), to candidates: inout [Candidate], limit: Int
    ) {
        let (cells, anchor, label) = (
            self.scores.shape[2] * self.scores.shape[3], plane / classCount, plane % classCount
        )
        for (cell, logit) in scores[plane * cells..<(plane + 1) * cells].enumerated() {
            guard logit >= least.logit, logit.isFinite else { continue }
            let score = 1 / (1 + exp(-logit))
            let raw = (0..<4).map { values[(4 * anchor + $0) * cells + cell] }
            guard score >= least.score, let box = box(raw, cell: cell, anchors[anchor]) else { continue }
            candidates.append(Candidate(classIndex: label, confidence: score, box: box))
            if candidates.count / 2 >= limit { candidates.keepMostConfident(limit) }
        }
    }

    /// Nil for values that are NaN or infinite.
    private func box(_ raw: [Float], cell: Int, _ anchor: YOLOGrid.Anchor) -> Box? {
        guard raw.allSatisfy(\.isFinite) else { return nil }
        let (rows, columns) = (scores.shape[2], scores.shape[3])
        let (column, row) = (Float(cell % columns) + 0.5, Float(cell / columns) + 0.5)
        let x = column * (Float(inputWidth) / Float(columns)) + raw[0] / 10 * anchor.width
        let y = row * (Float(inputHeight) / Float(rows)) + raw[1] / 10 * anchor.height
        // e^20 anchors are more than any image has.
        let width = exp(min(raw[2] / 5, 20)) * anchor.width
        let height = exp(min(raw[3] / 5, 20)) * anchor.height
        let box = Box(minX: x - width / 2, minY: y - height / 2, maxX: x + width / 2, maxY: y + height / 2)
        return box.isFinite ? box : nil
    }
}
