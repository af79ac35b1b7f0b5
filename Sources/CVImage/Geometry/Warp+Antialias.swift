import CVCore

extension Image {
    /// Warps the image by an affine map, as `warped(by:width:height:fill:interpolation:)`, and filters where the map shrinks:
    /// every input pixel contributes, as with `resized(width:height:filter:antialias:region:)`.
    ///
    /// The part of the image that the output shows is resized to the scale of the output first. The scale is that of areas:
    /// a map that shrinks one direction much more than the other aliases in that direction.
    ///
    /// - Parameters:
    ///   - map: from input to output, in pixels; invertible.
    ///   - width: of the output, in pixels.
    ///   - height: of the output, in pixels.
    ///   - fill: the color outside the input; its alpha is dropped for `.rgb`.
    /// - Returns: an image of width × height pixels.
    public func warpedAntialiased(by map: AffineMap, width: Int, height: Int, fill: Color = .black) -> Image {
        guard let inverse = map.inverse else { preconditionFailure("\(map) has no inverse") }
        let scale = map.determinant.magnitude.squareRoot()
        guard scale < 1 else { return warped(by: map, width: width, height: height, fill: fill) }
        // Interpolation reaches one pixel of the output beyond its edge.
        let margin = Float(2 / scale)
        var seen = inverse.apply(Box(minX: 0, minY: 0, maxX: Float(width), maxY: Float(height)))
        seen = Box(
            minX: (seen.minX - margin).rounded(.down), minY: (seen.minY - margin).rounded(.down),
            maxX: (seen.maxX + margin).rounded(.up), maxY: (seen.maxY + margin).rounded(.up)
        ).clipped(width: self.width, height: self.height)
        guard seen.width > 0, seen.height > 0 else {
            return Image(width: width, height: height, format: format, fill: fill)
        }
        func shrunk(_ side: Float) -> Int { max(1, Int(clamping: (Double(side) * scale).rounded())) }
        let small = resized(width: shrunk(seen.width), height: shrunk(seen.height), region: seen)
        let back = AffineMap.scale(
            x: Double(seen.width) / Double(small.width), y: Double(seen.height) / Double(small.height)
        ).then(.translation(x: Double(seen.minX), y: Double(seen.minY)))
        return small.warped(by: back.then(map), width: width, height: height, fill: fill)
    }
}
