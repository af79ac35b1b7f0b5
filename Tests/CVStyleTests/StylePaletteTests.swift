import CVImage
import CVStyle
import CVTensor
import TestSupport
import Testing

/// The palette and the color layout of an image.
@Suite struct StylePaletteTests {
    /// Within the middle half of the levels, so that nothing is clipped.
    private func image(_ seed: UInt64, _ base: [Float], _ mix: [[Float]]) -> Image {
        let noise = uniformTensor(seed: seed, [400, 3]).values
        var pixels: [UInt8] = []
        for pixel in 0..<400 {
            for channel in 0..<3 {
                let spread = (0..<3).reduce(Float(0)) { $0 + mix[channel][$1] * (noise[3 * pixel + $1] - 0.5) }
                pixels.append(UInt8(255 * (base[channel] + spread)))
            }
        }
        return Image(width: 20, height: 20, format: .rgb, pixels: pixels)
    }

    private var warm: Image { image(1, [0.6, 0.5, 0.4], [[0.2, 0.1, 0], [0.1, 0.1, 0.05], [0, 0.05, 0.1]]) }
    private var cold: Image { image(2, [0.4, 0.45, 0.6], [[0.1, 0, 0.02], [0, 0.15, 0.1], [0.05, 0.1, 0.3]]) }

    private func difference(_ a: Matrix3, _ b: Matrix3) -> Double {
        (0..<9).reduce(0) { max($0, abs(a[$1 / 3, $1 % 3] - b[$1 / 3, $1 % 3])) }
    }

    @Test("3×3 matrix: the square root squared is the matrix") func aSquareRootTimesItselfIsTheMatrix() {
        let matrix = StylePalette(cold).covariance + Matrix3(SIMD3(0.3, -0.2, 0.7), SIMD3(0.3, -0.2, 0.7))
        let root = matrix.squareRoot()
        #expect(difference(root * root, matrix) < 1e-15)
        #expect(difference(root, root.transposed) < 1e-15)
        #expect(difference(root * matrix.squareRoot(inverted: true), .identity) < 1e-9)
        let diagonal = Matrix3(diagonal: SIMD3(4, 9, 0))
        #expect(difference(diagonal.squareRoot(), Matrix3(diagonal: SIMD3(2, 3, 0))) < 1e-15)
    }

    @Test("palette: the transferred palette matches the target") func transferredPaletteMatchesTheTarget() {
        let target = StylePalette(cold)
        let found = StylePalette(warm.withPalette(target))
        // Colors are rounded to levels, and a spread of 1e-4 is added for images that have none.
        #expect((0..<3).allSatisfy { abs(found.mean[$0] - target.mean[$0]) < 2e-3 }, "\(found.mean)")
        #expect(difference(found.covariance, target.covariance) < 0.1 * target.covariance[2, 2])
        #expect(difference(StylePalette(warm).covariance, target.covariance) > 0.5 * target.covariance[2, 2])
    }

    @Test("palette: the own palette changes nothing") func itsOwnPaletteChangesNothing() {
        let same = warm.withPalette(StylePalette(warm))
        #expect(zip(same.pixels, warm.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
    }

    @Test("palette: a blend is the palette of all pixels together") func mixedPalettesAreThoseOfAllPixelsTogether() {
        let both = Image(width: 20, height: 40, format: .rgb, pixels: warm.pixels + cold.pixels)
        let mixed = StylePalette(mixing: [(StylePalette(warm), 2), (StylePalette(cold), 2)])
        #expect(difference(mixed.covariance, StylePalette(both).covariance) < 1e-12)
    }

    @Test("palette: an image of one color gets the mean alone") func anImageOfOneColorTakesTheMeanAlone() {
        let gray = Image(width: 5, height: 3, fill: .white).withPalette(StylePalette(cold))
        let mean = StylePalette(cold).mean
        #expect(StylePalette(gray).covariance == .zero || difference(StylePalette(gray).covariance, .zero) < 1e-12)
        #expect((0..<3).allSatisfy { abs(StylePalette(gray).mean[$0] - mean[$0]) < 3e-3 })
    }

    @Test(
        "color layout loss: 0 for its own image, gradient matches finite differences",
        arguments: [(48, 30), (1, 1), (3, 70), (25, 24)])
    func layoutLossIsZeroForItsImage(width: Int, height: Int) {
        let image = uniformTensor(seed: 4, [1, 3, height, width])
        let layout = ColorLayoutLoss(image)
        #expect(layout.loss(image).item == 0)
        #expect(abs(layout.loss(image + 0.5).item - 0.25) < 1e-4)
        checkGradient(of: [uniformTensor(seed: 5, [1, 3, height, width])]) { layout.loss($0[0]) }
    }

    @Test("color layout loss: ignores detail within a cell") func layoutLossIgnoresDetailWithinCells() {
        // Cells of 4 × 4 pixels: alternating black and white have the mean of gray.
        let stripes = Tensor((0..<3 * 96 * 96).map { Float($0 % 2) }, shape: [1, 3, 96, 96])
        #expect(ColorLayoutLoss(Tensor(repeating: 0.5, shape: [1, 3, 96, 96])).loss(stripes).item < 1e-12)
    }
}
