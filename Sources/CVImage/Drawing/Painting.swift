import CVCore

/// Rasterization: every shape is drawn row by row, with a coverage between 0 and 1 for each pixel.
extension Image {
    /// Blends `color` over the pixels of `columns` × `rows`, which must lie inside the image.
    ///
    /// `coverage` is called once per row with a zeroed buffer, one element per column, to fill in.
    mutating func rasterize(
        columns: Range<Int>, rows: Range<Int>, color: Color,
        coverage: (_ y: Int, _ row: UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        guard !columns.isEmpty, !rows.isEmpty, color.alpha > 0 else { return }
        let (stride, format) = (stride, format)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns.count) { row in
            pixels.withUnsafeMutableBufferPointer { buffer in
                for y in rows {
                    row.initialize(repeating: 0)
                    coverage(y, row)
                    var pixel = buffer.baseAddress! + y * stride + columns.lowerBound * format.rawValue
                    for part in row {
                        if part > 0 { Self.blend(color, part, over: pixel, format) }
                        pixel += format.rawValue
                    }
                }
            }
        }
    }

    /// Source over destination (Porter and Duff 1984), straight alpha; `coverage` in 0…1.
    @inline(__always)
    static func blend(_ color: Color, _ coverage: Float, over pixel: UnsafeMutablePointer<UInt8>, _ format: Format) {
        let alpha = min(coverage, 1) * Float(color.alpha) * (1 / 255)
        var share = alpha
        if format == .rgba {
            let below = Float(pixel[3]) * (1 / 255) * (1 - alpha)
            let total = alpha + below
            guard total > 0 else { return }
            share = alpha / total
            pixel[3] = UInt8(clamping: min(total * 255 + 0.5, 255))
        }
        func mixed(_ below: UInt8, _ above: UInt8) -> UInt8 {
            UInt8(clamping: Float(below) + (Float(above) - Float(below)) * share + 0.5)
        }
        pixel[0] = mixed(pixel[0], color.red)
        pixel[1] = mixed(pixel[1], color.green)
        pixel[2] = mixed(pixel[2], color.blue)
    }

    /// The pixels of `0..<limit` that the span from `low` to `high` touches; none for NaN. Any numbers are valid.
    static func pixels(from low: Double, to high: Double, limit: Int) -> Range<Int> {
        guard low < high, high > 0, low < Double(limit) else { return 0..<0 }
        return Int(clamping: max(low, 0).rounded(.down))..<Int(clamping: min(high, Double(limit)).rounded(.up))
    }
}

/// The fraction of pixel `index` (from `index` to `index + 1`) between `low` and `high`.
func overlap(_ index: Int, _ low: Double, _ high: Double) -> Double {
    max(0, min(Double(index + 1), high) - max(Double(index), low))
}
