import CVCore

/// The interpolation between pixels.
public enum Interpolation: String, Sendable, CaseIterable {
    /// The nearest pixel.
    case nearest
    /// Linear interpolation of 2 × 2 pixels.
    case bilinear
    /// Keys' cubic with a = -0.5, of 4 × 4 pixels.
    case bicubic
}

/// How to extend an image beyond its border.
public enum Border: Sendable, Equatable {
    /// A constant color, as OpenCV's `BORDER_CONSTANT`.
    case fill(Color)
    /// The nearest edge pixel, as `BORDER_REPLICATE`.
    case edge
    /// The mirror image, as `BORDER_REFLECT`: without seams or foreign colors, but objects are repeated without labels.
    case reflect

    /// The four samples of the fill, premultiplied by alpha if needed.
    fileprivate func samples(premultiplied: Bool) -> [UInt8] {
        guard case .fill(let color) = self else { return [0, 0, 0, 0] }
        let weight = premultiplied ? Int(color.alpha) : 255
        return [color.red, color.green, color.blue].map { UInt8((Int($0) * weight + 127) / 255) } + [color.alpha]
    }
}

extension Image {
    /// Warps the image by an affine map, as Pillow's `Image.transform(AFFINE)`, within one level.
    ///
    /// Each output pixel samples the input at its inverse image. To shrink by much more than half, use
    /// ``resized(width:height:filter:antialias:region:)`` first: only the nearest pixels contribute here.
    ///
    /// - Parameters:
    ///   - map: from input to output, in pixels; invertible.
    ///   - width: of the output, in pixels; nil for that of this image.
    ///   - height: of the output, in pixels; nil for that of this image.
    ///   - fill: the color outside the input; its alpha is dropped for `.rgb`.
    ///   - interpolation: between input pixels.
    /// - Returns: an image of width × height pixels.
    public func warped(
        by map: AffineMap, width: Int? = nil, height: Int? = nil, fill: Color = .black,
        interpolation: Interpolation = .bilinear
    ) -> Image {
        guard let inverse = map.inverse else { preconditionFailure("\(map) has no inverse") }
        return resampled(
            width: width ?? self.width, height: height ?? self.height, border: .fill(fill),
            interpolation: interpolation
        ) { x, y in inverse.apply(x: Double(x) + 0.5, y: Double(y) + 0.5) }
    }

    /// Resamples the image: `source` gives the input coordinates of the center of output pixel (x, y).
    @inline(__always)
    func resampled(
        width: Int, height: Int, border: Border, interpolation: Interpolation,
        _ source: (_ x: Int, _ y: Int) -> (x: Double, y: Double)
    ) -> Image {
        precondition(width > 0 && height > 0, "an image cannot be warped into \(width)×\(height)")
        let weightsAlpha = format == .rgba && interpolation != .nearest
        let original = weightsAlpha ? Resampling.premultiplied(self) : self
        let background = border.samples(premultiplied: weightsAlpha)
        var result = Image.make(width: width, height: height, format: format) { output in
            original.pixels.withUnsafeBufferPointer { input in
                let sampler = Sampler(original, input.baseAddress!)
                Parallel.forRanges(height, grain: 1 + 4096 / width) { rows in
                    for y in rows {
                        let row = output + y * width * channels
                        for x in 0..<width {
                            let from = sampler.inside(source(x, y), border)
                            let into = row + x * channels
                            if sampler.contains(from) {
                                sampler.sample(from, interpolation, into)
                            } else {
                                for channel in 0..<channels { into[channel] = background[channel] }
                            }
                        }
                    }
                }
            }
        }
        if weightsAlpha { Resampling.unpremultiply(&result) }
        return result
    }

    /// Rotates counterclockwise around the center, as Pillow's `Image.rotate`.
    ///
    /// Multiples of 90° move whole pixels if the frame allows it.
    ///
    /// - Parameters:
    ///   - degrees: any finite angle.
    ///   - expand: whether the output grows to hold the whole image; otherwise the size is kept and corners are
    ///     cut.
    ///   - fill: the color outside the input.
    ///   - interpolation: between input pixels.
    /// - Returns: the rotated image.
    public func rotated(
        degrees: Double, expand: Bool = false, fill: Color = .black, interpolation: Interpolation = .bilinear
    ) -> Image {
        precondition(degrees.isFinite, "an image cannot be rotated by \(degrees) degrees")
        let turn = degrees.truncatingRemainder(dividingBy: 360)
        if turn.truncatingRemainder(dividingBy: 90) == 0,
            expand || width == height || turn.magnitude == 180 || turn == 0
        {
            return rotated(quarterTurns: Int(clamping: turn / 90))
        }
        let (map, width, height) = rotation(degrees: turn, expand: expand)
        return warped(by: map, width: width, height: height, fill: fill, interpolation: interpolation)
    }

    /// The map and the output size of ``rotated(degrees:expand:fill:interpolation:)``, to transform boxes and points.
    ///
    /// - Parameters:
    ///   - degrees: any finite angle.
    ///   - expand: whether the output grows to hold the whole image.
    /// - Returns: the map from input to output, and the output size in pixels.
    public func rotation(degrees: Double, expand: Bool) -> (map: AffineMap, width: Int, height: Int) {
        let (w, h) = (Double(width), Double(height))
        let map = AffineMap.rotation(degrees: degrees).around(x: w / 2, y: h / 2)
        guard expand else { return (map, width, height) }
        let corners = [(0, 0), (w, 0), (w, h), (0, h)].map { map.apply(x: $0.0, y: $0.1) }
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        // Slightly less, so that rounding errors do not add a row.
        let newWidth = max(1, Int(clamping: (xs.max()! - xs.min()! - 1e-6).rounded(.up)))
        let newHeight = max(1, Int(clamping: (ys.max()! - ys.min()! - 1e-6).rounded(.up)))
        let shift = AffineMap.translation(x: (Double(newWidth) - w) / 2, y: (Double(newHeight) - h) / 2)
        return (map.then(shift), newWidth, newHeight)
    }
}

/// Samples an image between its pixels; beyond the border the edge pixels repeat.
private struct Sampler {
    let pixels: UnsafePointer<UInt8>
    let width, height, channels: Int

    init(_ image: Image, _ pixels: UnsafePointer<UInt8>) {
        self.pixels = pixels
        (width, height, channels) = (image.width, image.height, image.channels)
    }

    /// False for NaN.
    func contains(_ at: (x: Double, y: Double)) -> Bool {
        at.x >= 0 && at.x < Double(width) && at.y >= 0 && at.y < Double(height)
    }

    /// The position inside the image that `border` maps `at` to; with a fill, `at` itself.
    func inside(_ at: (x: Double, y: Double), _ border: Border) -> (x: Double, y: Double) {
        switch border {
        case .fill: at
        case .edge: (Self.clamped(at.x, Double(width)), Self.clamped(at.y, Double(height)))
        case .reflect: (Self.reflected(at.x, Double(width)), Self.reflected(at.y, Double(height)))
        }
    }

    private static func clamped(_ value: Double, _ limit: Double) -> Double { min(max(value, 0), limit.nextDown) }

    private static func reflected(_ value: Double, _ limit: Double) -> Double {
        if value >= 0, value < limit { return value }
        let folded = value.magnitude.truncatingRemainder(dividingBy: 2 * limit)
        return clamped(folded < limit ? folded : 2 * limit - folded, limit)
    }

    /// `at` must lie inside the image.
    func sample(_ at: (x: Double, y: Double), _ interpolation: Interpolation, _ into: UnsafeMutablePointer<UInt8>) {
        switch interpolation {
        case .nearest:
            let from = pixel(Int(clamping: at.x), Int(clamping: at.y))
            for channel in 0..<channels { into[channel] = from[channel] }
        case .bilinear: bilinear(at.x - 0.5, at.y - 0.5, into)
        case .bicubic: bicubic(at.x - 0.5, at.y - 0.5, into)
        }
    }

    private func pixel(_ x: Int, _ y: Int) -> UnsafePointer<UInt8> {
        pixels + (min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)) * channels
    }

    private func bilinear(_ x: Double, _ y: Double, _ into: UnsafeMutablePointer<UInt8>) {
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (column, row) = (Int(clamping: left), Int(clamping: top))
        let (dx, dy) = (Float(x - left), Float(y - top))
        let (p00, p01) = (pixel(column, row), pixel(column + 1, row))
        let (p10, p11) = (pixel(column, row + 1), pixel(column + 1, row + 1))
        for channel in 0..<channels {
            let upper = Float(p00[channel]) + (Float(p01[channel]) - Float(p00[channel])) * dx
            let lower = Float(p10[channel]) + (Float(p11[channel]) - Float(p10[channel])) * dx
            into[channel] = UInt8(clamping: upper + (lower - upper) * dy + 0.5)
        }
    }

    private func bicubic(_ x: Double, _ y: Double, _ into: UnsafeMutablePointer<UInt8>) {
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (column, row) = (Int(clamping: left), Int(clamping: top))
        let (dx, dy) = (Float(x - left), Float(y - top))
        var sum = SIMD4<Float>(repeating: 0)
        for j in 0..<4 {
            let weightY = Self.keys(j, dy)
            for i in 0..<4 {
                let from = pixel(column + i - 1, row + j - 1)
                let alpha = channels == 4 ? Float(from[3]) : 0
                let samples = SIMD4(Float(from[0]), Float(from[1]), Float(from[2]), alpha)
                sum += samples * (weightY * Self.keys(i, dx))
            }
        }
        // A premultiplied color never exceeds its alpha.
        let limit = channels == 4 ? min(max(sum[3], 0), 255) : 255
        for channel in 0..<channels { into[channel] = UInt8(clamping: min(max(sum[channel], 0), limit) + 0.5) }
    }

    /// Weight of tap `index` (0…3, at distances 1 + t, t, 1 - t, 2 - t) of Keys' cubic, a = -0.5.
    private static func keys(_ index: Int, _ t: Float) -> Float {
        switch index {
        case 0: ((-0.5 * t + 1) * t - 0.5) * t
        case 1: (1.5 * t - 2.5) * t * t + 1
        case 2: ((-1.5 * t + 2) * t + 0.5) * t
        default: (0.5 * t - 0.5) * t * t
        }
    }
}
