import CVImage
import CVModels
import CVTask
import CVTensor
import CVWeights

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
        let (height, width) = (x.shape[2], x.shape[3])
        if x.isShapeOnly {
            let results = Array(run(x, regions: mostRegions).suffix(2))
            return RegionGrid(
                regions: [], scores: results[0], values: results[1], inputWidth: width, inputHeight: height)
        }
        let features = kind == .rcnn ? nil : features(x)
        let proposals = features.flatMap { features in proposer.map { $0(features) } }
        let found =
            proposals?.proposals(ofImage: 0, width: width, height: height)
            ?? SelectiveSearch.regions.boxes(in: preprocessing.image(x))
        let regions = Self.regions(found, width: width, height: height)
        let step = kind == .rcnn ? Self.regionsAtOnce : regions.count
        var (classes, boxes): ([Float], [Float]) = ([], [])
        for start in Swift.stride(from: 0, to: regions.count, by: step) {
            let part = regions[start..<min(start + step, regions.count)].map { RegionOfInterest($0, image: 0) }
            let scores = scores(part, of: x, features: features)
            classes += scores.classes.values
            boxes += scores.boxes.values
        }
        let count = classCount + 1
        return RegionGrid(
            regions: regions, scores: Tensor(classes, shape: [regions.count, count]),
            values: Tensor(boxes, shape: [regions.count, count * 4]), proposals: proposals, inputWidth: width,
            inputHeight: height)
    }

    /// How many regions of an image are looked at together, at most.
    private var mostRegions: Int {
        switch kind {
        case .rcnn: Self.regionsAtOnce
        case .fastRCNN: SelectiveSearch.regions.maximumCount
        case .fasterRCNN: ProposalOptions().count
        }
    }

    /// The regions that were found, or the whole input if there are none: a network cannot look at nothing.
    ///
    /// - Parameters:
    ///   - found: in pixels of the input.
    ///   - width: of the input, in pixels.
    ///   - height: of the input, in pixels.
    /// - Returns: at least one region.
    package static func regions(_ found: [Box], width: Int, height: Int) -> [Box] {
        found.isEmpty ? [Box(minX: 0, minY: 0, maxX: Float(width), maxY: Float(height))] : found
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
