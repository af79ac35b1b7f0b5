import CVCore
import CVImage

extension LandmarkDecoding {
    /// What was read from the output of a network.
    struct Estimate {
        /// Fractions of the input's width and height.
        var points: [Point]
        /// Fractions of the input's width.
        var depths: [Float]?
        /// 0 to 1.
        var confidence: Float
        /// The larger, the surer: of a confidence near 1 its logit still tells more from less.
        var rank: Float
        var scores: [Float]?

        init(points: [Point], depths: [Float]? = nil, logit: Float) {
            (self.points, self.depths) = (points, depths)
            (confidence, rank) = (1 / (1 + exp(-logit)), logit)
        }

        init(_ peaks: [(point: Point, score: Float)]) {
            let scores = peaks.map(\.score)
            points = peaks.map(\.point)
            confidence = scores.reduce(0, +) / Float(max(scores.count, 1))
            (rank, self.scores) = (confidence, scores)
        }

        /// What was read from a mirror image, as it is in the image.
        func mirrored(_ scheme: LandmarkScheme) -> Estimate {
            func swapped<Value>(_ values: [Value]) -> [Value] {
                scheme.pairs.reduce(into: values) { $0.swapAt($1.left, $1.right) }
            }
            var estimate = self
            estimate.points = swapped(points.map { Point(x: 1 - $0.x, y: $0.y) })
            estimate.depths = depths.map(swapped)
            estimate.scores = scores.map(swapped)
            return estimate
        }

        /// The mean of two looks at the same object.
        func mean(_ other: Estimate) -> Estimate {
            func middle(_ a: Float, _ b: Float) -> Float { (a + b) / 2 }
            func middles(_ a: [Float]?, _ b: [Float]?) -> [Float]? { a.map { zip($0, b ?? $0).map(middle) } }
            var estimate = self
            estimate.points = zip(points, other.points).map { Point(x: middle($0.x, $1.x), y: middle($0.y, $1.y)) }
            estimate.depths = middles(depths, other.depths)
            estimate.scores = middles(scores, other.scores)
            (estimate.confidence, estimate.rank) = (middle(confidence, other.confidence), middle(rank, other.rank))
            return estimate
        }
    }
}
