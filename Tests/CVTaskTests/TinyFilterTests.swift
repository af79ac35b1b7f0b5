import CVImage
import CVTask
import TestSupport
import Testing

@Suite struct TinyFilterTests {
    @Test(
        "filter: a tiny response is stretched from its least value, which need not be 0",
        arguments: [Float(1e-45), 1e-38])
    func theLeastValueIsBlack(weight: Float) throws {
        var generator = SplitMix64(seed: 4)
        let pixels = (0..<3 * 256).map { _ in UInt8.random(in: 60...200, using: &generator) }
        let image = Image(width: 16, height: 16, format: .rgb, pixels: pixels)
        let found = try ImageFilter(try FilterKernel(rows: [[weight]])).rendered(image, .stretch).image
        let expected = try ImageFilter(try FilterKernel("1")).rendered(image, .stretch).image
        // The order of the operations is another one, so halves may be rounded otherwise.
        #expect(zip(found.pixels, expected.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        #expect(found.pixels.min() == 0 && found.pixels.max() == 255)
    }
}
