import CVCore
import CVImage

/// Local estimates of the foreground and background colors, whose mixture an observed pixel is (Forte 2021,
/// arXiv:2006.14970, approximate fast foreground color estimation).
struct ForegroundEstimate: Sendable {
    /// Foreground and background colors from 0 to 1.
    let front, back: GuidedFilterCoefficients

    /// The longer side of the downsampled image in which colors are estimated, and the radius of its windows.
    private static let side = 800, radius = 8

    init(_ image: Image, _ matte: Matte) {
        let scale = min(1, Double(Self.side) / Double(max(image.width, image.height)))
        func reduced(_ size: Int) -> Int { max(1, Int(clamping: (Double(size) * scale).rounded())) }
        let small = image.withoutAlpha().resized(
            width: reduced(image.width), height: reduced(image.height), filter: .box)
        let alpha = FloatPlane(averaging: matte.alpha, width: small.width, height: small.height)
        let colors = FloatPlane.colors(of: small)
        let means = FloatPlane.windowMeans(
            colors.map { plane in { plane } } + colors.map { plane in { plane * alpha } } + [{ alpha }],
            radius: Self.radius)
        func field(_ color: (_ index: Int, _ channel: Int) -> Float) -> GuidedFilterCoefficients {
            let values = alpha.values.indices.map { index in
                SIMD4(color(index, 0), color(index, 1), color(index, 2), 0)
            }
            return GuidedFilterCoefficients(width: small.width, height: small.height, values: values)
        }
        // Far from the foreground (or background) its color is neither known nor needed.
        func shared(_ sum: Float, _ weight: Float, _ index: Int, _ channel: Int) -> Float {
            weight > 1e-3 ? min(max(sum / weight, 0), 1) : colors[channel].values[index]
        }
        front = field { index, channel in
            shared(means[3 + channel].values[index], means[6].values[index], index, channel)
        }
        back = field { index, channel in
            let sum = means[channel].values[index] - means[3 + channel].values[index]
            return shared(sum, 1 - means[6].values[index], index, channel)
        }
    }
}

extension Matte {
    /// Cuts out the foreground of an image.
    ///
    /// A mixed pixel gets the foreground color estimated from its neighborhood; a pixel of the background becomes transparent
    /// black, so that nothing of the background remains. What is transparent in the image stays so: the alpha of the result
    /// is that of the matte times the image's own.
    ///
    /// - Parameter image: of the size of the matte.
    /// - Returns: the foreground as an RGBA image with straight alpha.
    public func cutOut(of image: Image) -> Image {
        precondition(
            image.width == alpha.width && image.height == alpha.height,
            "a matte of \(alpha.width)×\(alpha.height) for an image of \(image.width)×\(image.height)")
        let (width, height, channels) = (image.width, image.height, image.channels)
        let colors = ForegroundEstimate(image, self)
        let columns = LinearInterpolationTable(colors.front.width, in: width).taps
        let rows = LinearInterpolationTable(colors.front.height, in: height).taps
        var pixels = [UInt8](repeating: 0, count: 4 * width * height)
        pixels.withUnsafeMutableBufferPointer { target in
            let target = target.baseAddress!
            image.pixels.withUnsafeBufferPointer { source in
                alpha.values.withUnsafeBufferPointer { alpha in
                    Parallel.forRanges(width * height, grain: 1 << 14) { range in
                        for position in range where alpha[position] > 0 {
                            let pixel = target + 4 * position
                            let from = source.baseAddress! + channels * position
                            (pixel[0], pixel[1], pixel[2], pixel[3]) = (from[0], from[1], from[2], alpha[position])
                            // Mixed are the colors of the matte, not those of the image's own transparency.
                            defer { if channels == 4 { pixel[3] = product(pixel[3], from[3]) } }
                            guard pixel[3] < 255 else { continue }
                            let observed = SIMD4(Float(from[0]), Float(from[1]), Float(from[2]), 0) * (1 / 255)
                            let front = colors.frontColor(
                                of: observed, share: Float(pixel[3]) * (1 / 255), column: columns[position % width],
                                row: rows[position / width])
                            for channel in 0..<3 { pixel[channel] = UInt8(clamping: front[channel] * 255 + 0.5) }
                        }
                    }
                }
            }
        }
        return Image(width: width, height: height, format: .rgba, pixels: pixels)
    }
}

/// a · b for 0 to 255 as 0 to 1, rounded.
private func product(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Int(a) * Int(b) + 127) / 255) }

extension ForegroundEstimate {
    /// The foreground color of a mixed pixel: the local estimate, corrected by the difference between the observed color and
    /// the mixture of the estimates.
    fileprivate func frontColor(
        of observed: SIMD4<Float>, share: Float, column: LinearInterpolationTable.Tap, row: LinearInterpolationTable.Tap
    ) -> SIMD4<Float> {
        let (own, other) = (front.value(column, row), back.value(column, row))
        let mixture = own * share + other * (1 - share)
        return (own + (observed - mixture) * share).clamped(lowerBound: .zero, upperBound: .one)
    }
}
