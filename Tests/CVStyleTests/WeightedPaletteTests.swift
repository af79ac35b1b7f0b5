import CVImage
import CVStyle
import CVTensor
import TestSupport
import Testing

@Suite struct WeightedPaletteTests {
    @Test("palette: a weighted blend is the palette of as many pixels of each") func weightsCount() {
        func image(_ seed: UInt64, _ low: Float, _ high: Float) -> Image {
            let levels = uniformTensor(seed: seed, [300]).values.map { UInt8(255 * (low + (high - low) * $0)) }
            return Image(width: 10, height: 10, format: .rgb, pixels: levels)
        }
        let (dark, bright) = (image(1, 0, 0.3), image(2, 0.5, 1))
        let all = Image(
            width: 10, height: 40, format: .rgb, pixels: dark.pixels + bright.pixels + bright.pixels + bright.pixels)
        let mixed = StylePalette(mixing: [(StylePalette(dark), 0.5), (StylePalette(bright), 1.5)])
        let expected = StylePalette(all)
        for row in 0..<3 {
            #expect(abs(mixed.mean[row] - expected.mean[row]) < 1e-9)
            for column in 0..<3 {
                #expect(abs(mixed.covariance[row, column] - expected.covariance[row, column]) < 1e-9)
            }
        }
    }
}
