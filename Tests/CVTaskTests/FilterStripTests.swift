import CVImage
import CVTask
import TestSupport
import Testing

@Suite struct FilterStripTests {
    /// Whole numbers, so that no sum is rounded: strips give the same bits.
    @Test(
        "filter: strips of rows give the response of the whole image", arguments: ImageFilter.Padding.allCases,
        [FilterResponse.Rendering.clip, .absolute, .signed, .stretch])
    func stripsGiveTheWhole(padding: ImageFilter.Padding, rendering: FilterResponse.Rendering) throws {
        let image = noise(width: 40, height: 23)
        for kernel in ["1,2;-3,4", "1,-2,3;0,5,0;2,0,-9;1,1,1", "1", "sobel-y"] {
            for (stride, gray) in [(1, false), (2, false), (3, true)] {
                let filter = ImageFilter(try FilterKernel(kernel), padding: padding, stride: stride, gray: gray)
                let response = try filter(image)
                let (found, range) = try filter.rendered(image, rendering, stripElements: 700)
                #expect(range == response.range, "\(kernel), \(stride)")
                #expect(found == response.image(rendering), "\(kernel), \(stride)")
            }
        }
    }

    @Test("filter: a tiny response is stretched to all levels", arguments: [Float(1e-45), 1e-42, 1e-38])
    func tinyResponsesAreStretched(weight: Float) throws {
        let image = noise(width: 16, height: 16)
        let (tiny, one) = (ImageFilter(try FilterKernel(rows: [[weight]])), ImageFilter(try FilterKernel("1")))
        for rendering in [FilterResponse.Rendering.signed, .stretch] {
            let (found, expected) = (
                try tiny.rendered(image, rendering).image, try one.rendered(image, rendering).image
            )
            // A denormal has few digits, but 1e-45 is the smallest one itself.
            let difference = zip(found.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
            #expect(difference <= (weight == 1e-42 ? 1 : 0), "\(rendering)")
        }
        #expect(try tiny.rendered(image, .clip).image.pixels.allSatisfy { $0 == 0 })
    }

    @Test("filter: a response of nothing but zeros is gray or black") func zerosAreRendered() throws {
        let filter = ImageFilter(try FilterKernel("0"))
        let image = noise(width: 8, height: 8)
        #expect(try filter.rendered(image, .signed).image.pixels.allSatisfy { $0 == 128 })
        #expect(try filter.rendered(image, .stretch).image.pixels.allSatisfy { $0 == 0 })
    }

    private func noise(width: Int, height: Int) -> Image {
        var generator = SplitMix64(seed: 3)
        let pixels = (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return Image(width: width, height: height, format: .rgb, pixels: pixels)
    }
}
