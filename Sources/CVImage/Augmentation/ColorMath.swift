import CVCore

/// Deterministic color adjustments, equal to those of Pillow and torchvision. Alpha is unchanged.
extension Image {
    /// Maps every sample through a table of 256 entries for its channel.
    func mapped(red: [UInt8], green: [UInt8], blue: [UInt8]) -> Image {
        let tables = red + green + blue
        return tables.withUnsafeBufferPointer { tables in
            changingPixels { pixel in
                for channel in 0..<3 { pixel[channel] = tables[channel << 8 | Int(pixel[channel])] }
            }
        }
    }

    func mapped(_ table: (Double) -> UInt8) -> Image {
        let values = (0..<256).map { table(Double($0)) }
        return mapped(red: values, green: values, blue: values)
    }

    /// Calls `change` with each pixel, on several threads.
    @inline(__always)
    func changingPixels(_ change: (UnsafeMutablePointer<UInt8>) -> Void) -> Image {
        var result = self
        let (stride, channels, height) = (stride, channels, height)
        result.pixels.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            Parallel.forRanges(height, grain: 1 + 16384 / stride) { rows in
                var pixel = base + rows.lowerBound * stride
                let end = base + rows.upperBound * stride
                while pixel < end {
                    change(pixel)
                    pixel += channels
                }
            }
        }
        return result
    }

    /// Adjusts the brightness: Pillow's `ImageEnhance.Brightness`, bit-exact.
    ///
    /// - Parameter factor: above 1 for brighter, 0 for black.
    /// - Returns: an image of the same size and format.
    public func withBrightness(_ factor: Double) -> Image {
        mapped { Self.pillowBlend(0, $0, Float(factor)) }
    }

    /// Adjusts the contrast: Pillow's `ImageEnhance.Contrast`, bit-exact.
    ///
    /// - Parameter factor: above 1 for more contrast, 0 for the mean gray.
    /// - Returns: an image of the same size and format.
    public func withContrast(_ factor: Double) -> Image {
        let mean = meanLuma.rounded(.toNearestOrAwayFromZero)
        return mapped { Self.pillowBlend(Float(mean), $0, Float(factor)) }
    }

    /// Adjusts the saturation: Pillow's `ImageEnhance.Color`, bit-exact.
    ///
    /// - Parameter factor: above 1 for more saturation, 0 for gray.
    /// - Returns: an image of the same size and format.
    public func withSaturation(_ factor: Double) -> Image {
        let factor = Float(factor)
        return changingPixels { pixel in
            let gray = Float(Self.luma(pixel))
            for channel in 0..<3 { pixel[channel] = Self.pillowBlend(gray, Double(pixel[channel]), factor) }
        }
    }

    /// Gamma correction, 255 · (v / 255)^gamma: torchvision's `adjust_gamma` of a PIL image, bit-exact.
    ///
    /// - Parameter gamma: above 1 for darker midtones.
    /// - Returns: an image of the same size and format.
    public func withGamma(_ gamma: Double) -> Image {
        mapped { UInt8(clamping: min(max((256 - 1e-3) * power($0 / 255, gamma), 0), 255)) }
    }

    /// Adds an amount to each channel, clamped to 0…255.
    ///
    /// - Parameters:
    ///   - red: in levels of 255.
    ///   - green: in levels of 255.
    ///   - blue: in levels of 255.
    /// - Returns: an image of the same size and format.
    public func shifted(red: Double, green: Double, blue: Double) -> Image {
        func table(_ shift: Double) -> [UInt8] { (0..<256).map { Self.rounded(Float(Double($0) + shift)) } }
        return mapped(red: table(red), green: table(green), blue: table(blue))
    }

    /// Rotates the hue and scales saturation and value in HSV. The hue matches torchvision's `adjust_hue` of a tensor
    /// within one level.
    ///
    /// - Parameters:
    ///   - hueDegrees: the rotation of the hue, in degrees.
    ///   - saturation: a factor.
    ///   - value: a factor.
    /// - Returns: an image of the same size and format.
    public func shifted(hueDegrees: Double, saturation: Double, value: Double) -> Image {
        let turn = Float((hueDegrees / 60).remainder(dividingBy: 6))
        let (saturation, value) = (Float(saturation), Float(value))
        return changingPixels { pixel in
            var hsv = HSV(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]))
            hsv.hue += turn
            hsv.saturation = min(hsv.saturation * saturation, 1)
            hsv.value = min(hsv.value * value, 255)
            let rgb = hsv.rgb
            for channel in 0..<3 { pixel[channel] = Self.rounded(rgb[channel]) }
        }
    }

    /// Luma with Pillow's weights of ITU-R 601, in 16-bit fixed point.
    static func luma(_ pixel: UnsafePointer<UInt8>) -> Int {
        (Int(pixel[0]) * 19595 + Int(pixel[1]) * 38470 + Int(pixel[2]) * 7471 + 0x8000) >> 16
    }

    private var meanLuma: Double {
        let sum = pixels.withUnsafeBufferPointer { pixels in
            Swift.stride(from: 0, to: pixels.count, by: channels).reduce(0) {
                $0 + Self.luma(pixels.baseAddress! + $1)
            }
        }
        return Double(sum) / Double(width * height)
    }

    /// Pillow's blend, which truncates fractions.
    private static func pillowBlend(_ below: Float, _ above: Double, _ factor: Float) -> UInt8 {
        UInt8(clamping: min(max(below + factor * (Float(above) - below), 0), 255))
    }

    /// Rounds to the nearest level, clamped; `value` must not be NaN.
    static func rounded(_ value: Float) -> UInt8 { UInt8(clamping: min(max(value, 0), 255) + 0.5) }
}

/// A color in HSV (Smith 1978, "Color gamut transform pairs").
struct HSV {
    /// In sixths of the circle: 0 is red, 2 green, 4 blue.
    var hue: Float
    /// 0…1.
    var saturation: Float
    /// In the unit of the samples.
    var value: Float

    init(_ red: Float, _ green: Float, _ blue: Float) {
        value = max(red, green, blue)
        let range = value - min(red, green, blue)
        saturation = value > 0 ? range / value : 0
        if range == 0 {
            hue = 0
        } else if value == red {
            hue = (green - blue) / range
        } else if value == green {
            hue = 2 + (blue - red) / range
        } else {
            hue = 4 + (red - green) / range
        }
    }

    var rgb: SIMD3<Float> {
        // Each channel is the value less a trapezoidal function of the hue.
        func channel(_ offset: Float) -> Float {
            var k = (offset + hue).truncatingRemainder(dividingBy: 6)
            if k < 0 { k += 6 }
            return value - value * saturation * max(0, min(k, 4 - k, 1))
        }
        return SIMD3(channel(5), channel(3), channel(1))
    }
}
