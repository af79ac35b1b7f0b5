import CVCore

/// Colors of classes: deterministic, with neighboring indices far apart.
public enum Palette {
    /// The color of a class.
    ///
    /// Hue and lightness follow a low-discrepancy sequence (R2, Roberts 2018) in OKLCh, a perceptually uniform space:
    /// any range of classes is spread evenly over both.
    ///
    /// - Parameter index: the class; any number.
    /// - Returns: an opaque color.
    public static func color(forClass index: Int) -> Color {
        // Far beyond any number of classes; keeps the products exact.
        let position = Double(index.magnitude % (1 << 20))
        func walk(_ step: Double, from start: Double) -> Double {
            (start + position * step).truncatingRemainder(dividingBy: 1)
        }
        let hue = walk(0.754_877_666_246_692_7, from: 0.08) * 2 * .pi
        let lightness = 0.50 + 0.35 * walk(0.569_840_290_998_053_2, from: 0.7)
        // The most saturated color of that hue and lightness in sRGB, up to a limit.
        var chroma = 0.20
        while chroma > 0.02, !isInGamut(linearRGB(lightness, chroma, hue)) { chroma -= 0.005 }
        let samples = linearRGB(lightness, chroma, hue).map { UInt8(clamping: (encoded($0) * 255).rounded()) }
        return Color(samples[0], samples[1], samples[2])
    }

    /// OKLCh to linear sRGB (Ottosson 2020, "A perceptual color space for image processing").
    private static func linearRGB(_ lightness: Double, _ chroma: Double, _ hue: Double) -> [Double] {
        let (a, b) = (chroma * cos(hue), chroma * sin(hue))
        func cube(_ value: Double) -> Double { value * value * value }
        let l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
        let m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
        let s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
        return [
            4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
        ]
    }

    private static func isInGamut(_ rgb: [Double]) -> Bool { rgb.allSatisfy { (-0.0001...1.0001).contains($0) } }

    private static func encoded(_ linear: Double) -> Double {
        let value = min(max(linear, 0), 1)
        return value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
    }
}

extension Color {
    /// The relative luminance of WCAG 2, from 0 for black to 1 for white.
    public var luminance: Double {
        func linear(_ sample: UInt8) -> Double {
            let value = Double(sample) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// Black or white, for text on this color.
    ///
    /// In WCAG 2 both have the same contrast at a luminance of 0.18, but on saturated colors slightly above that the
    /// eye prefers white: it is used while its contrast is above 3.6 to 1 (bold text requires 3 to 1).
    public var readableText: Color { luminance > 0.24 ? .black : .white }

    /// Multiplies the alpha.
    ///
    /// - Parameter opacity: 0…1.
    /// - Returns: the same color with the new alpha.
    public func faded(to opacity: Double) -> Color {
        let factor = opacity.isNaN ? 0 : min(max(opacity, 0), 1)
        return Color(red, green, blue, UInt8(clamping: (Double(alpha) * factor).rounded()))
    }
}
