import CVImage
import CVSegmentation
import TestSupport
import Testing

/// What is transparent in an image stays so where a foreground is cut out of it.
@Suite struct OwnAlphaTests {
    private static let (width, height) = (24, 16)

    /// Columns of every alpha and a matte of every coverage in rows.
    private func sample() -> (image: Image, matte: Matte) {
        var image = Image(width: Self.width, height: Self.height, format: .rgba, fill: .black)
        var coverage: [UInt8] = []
        for y in 0..<Self.height {
            for x in 0..<Self.width {
                image[x, y] = Color(200, UInt8(8 * x), UInt8(8 * y), UInt8(255 * x / (Self.width - 1)))
                coverage.append(UInt8(255 * y / (Self.height - 1)))
            }
        }
        return (image, Matte(alpha: Mask(width: Self.width, height: Self.height, values: coverage)))
    }

    @Test("cut-out: alpha is the matte times the image's own alpha") func alphaIsTheProduct() {
        let (image, matte) = sample()
        let (found, opaque) = (matte.cutOut(of: image), matte.cutOut(of: image.withoutAlpha()))
        for y in 0..<Self.height {
            for x in 0..<Self.width {
                let (own, coverage) = (Double(image[x, y].alpha), Double(matte.alpha.values[y * Self.width + x]))
                #expect(Double(found[x, y].alpha) == (own * coverage / 255).rounded(), "\(x), \(y)")
                // The colors are those of the cut-out of the same image without transparency.
                let (a, b) = (found[x, y], opaque[x, y])
                #expect((a.red, a.green, a.blue) == (b.red, b.green, b.blue), "\(x), \(y)")
            }
        }
    }

    @Test("cut-out: another background is seen through what is transparent") func backgroundsAreSeenThrough() {
        let (image, matte) = sample()
        let red = Color(255, 0, 0)
        let found = matte.composited(image, over: .color(red))
        #expect(found.format == .rgb)
        for y in 0..<Self.height { #expect(found[0, y] == red) }
        let last = Self.height - 1
        #expect(found[Self.width - 1, last] == Color(200, image[Self.width - 1, last].green, image[0, last].blue))
    }

    /// Their colors are hidden, so no blur may bring them to light.
    @Test("cut-out: a blurred background has no colors of transparent pixels") func hiddenColorsStayHidden() {
        var image = Image(width: 64, height: 64, format: .rgba, fill: Color(0, 0, 255))
        for y in 0..<64 { for x in 0..<32 { image[x, y] = Color(255, 0, 0, 0) } }
        let matte = Matte(alpha: Mask(width: 64, height: 64, values: [UInt8](repeating: 0, count: 64 * 64)))
        let found = matte.composited(image, over: .blurred)
        // Also where the blur reaches over the border.
        for x in [32, 33, 35, 40] {
            for y in 0..<64 { #expect(found[x, y].red == 0 && found[x, y].blue > 200, "\(x), \(y): \(found[x, y])") }
        }
    }
}
