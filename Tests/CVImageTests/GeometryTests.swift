import CVImage
import Testing

@Suite struct GeometryTests {
    /// Sizes around the tile size of the copy, and images of one line.
    static let sizes = [(1, 1), (3, 2), (1, 70), (70, 1), (64, 64), (65, 130), (131, 63)]

    /// Compares every pixel of `result` with its source.
    private func check(_ result: Image, _ image: Image, _ source: (Int, Int) -> (Int, Int), _ name: String) {
        var wrong = 0
        for y in 0..<result.height {
            for x in 0..<result.width {
                let (fromX, fromY) = source(x, y)
                if result[x, y] != image[fromX, fromY] { wrong += 1 }
            }
        }
        #expect(wrong == 0, "\(name) of \(image.width)×\(image.height) .\(image.format)")
    }

    @Test("geometry: flips and rotations move every pixel correctly", arguments: [Image.Format.rgb, .rgba])
    func flipsAndTurnsMovePixelsToTheirPositions(format: Image.Format) {
        for (w, h) in Self.sizes {
            let image = noise(width: w, height: h, format: format)
            check(image.flippedHorizontally(), image, { (w - 1 - $0, $1) }, "flip")
            check(image.flippedVertically(), image, { ($0, h - 1 - $1) }, "upside down")
            check(image.transposed(), image, { ($1, $0) }, "transposed")
            // Counterclockwise: the top row comes from the right column.
            check(image.rotated(quarterTurns: 1), image, { (w - 1 - $1, $0) }, "90°")
            check(image.rotated(quarterTurns: -2), image, { (w - 1 - $0, h - 1 - $1) }, "180°")
            check(image.rotated(quarterTurns: 7), image, { ($1, h - 1 - $0) }, "270°")
            #expect(image.rotated(quarterTurns: -4) == image)
            #expect(image.transposed().width == h && image.rotated(quarterTurns: 1).height == w)
        }
    }

    @Test("crop: holds the pixels of its region") func aCropHoldsThePixelsOfItsPosition() {
        let image = noise(width: 20, height: 11, format: .rgba)
        check(image.cropped(x: 3, y: 4, width: 17, height: 7), image, { ($0 + 3, $1 + 4) }, "crop")
        #expect(image.cropped(x: 0, y: 0, width: 20, height: 11) == image)
    }

    @Test("crop: a box is clipped and rounded outward to whole pixels")
    func aBoxIsCutAtTheBorderAndGrownToWholePixels() throws {
        let image = noise(width: 20, height: 10, format: .rgb)
        let inside = try #require(image.cropped(to: Box(minX: 2.5, minY: 3, maxX: 6.1, maxY: 4)))
        #expect(inside == image.cropped(x: 2, y: 3, width: 5, height: 1))
        let over = try #require(image.cropped(to: Box(minX: -9, minY: 8, maxX: .infinity, maxY: 99)))
        #expect(over == image.cropped(x: 0, y: 8, width: 20, height: 2))
        for box in [
            Box(minX: 20, minY: 0, maxX: 30, maxY: 5), Box(minX: 5, minY: 5, maxX: 5, maxY: 8),
            Box(minX: 8, minY: 8, maxX: 2, maxY: 2), Box(minX: -.infinity, minY: -9, maxX: -5, maxY: -1),
        ] {
            #expect(image.cropped(to: box) == nil, "\(box)")
        }
        for nan in [
            Box(minX: .nan, minY: 0, maxX: 5, maxY: 5), Box(minX: 0, minY: 0, maxX: .nan, maxY: 5),
            Box(minX: .nan, minY: .nan, maxX: .nan, maxY: .nan),
        ] {
            #expect(image.cropped(to: nan) == nil, "\(nan)")
        }
    }

    /// Floats from 2^24 on are even: such a side, as a float, lies outside the image.
    @Test("crop: a box past the end of a very long image is clipped") func aBoxOverTheEndOfAVeryLongImageIsClipped() {
        let width = (1 << 24) + 3
        let long = Image(width: width, height: 1, format: .rgb, pixels: [UInt8](repeating: 0, count: 3 * width))
        let end = long.cropped(to: Box(minX: 16_777_210, minY: 0, maxX: .infinity, maxY: 1))
        #expect(end?.width == 9)
    }

    /// Golden files: `Tools/golden.py images`, Pillow 13.0, which truncates where this rounds.
    @Test("warp: equals Pillow within one level", arguments: ["rgb", "rgba"])
    func aWarpIsPillowsWithinOneLevel(mode: String) throws {
        for golden in try GoldenCase.load("affine/bilinear-\(mode).json") {
            let m = try #require(golden.matrix)
            let inverse = AffineMap(a: m[0], b: m[1], c: m[2], d: m[3], e: m[4], f: m[5])
            let result = golden.source.image.warped(
                by: try #require(inverse.inverse), width: golden.target.width, height: golden.target.height,
                fill: Color(10, 200, 90, 255))
            let expected = golden.target.image
            for y in 0..<result.height {
                for x in 0..<result.width {
                    let (a, b) = (result[x, y], expected[x, y])
                    // Dividing by a small alpha amplifies the one level: compare the visible color.
                    func visible(_ value: UInt8, _ alpha: UInt8) -> Int { (Int(value) * Int(alpha) + 127) / 255 }
                    let difference = [
                        visible(a.red, a.alpha) - visible(b.red, b.alpha),
                        visible(a.green, a.alpha) - visible(b.green, b.alpha),
                        visible(a.blue, a.alpha) - visible(b.blue, b.alpha), Int(a.alpha) - Int(b.alpha),
                    ].map(abs).max()!
                    #expect(difference <= (mode == "rgb" ? 1 : 2), "(\(x), \(y)): \(a) \(b), \(golden)")
                }
            }
        }
    }

    /// Linear interpolation preserves slopes; Keys' cubic also parabolas, and only with a = -0.5.
    @Test("warp: interpolation reproduces polynomials", arguments: [Interpolation.bilinear, .bicubic])
    func polynomialsAreReproduced(interpolation: Interpolation) {
        func height(_ x: Double) -> Double { interpolation == .bilinear ? 6 * x : 0.15 * x * x }
        var image = Image(width: 40, height: 5, fill: .black)
        for y in 0..<5 {
            for x in 0..<40 { image[x, y] = Color(UInt8(height(Double(x) + 0.5).rounded()), 0, 0) }
        }
        let moved = image.warped(by: .translation(x: -0.4, y: 0), interpolation: interpolation)
        for x in 2..<37 {
            #expect(abs(Double(moved[x, 2].red) - height(Double(x) + 0.9)) <= 1.2, "\(interpolation) at \(x)")
        }
    }

    @Test("warp: the identity changes nothing", arguments: Interpolation.allCases)
    func theIdentityChangesNothing(interpolation: Interpolation) {
        let image = noise(width: 31, height: 17, format: .rgb)
        #expect(image.warped(by: .identity, interpolation: interpolation) == image)
    }

    @Test("warp: a rotation by 90° is lossless", arguments: Interpolation.allCases)
    func aWarpByAQuarterTurnIsTheQuarterTurn(interpolation: Interpolation) {
        let image = noise(width: 31, height: 18, format: .rgb)
        for turns in 0..<4 {
            let (map, width, height) = image.rotation(degrees: Double(turns * 90), expand: true)
            let warped = image.warped(by: map, width: width, height: height, interpolation: interpolation)
            #expect(warped == image.rotated(quarterTurns: turns), "\(turns) quarter turns")
            #expect(image.rotated(degrees: Double(turns * 90 - 360), expand: true) == warped)
        }
    }

    @Test("rotation: the expanded frame holds the whole image") func theExpandedFrameHoldsTheWholeImage() {
        let image = Image(width: 60, height: 20, fill: .white)
        for degrees in [10.0, 33, 45, 100, -77, 721] {
            let rotated = image.rotated(degrees: degrees, expand: true)
            let mass = rotated.pixels.reduce(0) { $0 + Double($1) } / 255 / 3
            // The edges are jagged: a quarter of a pixel for each of the 160 along them.
            #expect(abs(mass - 1200) < 40, "\(degrees)°: \(mass) pixels")
            // A box is transformed with it.
            let (map, width, height) = image.rotation(degrees: degrees, expand: true)
            let box = map.apply(Box(minX: 0, minY: 0, maxX: 60, maxY: 20))
            #expect((width, height) == (rotated.width, rotated.height))
            #expect(box.minX >= -0.01 && box.maxX <= Float(width) + 0.01 && box.width > Float(width) - 1.1)
            #expect(box.minY >= -0.01 && box.maxY <= Float(height) + 0.01 && box.height > Float(height) - 1.1)
        }
    }

    @Test("warp: the fill keeps its alpha") func theFillIsWhatItSaysWithItsAlpha() {
        let image = Image(width: 4, height: 4, format: .rgba, fill: .white)
        let fill = Color(100, 200, 50, 100)
        let moved = image.warped(by: .translation(x: 2, y: 0), fill: fill)
        let corner = moved[0, 0]
        #expect(corner.alpha == 100 && abs(Int(corner.red) - 100) <= 2 && abs(Int(corner.green) - 200) <= 2)
        #expect(moved[3, 3] == .white)
    }

    @Test("affine map: maps compose and invert") func mapsComposeAndInvert() throws {
        let map = AffineMap.rotation(degrees: 25).then(.shear(x: 0.3, y: -0.1)).then(.scale(x: 2, y: 0.5))
            .around(x: 7, y: -3).then(.translation(x: 4, y: 9))
        let inverse = try #require(map.inverse)
        for point in [Point(x: 0, y: 0), Point(x: 3.5, y: -8), Point(x: 1000, y: 2000)] {
            let back = inverse.apply(map.apply(point))
            #expect(abs(back.x - point.x) < 2e-3 && abs(back.y - point.y) < 2e-3)
        }
        #expect(AffineMap.scale(x: 0, y: 1).inverse == nil)
        #expect(AffineMap(a: .nan, b: 0, c: 0, d: 0, e: 1, f: 0).inverse == nil)
        // Counterclockwise in an image: a point on the right moves up.
        #expect(AffineMap.rotation(degrees: 90).apply(Point(x: 1, y: 0)) == Point(x: 0, y: -1))
        // The order matters: `then` is read from left to right.
        let scaled = AffineMap.translation(x: 1, y: 0).then(.scale(x: 2, y: 2)).apply(Point(x: 0, y: 0))
        #expect(scaled == Point(x: 2, y: 0))
    }
}
