import CVCore
import CVImage
import CVTensor

/// Refines a coarse matte along the edges of the image with a guided filter.
public struct MatteRefinement: Sendable, Equatable {
    /// The longer side in pixels of the downsampled image that guides the filter.
    public var side = 800
    /// The filter's radius: the largest distance of an edge of the coarse matte from that of the image, as a fraction of
    /// the longer side.
    public var reach = 0.008
    /// The filter's epsilon: the square of the contrast that counts as an edge, for colors from 0 to 1.
    public var contrast: Float = 1e-3
    /// The range of alpha that is stretched to 0...1; values outside are clamped.
    public var levels: ClosedRange<Float> = 0.2...0.85

    /// Creates the default refinement.
    public init() {}

    /// Computes the matte of an image at full size.
    ///
    /// - Parameters:
    ///   - logits: [1, 1, h, w] of any size, covering the whole image; their sigmoid is the coarse matte.
    ///   - image: of any size.
    /// - Returns: a matte of the size of the image.
    public func callAsFunction(_ logits: Tensor, of image: Image) -> Matte {
        precondition(
            logits.shape.rank == 4 && logits.shape[0] == 1 && logits.shape[1] == 1,
            "MatteRefinement: logits \(logits.shape), expected [1, 1, H, W]")
        let scale = min(1, Double(side) / Double(max(image.width, image.height)))
        func reduced(_ size: Int) -> Int { max(1, Int(clamping: (Double(size) * scale).rounded())) }
        let small = image.resized(width: reduced(image.width), height: reduced(image.height), filter: .box)
        let coarse = Activation.sigmoid(upsampleBilinear(logits, height: small.height, width: small.width))
        let radius = max(1, Int(clamping: (reach * Double(max(small.width, small.height))).rounded()))
        let functions = GuidedFilter(radius: radius, epsilon: contrast).functions(
            guide: FloatPlane.colors(of: small),
            input: FloatPlane(width: small.width, height: small.height, values: coarse.values))
        return Matte(alpha: functions.applied(to: image, levels: levels))
    }
}
