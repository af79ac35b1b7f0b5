import CVCore

/// Lossless transforms: crops, flips and rotations by multiples of 90°. No sample changes.
extension Image {
    /// Crops columns `x ..< x + width` and rows `y ..< y + height`, which must lie inside.
    ///
    /// - Parameters:
    ///   - x: the left column.
    ///   - y: the top row.
    ///   - width: in pixels.
    ///   - height: in pixels.
    /// - Returns: an image of width × height pixels.
    public func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
        precondition(
            x >= 0 && y >= 0 && width > 0 && height > 0 && width <= self.width - x && height <= self.height - y,
            "\(width)×\(height) pixels from (\(x), \(y)) are not inside an image of \(self.width)×\(self.height)")
        let (channels, stride) = (channels, stride)
        return Image.make(width: width, height: height, format: format) { output in
            pixels.withUnsafeBufferPointer { input in
                for row in 0..<height {
                    let source = input.baseAddress! + (y + row) * stride + x * channels
                    (output + row * width * channels).update(from: source, count: width * channels)
                }
            }
        }
    }

    /// Crops to a box, rounded outward to whole pixels.
    ///
    /// - Parameter box: in pixels; it may reach outside the image or contain NaN and infinity, such as raw detector
    ///   output.
    /// - Returns: the part inside the image; nil if it is empty.
    public func cropped(to box: Box) -> Image? {
        let inside = box.clipped(width: width, height: height)
        guard inside.width > 0, inside.height > 0 else { return nil }
        let (left, top) = (Int(clamping: inside.minX.rounded(.down)), Int(clamping: inside.minY.rounded(.down)))
        // From 2^24 on a float may lie beyond the side that it was clipped to.
        let (right, bottom) = (
            min(Int(clamping: inside.maxX.rounded(.up)), self.width),
            min(Int(clamping: inside.maxY.rounded(.up)), self.height)
        )
        guard left < right, top < bottom else { return nil }
        return cropped(x: left, y: top, width: right - left, height: bottom - top)
    }

    /// Horizontal flip.
    ///
    /// - Returns: an image of the same size.
    public func flippedHorizontally() -> Image { oriented(.upMirrored) }

    /// Vertical flip.
    ///
    /// - Returns: an image of the same size.
    public func flippedVertically() -> Image { oriented(.downMirrored) }

    /// Swaps rows and columns: pixel (x, y) moves to (y, x).
    ///
    /// - Returns: an image of height × width pixels.
    public func transposed() -> Image { oriented(.leftMirrored) }

    /// Rotates counterclockwise by multiples of 90°, as `torch.rot90`.
    ///
    /// - Parameter quarterTurns: any number; negative for clockwise.
    /// - Returns: the rotated image.
    public func rotated(quarterTurns: Int) -> Image {
        let turns: [Orientation] = [.up, .left, .down, .right]
        return oriented(turns[(quarterTurns % 4 + 4) % 4])
    }
}
