import CKernels
import CVCore

extension Image {
    /// Resizes the image, or a region of it: equal to Pillow's `Image.resize(size, resample, box)`, sample by sample.
    ///
    /// - Parameters:
    ///   - width: the new width in pixels, at least 1.
    ///   - height: the new height in pixels, at least 1.
    ///   - filter: the resampling filter.
    ///   - antialias: whether to widen the filter when shrinking, so that every input pixel contributes. Without it
    ///     detail aliases, as in the preprocessing of some networks.
    ///   - region: in pixels, inside the image and not empty; the edges may be fractional. Nil for the whole image.
    /// - Returns: an image of width × height pixels.
    public func resized(
        width: Int, height: Int, filter: ResizeFilter = .bilinear, antialias: Bool = true, region: Box? = nil
    ) -> Image {
        resized(
            width: width, height: height, filter: filter, antialias: antialias, region: region,
            instructionSet: .current)
    }

    package func resized(
        width: Int, height: Int, filter: ResizeFilter, antialias: Bool, region: Box?,
        instructionSet: InstructionSet
    ) -> Image {
        precondition(width > 0 && height > 0, "an image cannot be resized to \(width)×\(height)")
        let whole = Box(minX: 0, minY: 0, maxX: Float(self.width), maxY: Float(self.height))
        let region = region ?? whole
        precondition(
            region.minX >= 0 && region.minY >= 0 && region.maxX <= whole.maxX && region.maxY <= whole.maxY
                && region.width > 0 && region.height > 0,
            "region \(region) is empty or not inside an image of \(self.width)×\(self.height)")
        if width == self.width, height == self.height, region == whole { return self }
        if filter == .nearest { return resizedNearest(width: width, height: height, region: region) }
        let horizontal = ResizeTaps(
            size: self.width, low: Double(region.minX), high: Double(region.maxX), count: width, filter: filter,
            antialias: antialias)
        let vertical = ResizeTaps(
            size: self.height, low: Double(region.minY), high: Double(region.maxY), count: height, filter: filter,
            antialias: antialias)
        // Colors of transparent pixels must not bleed into their neighbors: premultiply by alpha.
        var result = format == .rgba ? Resampling.premultiplied(self) : self
        let keepsColumns = width == self.width && region.minX == 0 && region.maxX == whole.maxX
        let keepsRows = height == self.height && region.minY == 0 && region.maxY == whole.maxY
        let rows = keepsRows ? 0..<self.height : vertical.sources
        // Each pass rounds to 8 bits, so the order affects the result: this is Pillow's (since 13.0).
        let verticalFirst =
            self.height > height && self.height - height > 2 * (self.width - width) && !keepsRows && !keepsColumns
        if verticalFirst {
            result = Resampling.acrossRows(result, vertical, instructionSet)
            result = Resampling.alongRows(result, rows: 0..<height, horizontal, instructionSet)
        } else {
            if !keepsColumns { result = Resampling.alongRows(result, rows: rows, horizontal, instructionSet) }
            let taps = keepsColumns ? vertical : vertical.shifted(by: rows.lowerBound)
            if !keepsRows { result = Resampling.acrossRows(result, taps, instructionSet) }
        }
        if format == .rgba { Resampling.unpremultiply(&result) }
        return result
    }

    /// As Pillow's `ImagingScaleAffine`: positions are accumulated, not multiplied, with the same rounding errors.
    private func resizedNearest(width: Int, height: Int, region: Box) -> Image {
        func positions(_ count: Int, _ low: Float, _ high: Float, _ size: Int) -> [Int] {
            let step = (Double(high) - Double(low)) / Double(count)
            var at = Double(low) + step * 0.5
            return (0..<count).map { _ in
                defer { at += step }
                return min(Int(clamping: at), size - 1)
            }
        }
        let columns = positions(width, region.minX, region.maxX, self.width)
        let rows = positions(height, region.minY, region.maxY, self.height)
        let channels = channels
        return Image.make(width: width, height: height, format: format) { output in
            pixels.withUnsafeBufferPointer { input in
                Parallel.forRanges(height, grain: 1 + 32768 / width) { range in
                    for y in range {
                        let source = input.baseAddress! + rows[y] * stride
                        var target = output + y * width * channels
                        for column in columns {
                            for channel in 0..<channels { target[channel] = source[column * channels + channel] }
                            target += channels
                        }
                    }
                }
            }
        }
    }
}

extension Image {
    /// An image whose samples are all written by `body`.
    static func make(
        width: Int, height: Int, format: Format, _ body: (UnsafeMutablePointer<UInt8>) -> Void
    ) -> Image {
        let count = width * height * format.rawValue
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            HugePages.advise(buffer.baseAddress, bytes: count)
            body(buffer.baseAddress!)
            initialized = count
        }
        return Image(width: width, height: height, format: format, pixels: pixels)
    }
}

/// The passes of a resize, parallelized over rows.
enum Resampling {
    /// Resizes rows `rows` horizontally.
    static func alongRows(
        _ image: Image, rows: Range<Int>, _ table: ResizeTaps, _ instructionSet: InstructionSet
    ) -> Image {
        let width = table.taps.count
        let stride = width * image.channels
        return Image.make(width: width, height: rows.count, format: image.format) { output in
            image.pixels.withUnsafeBufferPointer { input in
                Parallel.forRanges(rows.count, grain: 1 + 65536 / image.stride) { range in
                    cvk_resize_rows(
                        instructionSet.cValue, input.baseAddress! + (rows.lowerBound + range.lowerBound) * image.stride,
                        image.stride, Int32(image.width), output + range.lowerBound * stride, stride, Int32(width),
                        Int32(range.count), Int32(image.channels), table.taps, table.weights)
                }
            }
        }
    }

    /// Resizes all columns vertically.
    static func acrossRows(_ image: Image, _ table: ResizeTaps, _ instructionSet: InstructionSet) -> Image {
        let height = table.taps.count
        let stride = image.stride
        return Image.make(width: image.width, height: height, format: image.format) { output in
            image.pixels.withUnsafeBufferPointer { input in
                table.weights.withUnsafeBufferPointer { weights in
                    Parallel.forRanges(height, grain: 1 + 65536 / stride) { range in
                        for y in range {
                            let taps = table.taps[y]
                            cvk_resize_column(
                                instructionSet.cValue, input.baseAddress! + Int(taps.start) * stride, stride,
                                taps.count, weights.baseAddress! + Int(taps.groups) * 8, output + y * stride, stride)
                        }
                    }
                }
            }
        }
    }

    static func premultiplied(_ image: Image) -> Image {
        Image.make(width: image.width, height: image.height, format: .rgba) { output in
            image.pixels.withUnsafeBufferPointer { input in
                Parallel.forRanges(image.height, grain: 1 + 65536 / image.stride) { rows in
                    let start = rows.lowerBound * image.stride
                    cvk_premultiply(input.baseAddress! + start, output + start, rows.count * image.width)
                }
            }
        }
    }

    static func unpremultiply(_ image: inout Image) {
        let (stride, width, height) = (image.stride, image.width, image.height)
        image.pixels.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            Parallel.forRanges(height, grain: 1 + 65536 / stride) { rows in
                cvk_unpremultiply(base + rows.lowerBound * stride, rows.count * width)
            }
        }
    }
}
