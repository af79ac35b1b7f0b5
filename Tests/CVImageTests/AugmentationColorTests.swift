import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// Color adjustments and blur against Pillow, torchvision and colorsys: `Tools/golden.py augmentation`.
@Suite struct AugmentationColorTests {
    struct Case: Decodable, CustomStringConvertible {
        let operation: String
        let numbers: [Double]
        let samples: Data
        var description: String { "\(operation) \(numbers)" }
    }

    /// The same image as in the golden script.
    static func image() -> Image {
        var random = SplitMix64(seed: 7)
        var pixels = (0..<24 * 16 * 3).map { _ in UInt8(clamping: random.uniform() * 256) }
        for y in 0..<16 {
            for x in 0..<6 {
                let pixel = (y * 24 + x) * 3
                (pixels[pixel + 1], pixels[pixel + 2]) = (pixels[pixel], pixels[pixel])
            }
        }
        return Image(width: 24, height: 16, format: .rgb, pixels: pixels)
    }

    @Test("color: adjustments and blur equal Pillow, torchvision and colorsys") func everyGoldenIsReproduced() throws {
        let cases = try decoded("Golden/augmentation.json", as: [Case].self)
        #expect(cases.count == 23)
        let image = Self.image()
        for golden in cases {
            let n = golden.numbers
            let (result, tolerance): (Image, Int) =
                switch golden.operation {
                case "brightness": (image.withBrightness(n[0]), 0)
                case "contrast": (image.withContrast(n[0]), 0)
                case "saturation": (image.withSaturation(n[0]), 0)
                case "gamma": (image.withGamma(n[0]), 0)
                // torchvision truncates where this rounds.
                case "hue": (image.shifted(hueDegrees: n[0], saturation: 1, value: 1), 1)
                // Single precision here, double in colorsys.
                case "hsv": (image.shifted(hueDegrees: n[0], saturation: n[1], value: n[2]), 1)
                case "blur": (image.blurred(sigma: n[0]), 1)
                default: (image, -1)
                }
            let expected = Image(width: 24, height: 16, format: .rgb, pixels: [UInt8](golden.samples))
            let difference: Int = largestDifference(result, expected)
            #expect(difference <= tolerance, "\(golden): \(difference) levels")
        }
    }

    @Test("color: neutral parameters change nothing") func neutralNumbersChangeNothing() {
        let image = Self.image()
        #expect(image.shifted(red: 0, green: 0, blue: 0) == image)
        #expect(image.shifted(hueDegrees: 360, saturation: 1, value: 1) == image)
        #expect(image.blurred(sigma: 0) == image)
        #expect(image.withBrightness(1) == image)
    }

    @Test("color: shifts are clamped") func shiftsAreAddedAndCut() {
        let image = Image(width: 2, height: 1, fill: Color(10, 128, 250))
        #expect(image.shifted(red: -20, green: 5, blue: 20)[1, 0] == Color(0, 133, 255))
    }

    @Test("color: alpha is unchanged and transparent colors do not bleed")
    func alphaStaysAndTransparentColorsDoNotBleed() {
        let image = noise(width: 9, height: 7, format: .rgba)
        for changed in [
            image.withBrightness(1.5), image.withContrast(0.5), image.withSaturation(2), image.withGamma(2),
            image.shifted(red: 9, green: -9, blue: 50), image.shifted(hueDegrees: 90, saturation: 0.5, value: 1.2),
        ] {
            #expect(changed != image)
            for y in 0..<7 { for x in 0..<9 { #expect(changed[x, y].alpha == image[x, y].alpha) } }
        }
        var glass = Image(width: 9, height: 1, format: .rgba, fill: Color(255, 0, 0, 0))
        glass[4, 0] = Color(0, 0, 200, 255)
        #expect(glass.blurred(sigma: 1)[3, 0].red == 0)
    }

    /// The weights of the kernel sum to 1, also if it is wider than the image.
    @Test("blur: a constant image is unchanged", arguments: [(1, 1), (2, 1), (1, 9), (3, 3), (40, 2)])
    func aFlatImageStaysFlat(width: Int, height: Int) {
        let image = Image(width: width, height: height, fill: Color(7, 130, 255))
        for sigma in [0.3, 1, 6, 50] { #expect(image.blurred(sigma: sigma) == image) }
    }

    /// The mean and standard deviation of 100,000 numbers, within five standard errors.
    @Test("noise: mean and standard deviation are as requested") func noiseHasTheDeviationAskedFor() {
        let gray = Sample(Image(width: 400, height: 84, fill: Color(128, 128, 128)))
        let noisy = Augment.Noise(deviation: 20...20)(gray, seed: 3).image.pixels.map { Double($0) - 128 }
        let count = Double(noisy.count)
        let mean = noisy.reduce(0, +) / count
        let deviation = (noisy.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        #expect(abs(mean) < 5 * 20 / count.squareRoot(), "mean \(mean)")
        #expect(abs(deviation - 20) < 5 * 20 / (2 * count).squareRoot() + 0.01, "deviation \(deviation)")
    }

    /// The first principal axis of photographs is nearly gray: channels move together, by 0.2175 · 0.57 · 255 · σ.
    @Test("PCA shift: channels move mostly together") func thePrincipalShiftIsMostlyOneOfLight() {
        let gray = Sample(Image(width: 1, height: 1, fill: Color(128, 128, 128)))
        var (along, across) = (0.0, 0.0)
        for seed in 0..<2000 {
            let shifted = Augment.PCAShift(deviation: 1)(gray, seed: UInt64(seed)).image[0, 0]
            let (red, blue) = (Double(shifted.red) - 128, Double(shifted.blue) - 128)
            along += (red + blue) * (red + blue) / 4
            across += (red - blue) * (red - blue) / 4
        }
        let deviation = (along / 2000).squareRoot()
        #expect(abs(deviation - 0.2175 * 0.57555 * 255) < 2.5, "\(deviation)")
        #expect((across / 2000).squareRoot() < deviation / 6)
    }
}
