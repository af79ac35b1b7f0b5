import CVCore

/// Moves of whole pixels: crops, flips and quarter turns. None of them changes a sample.
extension Image {
    /// The part of the picture in columns `x ..< x + width` and rows `y ..< y + height`, all of it inside.
    public func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
        precondition(
            x >= 0 && y >= 0 && width > 0 && height > 0 && width <= self.width - x && height <= self.height - y,
            "\(width)×\(height) pixels from (\(x), \(y)) are not inside a picture of \(self.width)×\(self.height)")
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

    /// The part of the picture inside `box`, grown to whole pixels; nil if that is nothing.
    ///
    /// The box may reach outside the picture, or hold anything (NaN, infinity): what a detector said, for one.
    public func cropped(to box: Box) -> Image? {
        let inside = box.clipped(width: width, height: height)
        guard inside.width > 0, inside.height > 0 else { return nil }
        let (left, top) = (Int(inside.minX.rounded(.down)), Int(inside.minY.rounded(.down)))
        // From 2^24 on a float may lie beyond the side that it was clipped to.
        let (right, bottom) = (
            min(Int(inside.maxX.rounded(.up)), self.width), min(Int(inside.maxY.rounded(.up)), self.height)
        )
        guard left < right, top < bottom else { return nil }
        return cropped(x: left, y: top, width: right - left, height: bottom - top)
    }

    /// Left and right swapped.
    public func flippedHorizontally() -> Image { oriented(.upMirrored) }

    /// Top and bottom swapped.
    public func flippedVertically() -> Image { oriented(.downMirrored) }

    /// Rows as columns: pixel (x, y) goes to (y, x).
    public func transposed() -> Image { oriented(.leftMirrored) }

    /// Turned anticlockwise by `quarterTurns` × 90°; any number, negative ones clockwise.
    public func rotated(quarterTurns: Int) -> Image {
        let turns: [Orientation] = [.up, .left, .down, .right]
        return oriented(turns[(quarterTurns % 4 + 4) % 4])
    }
}
