import CVCore
import CVImage
import CVModels
import CVTask
import CVTensor
import CVWeights

/// What a `RegionNetwork` says of the regions of one image.
public struct RegionGrid: Sendable {
    /// The regions, in pixels of the input.
    public let regions: [Box]
    /// Logits, [regions, 1 + classes]; the first is for the background.
    public let scores: Tensor
    /// A box for each class, relative to the region: [regions, (1 + classes) · 4].
    public let values: Tensor

    /// What a network says of regions.
    ///
    /// - Parameters:
    ///   - regions: in pixels of the input.
    ///   - scores: [regions, 1 + classes].
    ///   - values: [regions, (1 + classes) · 4].
    public init(regions: [Box], scores: Tensor, values: Tensor) {
        precondition(values.shape[1] == 4 * scores.shape[1], "regions with \(scores.shape) and \(values.shape)")
        (self.regions, self.scores, self.values) = (regions, scores, values)
    }

    /// Number of classes without the background.
    public var classCount: Int { scores.shape[1] - 1 }

    /// Appends what the regions show, unless it is background: torchvision's `postprocess_detections` before non-max suppression.
    ///
    /// A region with a NaN or infinite value is skipped. Boxes may extend beyond the input.
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
                guard box.isFinite else { continue }
                candidates.append(Candidate(classIndex: label, confidence: probabilities[column], box: box))
                if candidates.count / 2 >= limit { candidates.keepMostConfident(limit) }
            }
        }
    }
}

extension RegionNetwork {
    /// How many regions are looked at together where each is a run of the encoder.
    private static let regionsAtOnce = 16

    /// Looks for regions in one image, and says what they show.
    ///
    /// - Parameters:
    ///   - x: [1, 3, H, W].
    ///   - preprocessing: that `x` was made by, for networks that search the image for regions.
    /// - Returns: regions with their scores.
    func grid(_ x: Tensor, _ preprocessing: Preprocessing) -> RegionGrid {
        if x.isShapeOnly {
            let results = Array(run(x).suffix(2))
            return RegionGrid(regions: [], scores: results[0], values: results[1])
        }
        let features = kind == .cutsImages ? nil : features(x)
        let found =
            if let features, let proposer {
                proposer(features).proposals(ofImage: 0, width: x.shape[3], height: x.shape[2])
            } else {
                SelectiveSearch.regions.boxes(in: preprocessing.image(x))
            }
        let whole = Box(minX: 0, minY: 0, maxX: Float(x.shape[3]), maxY: Float(x.shape[2]))
        let regions = found.isEmpty ? [whole] : found
        let step = kind == .cutsImages ? Self.regionsAtOnce : regions.count
        var (classes, boxes): ([Float], [Float]) = ([], [])
        for start in Swift.stride(from: 0, to: regions.count, by: step) {
            let part = regions[start..<min(start + step, regions.count)].map { RegionOfInterest($0, image: 0) }
            let scores = scores(part, of: x, features: features)
            classes += scores.classes.values
            boxes += scores.boxes.values
        }
        let width = classCount + 1
        return RegionGrid(
            regions: regions, scores: Tensor(classes, shape: [regions.count, width]),
            values: Tensor(boxes, shape: [regions.count, width * 4]))
    }
}

extension SelectiveSearch {
    /// As networks look at regions: fewer, since each costs time.
    package static let regions: SelectiveSearch = {
        var search = SelectiveSearch()
        (search.longestSide, search.maximumCount) = (256, 500)
        return search
    }()
}

extension RegionOfInterest {
    /// - Parameters:
    ///   - box: in pixels.
    ///   - image: its index in the batch.
    package init(_ box: Box, image: Int) {
        self.init(image: image, minX: box.minX, minY: box.minY, maxX: box.maxX, maxY: box.maxY)
    }
}
