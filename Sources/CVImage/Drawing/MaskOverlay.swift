import CVCore

extension Image {
    /// Blends a color over the image, weighted by a mask, as torchvision's `draw_segmentation_masks`.
    ///
    /// - Parameters:
    ///   - mask: height × width values, row by row: 0 leaves the pixel, 255 blends the color at full `opacity`.
    ///   - color: the color to blend.
    ///   - opacity: 0…1, multiplied by the alpha of the color.
    public mutating func overlay(mask: [UInt8], color: Color, opacity: Double = 0.5) {
        precondition(
            mask.count == width * height, "a mask of \(width)×\(height) values expected, found \(mask.count)")
        let color = color.faded(to: opacity)
        let (width, height, stride, format) = (width, height, stride, format)
        pixels.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            mask.withUnsafeBufferPointer { mask in
                Parallel.forRanges(height, grain: 1 + 32768 / width) { rows in
                    for y in rows {
                        for x in 0..<width where mask[y * width + x] > 0 {
                            Self.blend(
                                color, Float(mask[y * width + x]) * (1 / 255),
                                over: base + y * stride + x * format.rawValue, format)
                        }
                    }
                }
            }
        }
    }

    /// Blends a color over the pixels of a binary mask.
    ///
    /// - Parameters:
    ///   - mask: height × width values, row by row.
    ///   - color: the color to blend.
    ///   - opacity: 0…1, multiplied by the alpha of the color.
    public mutating func overlay(mask: [Bool], color: Color, opacity: Double = 0.5) {
        overlay(mask: mask.map { $0 ? 255 : 0 }, color: color, opacity: opacity)
    }

    /// Blends the colors of classes over the image.
    ///
    /// - Parameters:
    ///   - mask: a class for each pixel, of the size of the image.
    ///   - opacity: 0…1, multiplied by the alpha of the colors.
    ///   - color: the color of a class; nil to leave its pixels. `Mask.ignore` always does.
    public mutating func overlay(_ mask: Mask, opacity: Double = 0.5, color: (UInt8) -> Color?) {
        precondition(
            mask.width == width && mask.height == height,
            "a mask of \(mask.width)×\(mask.height) for an image of \(width)×\(height)")
        let colors = (UInt8.min..<Mask.ignore).map { color($0)?.faded(to: opacity) } + [nil]
        let (width, height, stride, format) = (width, height, stride, format)
        pixels.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            mask.values.withUnsafeBufferPointer { values in
                Parallel.forRanges(height, grain: 1 + 32768 / width) { rows in
                    for y in rows {
                        for x in 0..<width {
                            guard let color = colors[Int(values[y * width + x])] else { continue }
                            Self.blend(color, 1, over: base + y * stride + x * format.rawValue, format)
                        }
                    }
                }
            }
        }
    }
}
