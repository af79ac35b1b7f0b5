extension Image {
    /// The picture moved by whole pixels inside a frame that stays; no sample changes.
    ///
    /// As `warped` by the same translation, without its arithmetic.
    ///
    /// - Parameters:
    ///   - x, y: to the right, and down; any number.
    public func shifted(x: Int, y: Int, border: Border = .reflect) -> Image {
        let columns = (0..<width).map { border.place(of: $0, movedBy: x, count: width) }
        let (channels, stride) = (channels, stride)
        // Columns that show the picture itself are one copy a row; the others are looked up one by one.
        let inside = max(0, min(x, width))..<width + min(0, max(x, -width))
        let fill = border.sample
        return Image.make(width: width, height: height, format: format) { output in
            pixels.withUnsafeBufferPointer { input in
                for row in 0..<height {
                    let to = output + row * stride
                    guard let sourceRow = border.place(of: row, movedBy: y, count: height) else {
                        for sample in 0..<stride { to[sample] = fill[sample % channels] }
                        continue
                    }
                    let from = input.baseAddress! + sourceRow * stride
                    if !inside.isEmpty {
                        (to + inside.lowerBound * channels).update(
                            from: from + (inside.lowerBound - x) * channels, count: inside.count * channels)
                    }
                    for range in [0..<inside.lowerBound, inside.upperBound..<width] {
                        for column in range {
                            let source = columns[column].map { from + $0 * channels }
                            for channel in 0..<channels {
                                to[column * channels + channel] = source?[channel] ?? fill[channel]
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Border {
    /// Which of `count` pixels in a line is seen at `index` when the line is moved; nil for the fill.
    fileprivate func place(of index: Int, movedBy shift: Int, count: Int) -> Int? {
        switch self {
        case .fill:
            let (place, overflows) = index.subtractingReportingOverflow(shift)
            return !overflows && (0..<count).contains(place) ? place : nil
        case .edge:
            // Clamped first: a shift may be any number.
            return min(max(index - min(max(shift, -count), count), 0), count - 1)
        case .reflect:
            // The line and its mirror image, again and again.
            let period = 2 * count
            let place = ((index - shift % period) % period + period) % period
            return place < count ? place : period - 1 - place
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
