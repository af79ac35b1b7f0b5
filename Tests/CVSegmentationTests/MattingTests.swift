import CVImage
import CVSegmentation
import CVTensor
import TestSupport
import Testing

@Suite struct GuidedFilterTests {
    private struct Golden: Decodable {
        let width, height, radius, border: Int
        let epsilon: Float, values: [Float]
    }

    /// `Tools/golden.py guided-filter`.
    @Test("guided filter: result matches OpenCV") func resultMatchesOpenCV() throws {
        let golden = try decoded("Golden/guided-filter.json", as: Golden.self)
        let (width, height, border) = (golden.width, golden.height, golden.border)
        let colors = uniformTensor(seed: 1, [3, height, width]).values
        let guide = (0..<3).map { channel in
            FloatPlane(
                width: width, height: height,
                values: Array(colors[channel * width * height..<(channel + 1) * width * height]))
        }
        let input = FloatPlane(width: width, height: height, values: uniformTensor(seed: 2, [height, width]).values)
        let functions = GuidedFilter(radius: golden.radius, epsilon: golden.epsilon).functions(
            guide: guide, input: input)
        var expected = golden.values.makeIterator()
        for y in border..<height - border {
            for x in border..<width - border {
                let position = y * width + x
                let color = SIMD4(guide[0].values[position], guide[1].values[position], guide[2].values[position], 1)
                let (found, value) = ((functions.values[position] * color).sum(), expected.next())
                #expect(abs(found - (try #require(value))) < 2e-4)
            }
        }
        #expect(expected.next() == nil)
    }

    /// Windows at a border are smaller: a mean over the pixels of a whole window would darken it.
    @Test("guided filter: an input that is linear in the guide stays as it is, up to the corners")
    func bordersStayAsTheyAre() {
        let (width, height) = (9, 7)
        let colors = uniformTensor(seed: 5, [3, height, width]).values
        let guide = (0..<3).map {
            FloatPlane(
                width: width, height: height, values: Array(colors[$0 * width * height..<($0 + 1) * width * height]))
        }
        for slope: Float in [0, 0.5] {
            let input = FloatPlane(width: width, height: height, values: guide[0].values.map { 0.25 + slope * $0 })
            let functions = GuidedFilter(radius: 2, epsilon: 1e-7).functions(guide: guide, input: input)
            for (position, function) in functions.values.enumerated() {
                let color = SIMD4(guide[0].values[position], guide[1].values[position], guide[2].values[position], 1)
                #expect(abs((function * color).sum() - input.values[position]) < 1e-3, "pixel \(position)")
            }
        }
    }

    /// Some of the functions are 0 or 255 for every color, some are not.
    @Test(
        "guided filter: interpolated functions match the definition", arguments: [(1, 1), (23, 17), (5, 4), (3, 40)])
    func interpolatedFunctionsMatchDefinition(_ width: Int, _ height: Int) {
        let numbers = seededTensor(seed: 11, [20, 4]).values
        let functions = GuidedFilterCoefficients(
            width: 5, height: 4,
            values: (0..<20).map { index in
                SIMD4(numbers[4 * index], numbers[4 * index + 1], numbers[4 * index + 2], 6 * numbers[4 * index + 3])
            })
        let pixels = uniformTensor(seed: 12, [height, width, 3]).values.map { UInt8($0 * 256) }
        let image = Image(width: width, height: height, format: .rgb, pixels: pixels)
        let found = functions.applied(to: image, levels: 0.2...0.7)
        func parts(_ index: Int, _ size: Int, _ count: Int) -> (Int, Int, Float) {
            let position = min(max((Float(index) + 0.5) * Float(size) / Float(count) - 0.5, 0), Float(size - 1))
            return (Int(position), min(Int(position) + 1, size - 1), position - position.rounded(.down))
        }
        for y in 0..<height {
            for x in 0..<width {
                let (left, right, across) = parts(x, 5, width)
                let (top, bottom, down) = parts(y, 4, height)
                let upper = functions.values[5 * top + left] * (1 - across) + functions.values[5 * top + right] * across
                let lower =
                    functions.values[5 * bottom + left] * (1 - across) + functions.values[5 * bottom + right] * across
                let color = image[x, y]
                let observed = SIMD4(Float(color.red), Float(color.green), Float(color.blue), 255) / 255
                let value = ((upper * (1 - down) + lower * down) * observed).sum()
                let expected = min(max((value - 0.2) / 0.5, 0), 1) * 255
                #expect(abs(Float(found[x, y]) - expected) < 0.6)
            }
        }
    }

    @Test("matte refinement: a coarse edge moves to the edge of the image") func edgeMovesToEdgeOfImage() {
        var image = Image(width: 200, height: 120, fill: Color(30, 60, 40))
        for y in 0..<120 { for x in 0..<97 + y / 20 { image[x, y] = Color(210, 160, 140) } }
        // 16 × 16 values: the coarse edge is accurate to twelve pixels.
        let coarse = Tensor((0..<256).map { $0 % 16 < 8 ? 6 : -6 as Float }, shape: [1, 1, 16, 16])
        var refinement = MatteRefinement()
        refinement.reach = 0.06
        let matte = refinement(coarse, of: image)
        for (y, edge) in [(30, 98), (60, 100), (90, 101)] {
            #expect(matte.alpha[edge - 4, y] > 230)
            #expect(matte.alpha[edge + 4, y] < 25)
        }
    }
}

@Suite struct MatteTests {
    private static func gradient(width: Int, height: Int) -> Matte {
        Matte(alpha: Mask(width: width, height: height, values: (0..<width * height).map { UInt8($0 % 256) }))
    }

    @Test("matte: share and box are computed from alpha") func shareAndBoxFollowAlpha() {
        var values = [UInt8](repeating: 0, count: 12)
        (values[5], values[6], values[0]) = (255, 128, 127)
        let matte = Matte(alpha: Mask(width: 4, height: 3, values: values))
        #expect(abs(matte.share - 2.0 / 12) < 1e-9)
        #expect(matte.box == Box(minX: 1, minY: 1, maxX: 3, maxY: 2))
        #expect(matte.segmentedClass?.label == "person")
        #expect(matte.map.mask.values == [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])
        let empty = Matte.empty(width: 4, height: 3)
        #expect(empty.isEmpty && empty.share == 0 && empty.segmentedClass == nil)
    }

    @Test(
        "matte: a cut-out keeps the foreground and drops the background", arguments: [(1, 1), (17, 513), (300, 40)])
    func cutOutKeepsForeground(_ width: Int, _ height: Int) {
        let noise = uniformTensor(seed: 7, [height, width, 3]).values.map { UInt8($0 * 256) }
        let image = Image(width: width, height: height, format: .rgb, pixels: noise)
        for level in [0, 255] as [UInt8] {
            let matte = Matte(
                alpha: Mask(
                    width: width, height: height, values: [UInt8](repeating: level, count: width * height)))
            let cut = matte.cutOut(of: image)
            #expect(level == 255 || cut.pixels.allSatisfy { $0 == 0 })
            #expect(level == 0 || cut.withoutAlpha() == image)
            let over = matte.composited(image, over: .color(Color(1, 2, 3)))
            #expect(over == (level == 0 ? Image(width: width, height: height, fill: Color(1, 2, 3)) : image))
        }
        for backdrop in [.blurred, .image(Image(width: 5, height: 3, fill: .white))] as [Backdrop] {
            let result = Self.gradient(width: width, height: height).composited(image, over: backdrop)
            #expect(result.width == width && result.height == height && result.format == .rgb)
        }
    }

    /// A red object in front of a blue wall, with a soft edge of mixed pixels.
    @Test("matte: a cut-out removes the background color from mixed pixels") func backgroundColorIsRemoved() {
        let (width, height) = (120, 60)
        var image = Image(width: width, height: height, fill: Color(20, 40, 220))
        var alpha = [UInt8](repeating: 0, count: width * height)
        for y in 0..<height {
            for x in 0..<width {
                let share = min(max(Double(66 - x) / 12, 0), 1)
                alpha[y * width + x] = UInt8(share * 255)
                image[x, y] = Color(
                    UInt8(20 + 200 * share), UInt8(40 - 20 * share), UInt8(220 - 190 * share))
            }
        }
        let cut = Matte(alpha: Mask(width: width, height: height, values: alpha)).cutOut(of: image)
        for x in 55..<62 {
            #expect(cut[x, 30].red > 150, "\(x)")
            #expect(cut[x, 30].blue < 100, "\(x)")
        }
        // In the original image the same pixel is violet.
        #expect(image[61, 30].red < 110 && image[61, 30].blue > 130)
    }

    @Test("matte: a backdrop image covers the frame") func backdropCoversFrame() {
        var behind = Image(width: 40, height: 10, fill: .black)
        for y in 0..<10 { for x in 13..<27 { behind[x, y] = .white } }
        let photo = Image(width: 50, height: 50, fill: Color(9, 9, 9))
        let result = Matte.empty(width: 50, height: 50).composited(photo, over: .image(behind))
        #expect(result == Image(width: 50, height: 50, fill: .white))
    }
}
