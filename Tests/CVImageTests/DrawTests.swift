import CVImage
import Testing

/// Sum of the red samples, in pixels of full white.
private func whiteness(_ image: Image) -> Double {
    var sum = 0.0
    for y in 0..<image.height { for x in 0..<image.width { sum += Double(image[x, y].red) } }
    return sum / 255
}

private func black(_ width: Int, _ height: Int) -> Image { Image(width: width, height: height, fill: .black) }

@Suite struct ShapeTests {
    @Test("drawing: a rectangle covers its area") func aRectangleCoversItsArea() {
        var image = black(20, 20)
        image.fill(Box(minX: 2.25, minY: 3.5, maxX: 10.75, maxY: 8.5), color: .white)
        #expect(abs(whiteness(image) - 8.5 * 5) < 0.1)
        #expect(image[2, 5].red == 191 && image[5, 3].red == 128 && image[10, 5].red == 191 && image[5, 5].red == 255)
        #expect(image[1, 5].red == 0 && image[5, 9].red == 0 && image[11, 5].red == 0)
    }

    @Test(
        "drawing: a line covers its length times its width plus round caps", arguments: [0.4, 1, 2, 3.3, 9] as [Float])
    func aLineCoversItsLengthTimesItsWidthAndTwoHalfDiscs(width: Float) {
        for (to, tolerance) in [
            (Point(x: 70, y: 20.3), 0.02), (Point(x: 20.1, y: 70), 0.02), (Point(x: 61, y: 52), 0.05),
        ] {
            var image = black(90, 90)
            image.strokeLine(from: Point(x: 20.1, y: 20.3), to: to, width: width, color: .white)
            let length = Double(((to.x - 20.1) * (to.x - 20.1) + (to.y - 20.3) * (to.y - 20.3)).squareRoot())
            let area = length * Double(width) + .pi * Double(width * width) / 4
            #expect(abs(whiteness(image) - area) < area * tolerance + 0.6, "\(to), \(whiteness(image)) for \(area)")
        }
    }

    @Test("drawing: a circle covers its area and is symmetric") func aDiscCoversItsAreaAndIsSymmetric() {
        for radius in [1.5, 4, 11.3] as [Float] {
            var image = black(31, 31)
            image.fillCircle(center: Point(x: 15.5, y: 15.5), radius: radius, color: .white)
            #expect(abs(whiteness(image) - .pi * Double(radius * radius)) < 0.02 * Double(radius * radius) + 0.4)
            #expect(image.flippedHorizontally() == image && image.transposed() == image)
        }
    }

    @Test("drawing: a polygon covers its area") func aPolygonCoversItsArea() {
        var image = black(40, 40)
        let corners = [Point(x: 3.3, y: 4.1), Point(x: 35.2, y: 11.7), Point(x: 18.9, y: 37.4)]
        image.fillPolygon(corners, color: .white)
        let (a, b, c) = (corners[0], corners[1], corners[2])
        let area = Double(abs((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y))) / 2
        #expect(abs(whiteness(image) - area) < 1.5, "\(whiteness(image)) for \(area)")
        // A five-pointed star in one line crosses itself: its center is a hole.
        var star = black(40, 40)
        star.fillPolygon(
            [
                Point(x: 20, y: 1), Point(x: 31, y: 36), Point(x: 2, y: 14), Point(x: 38, y: 14), Point(x: 9, y: 36),
            ], color: .white)
        #expect(star[20, 20].red == 0 && star[20, 8].red == 255)
    }

    @Test("drawing: a rounded rectangle keeps its edges and loses its corners")
    func aRoundedRectangleHasItsEdgesAndLosesItsCorners() {
        var image = black(40, 30)
        image.fillRounded(Box(minX: 4, minY: 5, maxX: 34, maxY: 25), radius: 6, color: .white)
        #expect(abs(whiteness(image) - (30 * 20 - (4 - .pi) * 36)) < 1.5)
        #expect(image[4, 5].red == 0 && image[4, 15].red == 255 && image[3, 15].red == 0 && image[20, 24].red == 255)
    }

    @Test("drawing: an outline is sharp and centered on the box") func anOutlineIsSharpAndItsLinesMiddleIsOnTheBox() {
        var image = black(30, 20)
        image.outline(Box(minX: 5, minY: 4, maxX: 25, maxY: 16), color: .white, lineWidth: 2)
        for y in 0..<20 {
            for x in 0..<30 {
                let outside = x < 4 || x >= 26 || y < 3 || y >= 17
                let inside = (6..<24).contains(x) && (5..<15).contains(y)
                #expect(image[x, y].red == (outside || inside ? 0 : 255), "\(x), \(y)")
            }
        }
    }

    @Test("drawing: a translucent line is blended once where it crosses itself")
    func aTranslucentLineIsBlendedOnceWhereItCrossesItself() {
        var image = black(30, 30)
        image.strokePolyline(
            [Point(x: 5, y: 15), Point(x: 25, y: 15), Point(x: 15, y: 5), Point(x: 15, y: 25)], width: 4,
            color: Color(255, 255, 255, 128))
        #expect(image.pixels.max() == 128)
    }

    @Test("drawing: blending over transparency keeps the color") func blendingOnTransparencyKeepsTheColor() {
        var image = Image(width: 3, height: 1, format: .rgba, fill: Color(0, 0, 0, 0))
        image.fill(Box(minX: 0, minY: 0, maxX: 1.5, maxY: 1), color: Color(200, 100, 50))
        #expect(image[0, 0] == Color(200, 100, 50, 255) && image[1, 0] == Color(200, 100, 50, 128))
        #expect(image[2, 0].alpha == 0)
    }

    @Test("mask overlay: the color is blended by mask and opacity") func aMaskBlendsItsColorByOpacity() {
        var image = Image(width: 3, height: 1, fill: Color(100, 100, 100))
        image.overlay(mask: [0, 255, 51], color: Color(200, 100, 0), opacity: 0.5)
        #expect(image[0, 0] == Color(100, 100, 100))
        #expect(abs(Int(image[1, 0].red) - 150) <= 1 && abs(Int(image[1, 0].blue) - 50) <= 1)
        #expect(image[2, 0].red == 110)
        image.overlay(mask: [true, false, false], color: .white, opacity: 1)
        #expect(image[0, 0] == .white && image[1, 0] != .white)
    }
}

/// For any output of a detector, drawing returns and draws what is inside.
@Suite struct HostileCoordinateTests {
    static let values: [Float] = [
        .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e9, -1e9, -3, 0, 5.5, 12, 40,
    ]

    @Test("drawing: any coordinates are drawn or ignored", .timeLimit(.minutes(10)))
    func anyCoordinatesAreDrawnOrLeftOut() {
        var image = black(12, 9)
        for a in Self.values {
            for b in Self.values {
                for c in Self.values {
                    let box = Box(minX: a, minY: b, maxX: c, maxY: 7)
                    let inverted = Box(minX: 2, minY: a, maxX: b, maxY: c)
                    let points = [Point(x: a, y: b), Point(x: c, y: 3), Point(x: 4, y: a)]
                    for box in [box, inverted] {
                        image.fill(box, color: .white)
                        image.outline(box, color: .white, lineWidth: 3)
                        image.fillRounded(box, radius: c, color: .white)
                        image.annotate([BoxAnnotation(box: box, label: "x", color: .white)])
                    }
                    image.strokePolyline(points, closed: true, width: 2, color: .white)
                    image.strokeLine(from: points[0], to: points[1], width: a, color: .white)
                    image.fillCircle(center: points[0], radius: c, color: .white)
                    image.fillPolygon(points, color: .white)
                    image.drawText("Ag", x: a, baseline: b, size: c, color: .white)
                    image.drawTag("Ag", x: a, y: b, size: c, color: .white)
                }
            }
        }
        image.outline(Box(minX: 1, minY: 1, maxX: 5, maxY: 5), color: .white, lineWidth: .max)
        image.outline(Box(minX: 1, minY: 1, maxX: 5, maxY: 5), color: .white, lineWidth: .min)
        #expect(image.pixels.allSatisfy { $0 == 255 || $0 < 255 } && image.pixels.count == 12 * 9 * 3)
    }

    @Test("drawing: shapes with NaN are not drawn") func shapesWithNaNAreNotDrawn() {
        var image = black(12, 9)
        for box in [
            Box(minX: .nan, minY: 1, maxX: 8, maxY: 7), Box(minX: 1, minY: .nan, maxX: 8, maxY: 7),
            Box(minX: 1, minY: 1, maxX: .nan, maxY: 7), Box(minX: 1, minY: 1, maxX: 8, maxY: .nan),
        ] {
            image.fill(box, color: .white)
            image.outline(box, color: .white)
            image.fillRounded(box, radius: 1, color: .white)
            image.annotate([BoxAnnotation(box: box, label: "label", color: .white)])
        }
        image.fillPolygon([Point(x: 1, y: 1), Point(x: .nan, y: 4), Point(x: 8, y: 8)], color: .white)
        image.fillCircle(center: Point(x: .nan, y: 4), radius: 3, color: .white)
        image.strokeLine(from: Point(x: 1, y: 1), to: Point(x: 3, y: .infinity), width: 3, color: .white)
        #expect(image == black(12, 9))
    }

    @Test("drawing: shapes are clipped to the image") func shapesThatReachFarOutsideAreCutAtTheBorder() {
        var image = black(10, 10)
        image.fill(Box(minX: -1e30, minY: -.infinity, maxX: 1e30, maxY: 4), color: .white)
        #expect(whiteness(image) == 40)
        var line = black(10, 10)
        line.strokeLine(from: Point(x: -1e9, y: 5), to: Point(x: 1e9, y: 5), width: 2, color: .white)
        #expect(whiteness(line) == 20)
        var outline = black(10, 10)
        outline.outline(Box(minX: -500, minY: 3, maxX: 700, maxY: .infinity), color: .white, lineWidth: 2)
        #expect(whiteness(outline) == 20 && outline[0, 2].red == 255 && outline[9, 3].red == 255)
        var polygon = black(10, 10)
        polygon.fillPolygon(
            [Point(x: -1e6, y: 0), Point(x: 1e6, y: 0), Point(x: 1e6, y: 5), Point(x: -1e6, y: 5)], color: .white)
        #expect(abs(whiteness(polygon) - 50) < 0.5)
    }
}

@Suite struct PaletteTests {
    @Test("palette: class colors are stable") func colorsOfClassesStayWhatTheyAre() {
        // A change here would change the images of all users.
        #expect(Palette.color(forClass: 0) == Color(253, 132, 116))
        #expect(Palette.color(forClass: 1) == Color(148, 88, 225))
        #expect(Palette.color(forClass: 79) == Color(123, 176, 253))
    }

    @Test("palette: the first 24 colors are distinct") func anyTwoOfTheFirstTwentyFourDiffer() {
        for i in 0..<24 {
            for j in 0..<i {
                let (a, b) = (Palette.color(forClass: i), Palette.color(forClass: j))
                let distance =
                    abs(Int(a.red) - Int(b.red)) + abs(Int(a.green) - Int(b.green)) + abs(Int(a.blue) - Int(b.blue))
                #expect(distance >= 36, "\(i) \(a), \(j) \(b)")
            }
        }
    }

    @Test("palette: text is legible on every color") func textOnEveryColorIsLegible() {
        for index in [0, 1, 2, 1000, -5, Int.max, Int.min] + Array(3..<200) {
            let color = Palette.color(forClass: index)
            let (ground, text) = (color.luminance, color.readableText.luminance)
            #expect((max(ground, text) + 0.05) / (min(ground, text) + 0.05) >= 3.6, "\(index)")
        }
        #expect(Color.white.readableText == .black && Color(0, 0, 160).readableText == .white)
    }
}
