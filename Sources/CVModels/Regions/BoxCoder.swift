import CVCore

/// Boxes relative to others, as R-CNN learns them (Girshick et al. 2014, arXiv:1311.2524, appendix C): how far the center is away in
/// units of the other's size, and the logarithms of width and height over the other's. `BoxCoder` of torchvision.
public struct BoxCoder: Sendable {
    /// What x, y, width and height are multiplied with, so that they are about as large as 1.
    public let weights: SIMD4<Float>

    /// Of proposals relative to anchors.
    public static let proposals = BoxCoder(weights: SIMD4(1, 1, 1, 1))
    /// Of objects relative to regions.
    public static let regions = BoxCoder(weights: SIMD4(10, 10, 5, 5))

    /// The largest logarithm of a size: of 1000 pixels for 16.
    private static let largest = Float(log(1000.0 / 16))

    /// A box relative to a reference.
    ///
    /// - Parameters:
    ///   - box: left, top, right, bottom; with an area.
    ///   - reference: likewise.
    /// - Returns: x, y, width, height.
    public func encode(_ box: SIMD4<Float>, relativeTo reference: SIMD4<Float>) -> SIMD4<Float> {
        let (size, other) = (box.highHalf - box.lowHalf, reference.highHalf - reference.lowHalf)
        let distance = (box.lowHalf + size / 2) - (reference.lowHalf + other / 2)
        let ratio = size / other
        return weights * SIMD4(lowHalf: distance / other, highHalf: SIMD2(log(ratio.x), log(ratio.y)))
    }

    /// The box that raw numbers mean.
    ///
    /// - Parameters:
    ///   - raw: x, y, width, height, as `encode` gives them.
    ///   - reference: left, top, right, bottom.
    /// - Returns: left, top, right, bottom.
    public func decode(_ raw: SIMD4<Float>, relativeTo reference: SIMD4<Float>) -> SIMD4<Float> {
        let other = reference.highHalf - reference.lowHalf
        let values = raw / weights
        let center = values.lowHalf * other + (reference.lowHalf + other / 2)
        let size = SIMD2(exp(min(values.z, Self.largest)), exp(min(values.w, Self.largest))) * other
        return SIMD4(lowHalf: center - size / 2, highHalf: center + size / 2)
    }
}
