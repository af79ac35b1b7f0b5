import CVCore
import CVImage
import CVModels
import CVTensor

/// What a `RegionNetwork` says of the regions of one image.
public struct RegionGrid: Sendable {
    /// The regions, in pixels of the input.
    public let regions: [Box]
    /// Logits, [regions, 1 + classes]; the first is for the background.
    public let scores: Tensor
    /// A box for each class, relative to the region: [regions, (1 + classes) · 4].
    public let values: Tensor
    /// What the regions were chosen from; nil for a network that does not propose them itself.
    public let proposals: ProposalGrid?
    /// The size of the input in pixels.
    public let inputWidth, inputHeight: Int

    /// Smaller boxes are none, in pixels.
    private static let smallestSide: Float = 1e-2

    /// What a network says of regions.
    ///
    /// - Parameters:
    ///   - regions: in pixels of the input.
    ///   - scores: [regions, 1 + classes].
    ///   - values: [regions, (1 + classes) · 4].
    ///   - proposals: what the regions were chosen from.
    ///   - inputWidth: the width of the input in pixels.
    ///   - inputHeight: the height of the input in pixels.
    public init(
        regions: [Box], scores: Tensor, values: Tensor, proposals: ProposalGrid? = nil, inputWidth: Int,
        inputHeight: Int
    ) {
        precondition(
            values.shape[1] == 4 * scores.shape[1] && scores.shape[0] == values.shape[0]
                && (scores.isShapeOnly || scores.shape[0] == regions.count),
            "\(regions.count) regions with \(scores.shape) and \(values.shape)")
        (self.regions, self.scores, self.values, self.proposals) = (regions, scores, values, proposals)
        (self.inputWidth, self.inputHeight) = (inputWidth, inputHeight)
    }

    /// Number of classes without the background.
    public var classCount: Int { scores.shape[1] - 1 }

    /// Appends what the regions show, unless it is background: torchvision's `postprocess_detections` before non-max suppression.
    ///
    /// A region with a NaN or infinite value is skipped. Boxes end at the border of the input.
    ///
    /// - Parameters:
    ///   - confidence: the minimum probability, from 0 to 1.
    ///   - candidates: receives one candidate, in pixels of the input, for each pair of region and class with that probability.
    ///   - limit: at twice this number, candidates are reduced to the `limit` most confident.
    public func decode(confidence: Float, into candidates: inout [Candidate], limit: Int = .max) {
        let width = classCount + 1
        let probabilities = softmax(scores).values
        let values = values.values
        for (row, region) in regions.enumerated() {
            for label in 0..<classCount {
                let column = row * width + label + 1
                guard probabilities[column] >= confidence, probabilities[column].isFinite else { continue }
                let raw = SIMD4(
                    values[4 * column], values[4 * column + 1], values[4 * column + 2], values[4 * column + 3])
                let box = Box(BoxCoder.regions.decode(raw, relativeTo: region.vector))
                    .clipped(width: inputWidth, height: inputHeight)
                guard box.isFinite, min(box.width, box.height) >= Self.smallestSide else { continue }
                candidates.append(Candidate(classIndex: label, confidence: probabilities[column], box: box))
                if candidates.count / 2 >= limit { candidates.keepMostConfident(limit) }
            }
        }
    }
}
