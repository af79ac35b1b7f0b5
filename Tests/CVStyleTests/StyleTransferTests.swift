import CVCore
import CVImage
import CVModels
import CVNN
import CVStyle
import CVTensor
import TestSupport
import Testing

/// Complete style transfers with a small network.
@Suite(.serialized) struct StyleTransferTests {
    private let transfer = StyleFixture.transfer
    private let content = StyleFixture.image(seed: 1, width: 48, height: 36)
    private let style = StyleFixture.image(seed: 3, width: 40, height: 44)

    private func stylize(
        _ options: StyleOptions, styles: [StyleSource]? = nil, observe: (StyleStep) throws -> Bool = { _ in true }
    ) throws -> StyleResult {
        try transfer(content, styles: styles ?? [StyleSource(style)], options: options, observe: observe)
    }

    @Test("style transfer: scales grow by √2 and steps are reported") func scalesGrowByTheSquareRootOfTwo() throws {
        var options = StyleFixture.options(size: 64, iterations: 2)
        options.smallestSize = 24
        #expect(options.sizes == [32, 45, 64])
        var steps: [StyleStep] = []
        let result = try stylize(options) {
            steps.append($0)
            return true
        }
        #expect(result.scales.map(\.image.width) == [32, 45, 64])
        #expect(result.scales.map(\.losses.count) == [4, 2, 2])
        #expect((result.image.width, result.image.height) == (64, 48))
        #expect(steps.map(\.made) == Array(1...8))
        #expect(steps.map(\.step) == [1, 2, 3, 4, 1, 2, 1, 2])
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.progress < $1.progress })
        #expect(steps.last?.progress == 1)
        #expect(steps.last?.image == result.image)
        options.size = 20
        #expect(options.sizes == [20])
    }

    @Test("style transfer: the same seed gives the same bytes, independent of the thread count")
    func theSameSeedGivesTheSameBytesOnAnyNumberOfThreads() throws {
        let threads = Parallel.threadCount
        defer { Parallel.threadCount = threads }
        var options = StyleFixture.options(size: 48)
        options.start = .noise
        for optimizer in StyleOptions.OptimizerKind.allCases {
            options.optimizer = optimizer
            let images = try [1, 2, 3].map { count in
                Parallel.threadCount = count
                return try stylize(options).image
            }
            #expect(images[0] == images[1] && images[0] == images[2])
        }
        options.seed = 1
        let other = try stylize(options).image
        options.seed = 0
        #expect(try other != stylize(options).image)
    }

    @Test("style transfer: content alone is reconstructed from noise") func contentAloneIsReconstructedFromNoise()
        throws
    {
        var options = StyleFixture.options(size: 32, iterations: 60)
        (options.contentWeight, options.styleWeight, options.variationWeight) = (1, 0, 0)
        options.contentLayers = [StyleLayer("conv1_1")]
        options.start = .noise
        let result = try stylize(options, styles: [])
        let original = content.resized(width: 32, height: 24, filter: .bicubic)
        func distance(_ image: Image) -> Double {
            zip(image.pixels, original.pixels).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) }
                / Double(image.pixels.count)
        }
        #expect(result.losses[0].content > 0.05)
        #expect(result.losses.last!.content < 0.002)
        // In levels of 255: noise alone is several times as far away, and a ReLU hides half of the information.
        #expect(distance(result.image) < 20)
        #expect(result.losses.allSatisfy { $0.style == 0 })
    }

    @Test("style transfer: style alone gives a texture with its Gram matrices")
    func styleAloneMakesATextureWithTheStylesStatistics() throws {
        var options = StyleFixture.options(size: 32, iterations: 80)
        (options.contentWeight, options.styleWeight, options.variationWeight) = (0, 1, 0)
        options.start = .noise
        let result = try stylize(options)
        #expect(result.losses[0].style > 0.005)
        #expect(result.losses.last!.style < 0.1 * result.losses[0].style)
        #expect(result.losses.allSatisfy { $0.content == 0 })
        // The content is not visible in the texture.
        #expect(result.image != content.resized(width: 32, height: 24, filter: .bicubic))
    }

    @Test("style transfer: styles are blended by their weights") func twoStylesAreMixedByTheirWeights() throws {
        let other = StyleFixture.image(seed: 30, width: 40, height: 40)
        let options = StyleFixture.options(size: 32)
        let both = { (a: Float, b: Float) in
            try stylize(options, styles: [StyleSource(style, weight: a), StyleSource(other, weight: b)])
        }
        // A blend of one style with itself is that style.
        let twice = try stylize(options, styles: [StyleSource(style), StyleSource(style, weight: 3)])
        let once = try stylize(options)
        #expect(zip(twice.losses, once.losses).allSatisfy { abs($0.style - $1.style) < 1e-3 * $1.style })
        let (even, mostly) = (try both(1, 1), try both(1000, 1))
        #expect(abs(mostly.losses[0].style - once.losses[0].style) < 0.01 * once.losses[0].style)
        #expect(even.image != mostly.image)
    }

    @Test("style transfer: a region leaves the rest unchanged") func aStyleWithARegionLeavesTheRestAlone() throws {
        var mask = Image(width: 48, height: 36, fill: .black)
        for y in 0..<36 { for x in 0..<24 { mask[x, y] = .white } }
        var options = StyleFixture.options(size: 48, iterations: 30)
        // One scale, as upsampling would blur everywhere; and no content loss, as Adam makes full steps from the small
        // gradients of a deep layer far from the region.
        options.smallestSize = 48
        options.start = .content
        (options.contentWeight, options.variationWeight) = (0, 0)
        options.styleLayers = [StyleLayer("conv1_1")]
        let image = try stylize(options, styles: [StyleSource(style, region: mask)]).image
        let original = content.resized(width: 48, height: 36, filter: .bicubic)
        func change(_ columns: Range<Int>) -> Int {
            (0..<36).reduce(0) { sum, y in
                columns.reduce(sum) { $0 + abs(Int(image[$1, y].red) - Int(original[$1, y].red)) }
            }
        }
        #expect(change(0..<20) > 5000 && change(28..<48) <= 720)
    }

    @Test("style transfer: the result has the palette of the style from the start")
    func aResultHasThePaletteOfTheStyleFromTheStart() throws {
        var options = StyleFixture.options(size: 48, iterations: 1)
        options.smallestSize = 48
        options.learningRate = 1e-6
        func distance(_ image: Image) -> Double {
            let (found, target) = (StylePalette(image).mean, StylePalette(style).mean)
            return (0..<3).reduce(0) { max($0, abs(found[$1] - target[$1])) }
        }
        let plain = try stylize(options).image
        options.matchesPalette = true
        let matched = try stylize(options).image
        #expect(distance(matched) < 0.02 && distance(plain) > 0.04, "\(distance(matched)), \(distance(plain))")
        // A style with its own region leaves the colors of the content unchanged.
        let white = Image(width: 4, height: 4, fill: .white)
        #expect(try stylize(options, styles: [StyleSource(style, region: white)]).image == plain)
    }

    @Test("style transfer: preserved colors are those of the content") func originalColorsAreThoseOfTheContent() throws
    {
        var options = StyleFixture.options(size: 48, iterations: 20)
        let plain = try stylize(options).image
        options.keepsColors = true
        let image = try stylize(options).image
        let original = content.resized(width: 48, height: 36, filter: .bicubic)
        func luma(_ c: Color) -> Double { 0.299 * Double(c.red) + 0.587 * Double(c.green) + 0.114 * Double(c.blue) }
        for (x, y) in [(3, 3), (20, 10), (40, 30)] {
            let (found, stylized, color) = (image[x, y], plain[x, y], original[x, y])
            #expect(abs(luma(found) - luma(stylized)) < 1.5)
            // Red minus green has the same sign as before, and is no larger.
            let (before, after) = (Int(color.red) - Int(color.green), Int(found.red) - Int(found.green))
            #expect(before * after >= 0 && abs(after) <= abs(before) + 1)
        }
        let gray = Image(width: 2, height: 1, fill: Color(200, 200, 200))
        let red = Image(width: 2, height: 1, fill: Color(150, 50, 50))
        let both = gray.withColors(of: red)[0, 0]
        #expect(abs(luma(both) - 200) < 1 && both.green == both.blue && both.red == 255)
        let dark = Image(width: 2, height: 1, fill: Color(20, 20, 20)).withColors(of: red)[0, 0]
        #expect(abs(luma(dark) - 20) < 1 && dark.green == 0 && dark.blue == 0 && dark.red > 20)
    }

    @Test("style transfer: stops on request of the observer, and rethrows its errors") func stopsOnRequest() throws {
        let result = try stylize(StyleFixture.options(size: 64, iterations: 5)) { $0.made < 7 }
        #expect(!result.isComplete && result.losses.count == 7)
        #expect((result.image.width, result.image.height) == (64, 48))
        struct Stop: Error {}
        for optimizer in StyleOptions.OptimizerKind.allCases {
            var options = StyleFixture.options()
            options.optimizer = optimizer
            #expect(throws: Stop.self) { try stylize(options) { _ in throw Stop() } }
        }
    }

    @Test("style transfer: normalized gradients decrease the loss") func normalizedGradientsDecreaseTheLoss() throws {
        var options = StyleFixture.options(size: 32, iterations: 30)
        options.normalizesGradients = true
        let result = try stylize(options)
        #expect(result.losses.last!.style < 0.5 * result.losses[0].style)
        #expect(result.losses.allSatisfy { $0.total.isFinite })
    }

    @Test("style transfer: the optimization starts from the given image") func startingFromAnImageStartsThere() throws {
        var options = StyleFixture.options(size: 32, iterations: 1)
        (options.contentWeight, options.styleWeight, options.variationWeight) = (1, 0, 0)
        options.start = .image(content)
        #expect(try stylize(options).losses[0].content == 0)
        options.start = .image(style)
        #expect(try stylize(options).losses[0].content > 0.01)
    }
}
