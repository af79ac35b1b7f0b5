import CVCore

extension Image {
    /// A part of the image that an affine map brings to a size of its own, such as an upright face.
    ///
    /// As ``warped(by:width:height:fill:interpolation:)``, but antialiased where the map shrinks: the pixels that are needed
    /// are first resized to about the size that they have in the result.
    ///
    /// - Parameters:
    ///   - map: from this image to the result, in pixels; invertible.
    ///   - width: of the result, in pixels.
    ///   - height: of the result, in pixels.
    ///   - border: how to fill what lies outside this image.
    /// - Returns: an image of width × height pixels.
    public func extracted(by map: AffineMap, width: Int, height: Int, border: Border = .reflect) -> Image {
        guard let inverse = map.inverse else { preconditionFailure("\(map) has no inverse") }
        let scale = map.determinant.magnitude.squareRoot()
        let needed = inverse.apply(Box(minX: 0, minY: 0, maxX: Float(width), maxY: Float(height)))
        let whole = Box(minX: 0, minY: 0, maxX: Float(self.width), maxY: Float(self.height))
        // A pixel more at each side, for the interpolation.
        let part = Box(
            minX: max(needed.minX.rounded(.down) - 2, 0), minY: max(needed.minY.rounded(.down) - 2, 0),
            maxX: min(needed.maxX.rounded(.up) + 2, whole.maxX), maxY: min(needed.maxY.rounded(.up) + 2, whole.maxY))
        guard scale < Self.smallestPlainScale, part.width >= 1, part.height >= 1 else {
            return resampled(width: width, height: height, border: border, interpolation: .bilinear) { x, y in
                inverse.apply(x: Double(x) + 0.5, y: Double(y) + 0.5)
            }
        }
        let small = resized(
            width: max(1, Int(clamping: (Double(part.width) * scale).rounded(.up))),
            height: max(1, Int(clamping: (Double(part.height) * scale).rounded(.up))), region: part)
        let toPart = inverse.then(.translation(x: -Double(part.minX), y: -Double(part.minY)))
            .then(
                .scale(
                    x: Double(small.width) / Double(part.width), y: Double(small.height) / Double(part.height)))
        return small.resampled(width: width, height: height, border: border, interpolation: .bilinear) { x, y in
            toPart.apply(x: Double(x) + 0.5, y: Double(y) + 0.5)
        }
    }

    /// Down to it, two pixels of the image in each direction are enough for a pixel of the result.
    private static var smallestPlainScale: Double { 0.75 }
}
