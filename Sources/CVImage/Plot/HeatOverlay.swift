import CVCore

extension Image {
    /// Blends a heat map over part of the image, from dark violet for 0 through red to light yellow for 1, as for
    /// Grad-CAM. The image outside the frame becomes gray.
    ///
    /// - Parameters:
    ///   - heat: rows × columns values of 0…1, row by row, interpolated bilinearly between cell centers.
    ///   - columns: the number of columns.
    ///   - rows: the number of rows.
    ///   - frame: the region of the map in pixels; may reach outside the image.
    ///   - opacity: 0…1, of the colors.
    public mutating func overlay(heat: [Float], columns: Int, rows: Int, frame: Box, opacity: Float = 0.6) {
        precondition(
            columns > 0 && rows > 0 && heat.count == columns * rows,
            "\(columns)×\(rows) values of heat expected, found \(heat.count)")
        precondition(frame.width > 0 && frame.height > 0, "heat for the empty frame \(frame)")
        // NaN fails the comparison and becomes 0.
        let heat = heat.map { $0 > 0 ? min($0, 1) : 0 }
        let (width, height, stride, format) = (width, height, stride, format)
        let across = HeatTaps(count: width, low: frame.minX, high: frame.maxX, cells: columns)
        let down = HeatTaps(count: height, low: frame.minY, high: frame.maxY, cells: rows)
        let colors = (0...255).map { Color.heat(Float($0) / 255).faded(to: Double(opacity)) }
        pixels.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            Parallel.forRanges(height, grain: 1 + 32768 / width) { range in
                for y in range {
                    for x in 0..<width {
                        let pixel = base + y * stride + x * format.rawValue
                        guard let a = across[x], let b = down[y] else {
                            Self.makeGray(pixel)
                            continue
                        }
                        func row(_ y: Int) -> Float {
                            let from = y * columns
                            return heat[from + a.cell] + (heat[from + a.next] - heat[from + a.cell]) * a.part
                        }
                        let value = row(b.cell) + (row(b.next) - row(b.cell)) * b.part
                        Self.blend(colors[Int(clamping: value * 255 + 0.5)], 1, over: pixel, format)
                    }
                }
            }
        }
    }

    /// Gray at half the brightness.
    private static func makeGray(_ pixel: UnsafeMutablePointer<UInt8>) {
        let gray = UInt8((Int(pixel[0]) + Int(pixel[1]) + Int(pixel[2])) / 6)
        (pixel[0], pixel[1], pixel[2]) = (gray, gray, gray)
    }
}

extension Color {
    /// The color of a value of 0…1; the lightness increases, so that it is legible without color vision.
    static func heat(_ value: Float) -> Color {
        let stops: [(Float, Float, Float)] = [
            (24, 12, 60), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164),
        ]
        let position = min(max(value, 0), 1) * Float(stops.count - 1)
        let index = min(Int(clamping: position), stops.count - 2)
        let (a, b, part) = (stops[index], stops[index + 1], position - Float(index))
        func mixed(_ a: Float, _ b: Float) -> UInt8 { UInt8(clamping: a + (b - a) * part + 0.5) }
        return Color(mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
    }
}

/// The two cells and the interpolation weight of each pixel along an axis, as with `align_corners=False`; nil outside
/// the frame.
private struct HeatTaps {
    private let taps: [(cell: Int, next: Int, part: Float)?]

    init(count: Int, low: Float, high: Float, cells: Int) {
        taps = (0..<count).map { pixel in
            let middle = Float(pixel) + 0.5
            guard middle > low, middle < high else { return nil }
            let position = (middle - low) / (high - low) * Float(cells) - 0.5
            let cell = min(max(Int(clamping: position.rounded(.down)), 0), cells - 1)
            return (cell, min(cell + 1, cells - 1), min(max(position - Float(cell), 0), 1))
        }
    }

    subscript(pixel: Int) -> (cell: Int, next: Int, part: Float)? { taps[pixel] }
}
