extension Image {
    /// Translates the image by whole pixels; the size is kept and no sample changes. Equal to
    /// ``warped(by:width:height:fill:interpolation:)`` with the same translation.
    ///
    /// - Parameters:
    ///   - x: in pixels, to the right; any number.
    ///   - y: in pixels, down; any number.
    ///   - border: how to fill what lies outside the image.
    /// - Returns: an image of the same size.
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

/// The translation of each row of an image.
private struct RowShift {
    private let shift, channels: Int
    /// The source column of each column; nil for the fill.
    private let columns: [Int?]
    /// Columns inside the image, copied at once. The others are looked up one by one.
    private let inside: Range<Int>
    private let fill: [UInt8]

    init(_ image: Image, by x: Int, _ border: Border) {
        (shift, channels) = (x, image.channels)
        columns = (0..<image.width).map { border.position(of: $0, movedBy: x, count: image.width) }
        inside = max(0, min(x, image.width))..<image.width + min(0, max(x, -image.width))
        fill = border.sample
    }

    /// - Parameter source: the source row; nil for the fill.
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
    /// The source of pixel `index` of a translated line of `count` pixels; nil for the fill.
    fileprivate func position(of index: Int, movedBy shift: Int, count: Int) -> Int? {
        switch self {
        case .fill:
            let (position, overflows) = index.subtractingReportingOverflow(shift)
            return !overflows && (0..<count).contains(position) ? position : nil
        case .edge:
            // Clamped first: a shift may be any number.
            return min(max(index - min(max(shift, -count), count), 0), count - 1)
        case .reflect:
            // The line and its mirror image, repeated.
            let period = 2 * count
            let position = ((index - shift % period) % period + period) % period
            return position < count ? position : period - 1 - position
        }
    }

    /// The four samples of the fill; unused for other borders.
    fileprivate var sample: [UInt8] {
        guard case .fill(let color) = self else { return [0, 0, 0, 0] }
        return [color.red, color.green, color.blue, color.alpha]
    }
}

extension Sample {
    /// Translates the sample by whole pixels; the size is kept.
    ///
    /// - Parameters:
    ///   - x: in pixels, to the right; any number.
    ///   - y: in pixels, down; any number.
    ///   - border: how to fill what lies outside the image.
    /// - Returns: a sample of the same size.
    public func shifted(x: Int, y: Int, border: Border = .reflect) -> Sample {
        moved(
            to: image.shifted(x: x, y: y, border: border),
            by: InvertibleMap(.translation(x: Double(x), y: Double(y))))
    }
}
