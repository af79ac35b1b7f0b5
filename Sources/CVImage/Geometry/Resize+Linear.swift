import CVCore

extension Image {
    /// Resizes between the four nearest pixels, also where the image is shrunk, so that many pixels do not count: OpenCV's
    /// `resize` with `INTER_LINEAR`, in the same whole numbers.
    ///
    /// For networks that were trained on such images; ``resized(width:height:filter:antialias:region:)`` shows less aliasing.
    ///
    /// - Parameters:
    ///   - width: in pixels, at least 1.
    ///   - height: in pixels, at least 1.
    /// - Returns: an image of width × height pixels in the same format.
    public func resizedLinearly(width: Int, height: Int) -> Image {
        precondition(width > 0 && height > 0, "an image cannot be resized to \(width)×\(height)")
        if width == self.width, height == self.height { return self }
        let columns = LinearTap.all(count: width, size: self.width)
        let rows = LinearTap.all(count: height, size: self.height)
        let (channels, stride) = (channels, stride)
        return Image.make(width: width, height: height, format: format) { output in
            pixels.withUnsafeBufferPointer { input in
                Parallel.forRanges(height, grain: 1 + 32768 / width) { range in
                    for y in range {
                        let row = rows[y]
                        var target = output + y * width * channels
                        for column in columns {
                            for channel in 0..<channels {
                                func across(_ line: Int32) -> Int32 {
                                    let start = Int(line) * stride + channel
                                    let (first, second) = (Int(column.first), Int(column.second))
                                    return Int32(input[start + first * channels]) * column.near
                                        + Int32(input[start + second * channels]) * column.far
                                }
                                // 11 bits of each weight; OpenCV drops some between the steps.
                                let upper = (row.near * (across(row.first) >> 4)) >> 16
                                let lower = (row.far * (across(row.second) >> 4)) >> 16
                                target[channel] = UInt8(truncatingIfNeeded: (upper + lower + 2) >> 2)
                            }
                            target += channels
                        }
                    }
                }
            }
        }
    }
}

/// The two pixels that an output pixel lies between, with weights in 2048ths.
private struct LinearTap {
    let first, second, near, far: Int32

    static func all(count: Int, size: Int) -> [LinearTap] {
        let scale = 1 / (Double(count) / Double(size))
        return (0..<count).map { index in
            let position = Float((Double(index) + 0.5) * scale - 0.5)
            let floor = position.rounded(.down)
            let first = Int(clamping: floor)
            let isInside = first >= 0 && first < size - 1
            let part = isInside ? position - floor : 0
            let low = Swift.min(Swift.max(first, 0), size - 1)
            func fixed(_ weight: Float) -> Int32 {
                Int32(truncatingIfNeeded: Int(clamping: (weight * 2048).rounded(.toNearestOrEven)))
            }
            return LinearTap(
                first: Int32(clamping: low), second: Int32(clamping: Swift.min(low + 1, size - 1)),
                near: fixed(1 - part), far: fixed(part))
        }
    }
}
