import CVCore
import CVImage
import CVModels

/// Which of the boxes that a proposer rates become regions.
public struct ProposalOptions: Sendable, Equatable {
    /// The best so many are compared with each other.
    public var candidates = 1000
    /// The IoU above which the worse of two is dropped.
    public var iouThreshold: Float = 0.7
    /// The most regions of an image.
    public var count = 300

    /// Smaller boxes are none, in pixels.
    static let smallestSide: Float = 1e-3

    /// The usual settings.
    public init() {}
}

extension ProposalGrid {
    /// The regions that are proposed in an image.
    ///
    /// - Parameters:
    ///   - image: of the batch.
    ///   - width: of the input, in pixels.
    ///   - height: of the input, in pixels.
    ///   - options: how many.
    /// - Returns: boxes inside of the input, in pixels, the best first; what is NaN or infinite is skipped.
    public func proposals(
        ofImage image: Int, width: Int, height: Int, options: ProposalOptions = ProposalOptions()
    ) -> [Box] {
        precondition(options.candidates >= 0 && options.count >= 0, "proposals: \(options)")
        let rated = anchors(ofImage: image).filter(\.logit.isFinite)
        let order = rated.indices.sorted { (rated[$0].logit, $1) > (rated[$1].logit, $0) }
        let found = order.prefix(options.candidates).compactMap { index -> Candidate? in
            let anchor = rated[index]
            let box = Box(BoxCoder.proposals.decode(anchor.raw, relativeTo: anchor.box))
                .clipped(width: width, height: height)
            guard min(box.width, box.height) >= ProposalOptions.smallestSide else { return nil }
            return Candidate(classIndex: 0, confidence: anchor.logit, box: box)
        }
        return nonMaxSuppression(found, iouThreshold: options.iouThreshold, maxDetections: options.count).map(\.box)
    }
}

extension Box {
    /// - Parameter edges: left, top, right, bottom.
    package init(_ edges: SIMD4<Float>) {
        self.init(minX: edges.x, minY: edges.y, maxX: edges.z, maxY: edges.w)
    }

    /// Left, top, right, bottom.
    package var vector: SIMD4<Float> { SIMD4(minX, minY, maxX, maxY) }
}
