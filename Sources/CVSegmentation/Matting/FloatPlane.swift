import CVCore
import CVImage

/// One float per pixel.
package struct FloatPlane: Sendable {
    package let width, height: Int
    /// height × width values, row by row.
    package var values: [Float]

    package init(width: Int, height: Int, values: [Float]) {
        precondition(values.count == width * height, "\(values.count) values for \(width)×\(height)")
        (self.width, self.height, self.values) = (width, height, values)
    }

    /// The red, green and blue planes of an image, from 0 to 1.
    package static func colors(of image: Image) -> [FloatPlane] {
        let channels = image.channels
        return (0..<3).map { channel in
            let values = image.pixels.withUnsafeBufferPointer { pixels in
                (0..<image.width * image.height).map { Float(pixels[channels * $0 + channel]) * (1 / 255) }
            }
            return FloatPlane(width: image.width, height: image.height, values: values)
        }
    }

    /// A mask downsampled to values from 0 to 1: each is the mean of the mask's pixels that it touches.
    init(averaging mask: Mask, width: Int, height: Int) {
        precondition(
            width <= mask.width && height <= mask.height,
            "a mask of \(mask.width)×\(mask.height) is not averaged to \(width)×\(height)")
        func span(_ index: Int, _ count: Int, _ size: Int) -> Range<Int> {
            index * size / count..<((index + 1) * size + count - 1) / count
        }
        let columns = (0..<width).map { span($0, width, mask.width) }
        let values = mask.values.withUnsafeBufferPointer { source in
            Self.filled(width: width, height: height) { y, row in
                let rows = span(y, height, mask.height)
                for (x, columns) in columns.enumerated() {
                    var sum = 0
                    for line in rows { for column in columns { sum += Int(source[line * mask.width + column]) } }
                    row[x] = Float(sum) / Float(255 * rows.count * columns.count)
                }
            }
        }
        self.init(width: width, height: height, values: values)
    }

    /// The values of a plane whose rows `body` writes, on several threads.
    static func filled(
        width: Int, height: Int, _ body: (_ y: Int, _ row: UnsafeMutablePointer<Float>) -> Void
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: width * height) { buffer, count in
            nonisolated(unsafe) let base = buffer.baseAddress!
            Parallel.forRanges(height, grain: 1 + 8192 / width) { rows in
                for y in rows { body(y, base + y * width) }
            }
            count = width * height
        }
    }

    static func * (a: FloatPlane, b: FloatPlane) -> FloatPlane {
        FloatPlane(width: a.width, height: a.height, values: zip(a.values, b.values).map { $0 * $1 })
    }
}

// MARK: Box filter

extension FloatPlane {
    /// A box filter of 2 · radius + 1 pixels a side that averages only pixels inside the plane: PyTorch's `avg_pool2d` with
    /// stride 1 and `count_include_pad=False`.
    ///
    /// Running sums make the cost independent of the radius.
    func windowMeans(radius: Int) -> FloatPlane {
        let along = Self.reciprocals(width, radius)
        let across = Self.reciprocals(height, radius)
        var sums = [Double](repeating: 0, count: width)
        var rows = [Float](repeating: 0, count: values.count)
        var result = values
        values.withUnsafeBufferPointer { values in
            for y in 0..<height {
                let start = y * width
                var sum = values[start..<start + min(radius, width)].reduce(0.0) { $0 + Double($1) }
                for x in 0..<width {
                    if x + radius < width { sum += Double(values[start + x + radius]) }
                    if x > radius { sum -= Double(values[start + x - radius - 1]) }
                    rows[start + x] = Float(sum * along[x])
                }
            }
        }
        rows.withUnsafeBufferPointer { rows in
            sums.withUnsafeMutableBufferPointer { sums in
                func add(_ y: Int, _ sign: Double) {
                    for x in 0..<width { sums[x] += sign * Double(rows[y * width + x]) }
                }
                for y in 0..<min(radius, height) { add(y, 1) }
                result.withUnsafeMutableBufferPointer { result in
                    for y in 0..<height {
                        if y + radius < height { add(y + radius, 1) }
                        if y > radius { add(y - radius - 1, -1) }
                        for x in 0..<width { result[y * width + x] = Float(sums[x] * across[y]) }
                    }
                }
            }
        }
        return FloatPlane(width: width, height: height, values: result)
    }

    /// 1 / the number of pixels in each window.
    private static func reciprocals(_ count: Int, _ radius: Int) -> [Double] {
        (0..<count).map { 1 / Double(min($0 + radius, count - 1) - max($0 - radius, 0) + 1) }
    }

    /// The window means of the planes that the closures return, computed in parallel.
    static func windowMeans(_ makers: [() -> FloatPlane], radius: Int) -> [FloatPlane] {
        [FloatPlane](unsafeUninitializedCapacity: makers.count) { buffer, count in
            nonisolated(unsafe) let base = buffer.baseAddress!
            nonisolated(unsafe) let makers = makers
            Parallel.forEach(makers.count) { (base + $0).initialize(to: makers[$0]().windowMeans(radius: radius)) }
            count = makers.count
        }
    }
}
