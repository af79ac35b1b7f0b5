/// The shapes of the boxes that the cells of an SSD propose (Liu et al. 2016, arXiv:1512.02325, section 2.2), as TensorFlow's
/// detection API spreads them over the feature maps.
public struct SSDAnchors: Sendable, Equatable {
    /// Sizes of the boxes of each feature map as parts of `side`, the finest map first.
    public let scales: [Float]
    /// Width over height of the boxes of a cell.
    public let aspectRatios: [Float]
    /// The side of the square inputs of the training, in pixels.
    ///
    /// The boxes have the same size in pixels for other inputs: the network recognizes objects by their size there. Boxes that grow with
    /// the input, as in TensorFlow, would only fit what the network was trained on.
    public let side: Float

    /// Evenly spread scales.
    ///
    /// - Parameters:
    ///   - count: number of feature maps, at least 2.
    ///   - scales: of the first and of the last feature map.
    ///   - aspectRatios: width over height of the boxes of a cell.
    ///   - side: of the square inputs of the training, in pixels.
    public init(
        count: Int = 6, scales: ClosedRange<Float> = 0.2...0.95, aspectRatios: [Float] = [1, 2, 0.5, 3, 0.3333],
        side: Float = 300
    ) {
        precondition(count > 1, "anchors of \(count) feature maps")
        let step = (scales.upperBound - scales.lowerBound) / Float(count - 1)
        self.scales = (0..<count).map { scales.lowerBound + step * Float($0) }
        (self.aspectRatios, self.side) = (aspectRatios, side)
    }

    /// How many boxes a cell of a feature map proposes.
    ///
    /// - Parameter level: the feature map, the finest is 0.
    /// - Returns: 3 for the finest, elsewhere one more than there are aspect ratios.
    public func count(_ level: Int) -> Int { level == 0 ? 3 : aspectRatios.count + 1 }

    /// The shapes of the boxes of a cell, in pixels.
    ///
    /// The finest map has three boxes only: a small square, and two of its own scale. The others have one of each aspect ratio, and
    /// a square whose size is between this scale and the next: the geometric mean.
    ///
    /// - Parameter level: the feature map, the finest is 0.
    /// - Returns: width and height of each.
    public func shapes(_ level: Int) -> [YOLOGrid.Anchor] {
        let scale = scales[level]
        func shape(_ scale: Float, _ ratio: Float) -> YOLOGrid.Anchor {
            let (size, root) = (side * scale, ratio.squareRoot())
            return YOLOGrid.Anchor(size * root, size / root)
        }
        if level == 0 { return [shape(0.1, 1), shape(scale, 2), shape(scale, 0.5)] }
        let next = level + 1 < scales.count ? scales[level + 1] : 1
        return aspectRatios.map { shape(scale, $0) } + [shape((scale * next).squareRoot(), 1)]
    }
}
