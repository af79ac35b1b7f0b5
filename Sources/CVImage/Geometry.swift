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
        let (right, bottom) = (Int(inside.maxX.rounded(.up)), Int(inside.maxY.rounded(.up)))
        return cropped(x: left, y: top, width: right - left, height: bottom - top)
    }

    /// Left and right swapped.
    public func flippedHorizontally() -> Image {
        moved(width: width, height: height) { x, y in (self.width - 1 - x, y) }
    }

    /// Top and bottom swapped.
    public func flippedVertically() -> Image {
        moved(width: width, height: height) { x, y in (x, self.height - 1 - y) }
    }

    /// Rows as columns: pixel (x, y) goes to (y, x).
    public func transposed() -> Image {
        moved(width: height, height: width) { x, y in (y, x) }
    }

    /// Turned anticlockwise by `quarterTurns` × 90°; any number, negative ones clockwise.
    public func rotated(quarterTurns: Int) -> Image {
        switch (quarterTurns % 4 + 4) % 4 {
        case 1: moved(width: height, height: width) { x, y in (self.width - 1 - y, x) }
        case 2: moved(width: width, height: height) { x, y in (self.width - 1 - x, self.height - 1 - y) }
        case 3: moved(width: height, height: width) { x, y in (y, self.height - 1 - x) }
        default: self
        }
    }

    /// The picture whose pixel (x, y) is this one's pixel `source(x, y)`; `source` is linear in x and in y.
    ///
    /// Works in square blocks: a quarter turn reads columns, and a block's rows stay in the cache meanwhile.
    private func moved(width: Int, height: Int, _ source: (_ x: Int, _ y: Int) -> (x: Int, y: Int)) -> Image {
        let block = 64
        let (channels, stride) = (channels, stride)
        func offset(_ x: Int, _ y: Int) -> Int {
            let from = source(x, y)
            return from.y * stride + from.x * channels
        }
        let origin = offset(0, 0)
        let (stepX, stepY) = (offset(1, 0) - origin, offset(0, 1) - origin)
        return Image.make(width: width, height: height, format: format) { output in
            pixels.withUnsafeBufferPointer { input in
                Parallel.forEach((height + block - 1) / block) { band in
                    let rows = band * block..<min(height, (band + 1) * block)
                    for left in Swift.stride(from: 0, to: width, by: block) {
                        for y in rows {
                            var from = input.baseAddress! + origin + y * stepY + left * stepX
                            var into = output + (y * width + left) * channels
                            for _ in left..<min(width, left + block) {
                                (into[0], into[1], into[2]) = (from[0], from[1], from[2])
                                if channels == 4 { into[3] = from[3] }
                                from += stepX
                                into += channels
                            }
                        }
                    }
                }
            }
        }
    }
}
