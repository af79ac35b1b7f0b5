import CVCore

extension Image {
    /// Composites the image over a color.
    ///
    /// - Parameter background: the color; its alpha is ignored.
    /// - Returns: an image of format `.rgb`.
    public func flattened(over background: Color) -> Image {
        if format == .rgb { return self }
        return flattened { _ in (background.red, background.green, background.blue) }
    }

    /// Composites the image over another, whose transparency is ignored.
    ///
    /// - Parameter background: an image of the same size.
    /// - Returns: an image of format `.rgb`.
    public func flattened(over background: Image) -> Image {
        precondition(
            background.width == width && background.height == height,
            "an image of \(width)×\(height) composited over one of \(background.width)×\(background.height)")
        if format == .rgb { return self }
        let channels = background.channels
        return background.pixels.withUnsafeBufferPointer { below in
            nonisolated(unsafe) let below = below
            return flattened { pixel in
                (below[pixel * channels], below[pixel * channels + 1], below[pixel * channels + 2])
            }
        }
    }

    /// - Parameter below: the background color of a pixel index.
    private func flattened(_ below: (Int) -> (red: UInt8, green: UInt8, blue: UInt8)) -> Image {
        Image.make(width: width, height: height, format: .rgb) { target in
            nonisolated(unsafe) let target = target
            nonisolated(unsafe) let below = below
            pixels.withUnsafeBufferPointer { source in
                nonisolated(unsafe) let source = source
                Parallel.forRanges(width * height, grain: 1 << 16) { range in
                    for pixel in range {
                        let alpha = UInt32(source[pixel * 4 + 3])
                        func blend(_ over: UInt8, _ under: UInt8) -> UInt8 {
                            UInt8((UInt32(over) * alpha + UInt32(under) * (255 - alpha) + 127) / 255)
                        }
                        let under = below(pixel)
                        target[pixel * 3] = blend(source[pixel * 4], under.red)
                        target[pixel * 3 + 1] = blend(source[pixel * 4 + 1], under.green)
                        target[pixel * 3 + 2] = blend(source[pixel * 4 + 2], under.blue)
                    }
                }
            }
        }
    }
}
