extension Image {
    /// The picture moved by whole pixels inside a frame that stays; no sample changes.
    ///
    /// As `warped` by the same translation, without its arithmetic.
    ///
    /// - Parameters:
    ///   - x, y: to the right, and down; any number.
    public func shifted(x: Int, y: Int, border: Border = .reflect) -> Image {
        let shift = RowShift(self, by: x, border)
        let stride = stride
        return Image.make(width: width, height: height, format: format) { output in
            pixels.withUnsafeBufferPointer { input in
                for row in 0..<height {
                    let source = border.position(of: row, movedBy: y, count: height)
                    shift.write(source.map { input.baseAddress! + $0 * stride }, to: output + row * stride)
                }
            }
        }
    }
}

/// What becomes of each row of a picture that is moved.
private struct RowShift {
    private let shift, channels: Int
    /// Which column is seen at each; nil for the fill.
    private let columns: [Int?]
    /// Columns that show the picture itself: one copy a row. The others are looked up one by one.
    private let inside: Range<Int>
    private let fill: [UInt8]

    init(_ image: Image, by x: Int, _ border: Border) {
        (shift, channels) = (x, image.channels)
        columns = (0..<image.width).map { border.position(of: $0, movedBy: x, count: image.width) }
        inside = max(0, min(x, image.width))..<image.width + min(0, max(x, -image.width))
        fill = border.sample
    }

    /// - Parameter source: the row that is seen; nil for the fill.
    func write(_ source: UnsafePointer<UInt8>?, to row: UnsafeMutablePointer<UInt8>) {
        guard let source else { return lookUp(0..<columns.count, in: nil, row) }
        if !inside.isEmpty {
            (row + inside.lowerBound * channels).update(
                from: source + (inside.lowerBound - shift) * channels, count: inside.count * channels)
        }
        lookUp(0..<inside.lowerBound, in: source, row)
        lookUp(inside.upperBound..<columns.count, in: source, row)
    }

    private func lookUp(
        _ range: Range<Int>, in source: UnsafePointer<UInt8>?, _ row: UnsafeMutablePointer<UInt8>
    ) {
        for column in range {
            let pixel = row + column * channels
            if let source, let position = columns[column] {
                for channel in 0..<channels { pixel[channel] = source[position * channels + channel] }
            } else {
                for channel in 0..<channels { pixel[channel] = fill[channel] }
            }
        }
    }
}

extension Border {
    /// Which of `count` pixels in a line is seen at `index` when the line is moved; nil for the fill.
    fileprivate func position(of index: Int, movedBy shift: Int, count: Int) -> Int? {
        switch self {
        case .fill:
            let (position, overflows) = index.subtractingReportingOverflow(shift)
            return !overflows && (0..<count).contains(position) ? position : nil
        case .edge:
            // Clamped first: a shift may be any number.
            return min(max(index - min(max(shift, -count), count), 0), count - 1)
        case .reflect:
            // The line and its mirror image, again and again.
            let period = 2 * count
            let position = ((index - shift % period) % period + period) % period
            return position < count ? position : period - 1 - position
        }
    }

    /// Four samples; of no meaning where nothing is filled.
    fileprivate var sample: [UInt8] {
        guard case .fill(let color) = self else { return [0, 0, 0, 0] }
        return [color.red, color.green, color.blue, color.alpha]
    }
}

extension Sample {
    /// Moved by whole pixels inside a frame that stays: to the right, and down.
    public func shifted(x: Int, y: Int, border: Border = .reflect) -> Sample {
        moved(
            to: image.shifted(x: x, y: y, border: border),
            by: InvertibleMap(.translation(x: Double(x), y: Double(y))))
    }
}
