import CVCore

/// How a sample between four pixels is made.
public enum Interpolation: String, Sendable, CaseIterable {
    case nearest
    case bilinear
    /// Keys' cubic with a = -0.5, from 4 × 4 pixels.
    case bicubic
}

/// What is seen past the border of a picture that was moved.
public enum Border: Sendable, Equatable {
    /// One colour.
    case fill(Color)
    /// The pixels of the border, drawn out.
    case edge
    /// The picture in a mirror: no seam, no foreign colour, but its objects a second time, without labels.
    case reflect

    /// Four samples; for colours weighed by their alpha, the same.
    fileprivate func samples(premultiplied: Bool) -> [UInt8] {
        guard case .fill(let color) = self else { return [0, 0, 0, 0] }
        let weight = premultiplied ? Int(color.alpha) : 255
        return [color.red, color.green, color.blue].map { UInt8((Int($0) * weight + 127) / 255) } + [color.alpha]
    }
}

extension Image {
    /// The picture moved by `map`, seen through a frame of `width` × `height` (this picture's, unless given).
    ///
    /// Each new pixel looks up where it came from, and where that is outside the picture it gets `fill` (for `.rgb`
    /// without its alpha). `map` has an inverse. Shrinking by much more than half needs `resized` first: only the
    /// nearest pixels count here. As Pillow's `Image.transform(AFFINE)`, within one level.
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

    /// A picture whose pixels each look up where in this one they come from: `source` of the middle of pixel (x, y).
    @inline(__always)
    func resampled(
        width: Int, height: Int, border: Border, interpolation: Interpolation,
        _ source: (_ x: Int, _ y: Int) -> (x: Double, y: Double)
    ) -> Image {
        precondition(width > 0 && height > 0, "a picture cannot be warped into \(width)×\(height)")
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

    /// Turned anticlockwise by any angle around the middle.
    ///
    /// With `expand` the frame grows to hold the whole picture; without it, it stays, and the corners are cut.
    /// Multiples of 90° move whole pixels where the frame allows it.
    public func rotated(
        degrees: Double, expand: Bool = false, fill: Color = .black, interpolation: Interpolation = .bilinear
    ) -> Image {
        precondition(degrees.isFinite, "a picture cannot be turned by \(degrees) degrees")
        let turn = degrees.truncatingRemainder(dividingBy: 360)
        if turn.truncatingRemainder(dividingBy: 90) == 0,
            expand || width == height || turn.magnitude == 180 || turn == 0
        {
            return rotated(quarterTurns: Int(turn / 90))
        }
        let (map, width, height) = rotation(degrees: turn, expand: expand)
        return warped(by: map, width: width, height: height, fill: fill, interpolation: interpolation)
    }

    /// The map and the frame of `rotated(degrees:expand:)`, for boxes and points that turn with the picture.
    public func rotation(degrees: Double, expand: Bool) -> (map: AffineMap, width: Int, height: Int) {
        let (w, h) = (Double(width), Double(height))
        let map = AffineMap.rotation(degrees: degrees).around(x: w / 2, y: h / 2)
        guard expand else { return (map, width, height) }
        let corners = [(0, 0), (w, 0), (w, h), (0, h)].map { map.apply(x: $0.0, y: $0.1) }
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        // Less a hair, so that rounding errors do not add a row.
        let newWidth = max(1, Int((xs.max()! - xs.min()! - 1e-6).rounded(.up)))
        let newHeight = max(1, Int((ys.max()! - ys.min()! - 1e-6).rounded(.up)))
        let shift = AffineMap.translation(x: (Double(newWidth) - w) / 2, y: (Double(newHeight) - h) / 2)
        return (map.then(shift), newWidth, newHeight)
    }
}

/// Reads a picture between its pixels; past the border the border's pixels repeat.
private struct Sampler {
    let pixels: UnsafePointer<UInt8>
    let width, height, channels: Int

    init(_ image: Image, _ pixels: UnsafePointer<UInt8>) {
        self.pixels = pixels
        (width, height, channels) = (image.width, image.height, image.channels)
    }

    /// False for NaN, too.
    func contains(_ at: (x: Double, y: Double)) -> Bool {
        at.x >= 0 && at.x < Double(width) && at.y >= 0 && at.y < Double(height)
    }

    /// The place inside the picture that `border` puts at `at`; with a fill, `at` itself.
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

    /// `at` is inside the picture.
    func sample(_ at: (x: Double, y: Double), _ interpolation: Interpolation, _ into: UnsafeMutablePointer<UInt8>) {
        switch interpolation {
        case .nearest:
            let from = pixel(Int(at.x), Int(at.y))
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
        let (column, row) = (Int(left), Int(top))
        let (dx, dy) = (Float(x - left), Float(y - top))
        let (p00, p01) = (pixel(column, row), pixel(column + 1, row))
        let (p10, p11) = (pixel(column, row + 1), pixel(column + 1, row + 1))
        for channel in 0..<channels {
            let upper = Float(p00[channel]) + (Float(p01[channel]) - Float(p00[channel])) * dx
            let lower = Float(p10[channel]) + (Float(p11[channel]) - Float(p10[channel])) * dx
            into[channel] = UInt8(upper + (lower - upper) * dy + 0.5)
        }
    }

    private func bicubic(_ x: Double, _ y: Double, _ into: UnsafeMutablePointer<UInt8>) {
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (column, row) = (Int(left), Int(top))
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
        // A premultiplied colour is never more than its alpha.
        let limit = channels == 4 ? min(max(sum[3], 0), 255) : 255
        for channel in 0..<channels { into[channel] = UInt8(min(max(sum[channel], 0), limit) + 0.5) }
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
