import CVCore
import CVImage
import CVTensor

/// How a coarse matte becomes one whose edges are those of the picture.
public struct MatteRefinement: Sendable, Equatable {
    /// The longer side of the picture that the edges are found in.
    public var side = 800
    /// How far an edge of the coarse matte may be from the picture's, as a part of the longer side.
    public var reach = 0.008
    /// The square of the contrast, for colours from 0 to 1, that counts as an edge.
    public var contrast: Float = 1e-3
    /// Alpha below the first becomes 0, above the second 1, and what is between is spread.
    public var levels: ClosedRange<Float> = 0.2...0.85

    public init() {}

    /// The matte of `image` at its full size.
    ///
    /// logits: [1, 1, h, w], of any size, over the whole picture; their sigmoid is the coarse matte.
    public func callAsFunction(_ logits: Tensor, of image: Image) -> Matte {
        precondition(
            logits.shape.rank == 4 && logits.shape[0] == 1 && logits.shape[1] == 1,
            "MatteRefinement: logits \(logits.shape), expected [1, 1, H, W]")
        let scale = min(1, Double(side) / Double(max(image.width, image.height)))
        func reduced(_ size: Int) -> Int { max(1, Int((Double(size) * scale).rounded())) }
        let small = image.resized(width: reduced(image.width), height: reduced(image.height), filter: .box)
        let coarse = Activation.sigmoid(upsampleBilinear(logits, height: small.height, width: small.width))
        let radius = max(1, Int((reach * Double(max(small.width, small.height))).rounded()))
        let functions = GuidedFilter(radius: radius, epsilon: contrast).functions(
            guide: FloatPlane.colors(of: small),
            input: FloatPlane(width: small.width, height: small.height, values: coarse.values))
        return Matte(alpha: functions.applied(to: image, levels: levels))
    }
}
