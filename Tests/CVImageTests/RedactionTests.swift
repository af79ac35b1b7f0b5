import CVImage
import TestSupport
import Testing

@Suite struct RedactionTests {
    private let box = Box(minX: 40, minY: 30, maxX: 80, maxY: 70)

    @Test(
        "redaction: pixels outside the part stay as they are", arguments: Redaction.allCases, [Image.Format.rgb, .rgba])
    func outsideStays(redaction: Redaction, format: Image.Format) throws {
        let image = photograph(width: 131, height: 97, format: format)
        var changed = image
        let parts = changed.redact([box], by: redaction, margin: 0.1)
        // 4 pixels more at each edge.
        #expect(parts == [Box(minX: 36, minY: 26, maxX: 84, maxY: 74)])
        var different = 0
        for y in 0..<97 {
            for x in 0..<131 where image[x, y] != changed[x, y] {
                #expect((36..<84).contains(x) && (26..<74).contains(y), "(\(x), \(y))")
                different += 1
            }
        }
        #expect(different > 48 * 48 / 2)
    }

    @Test("redaction: squares are the means of their pixels") func squaresAreMeans() throws {
        var image = Image(width: 16, height: 16, fill: .black)
        for y in 0..<16 { for x in 0..<16 { image[x, y] = Color(UInt8(x * 16), UInt8(y * 16), 7) } }
        image.redact([Box(minX: 0, minY: 0, maxX: 16, maxY: 16)], by: .pixelate, margin: 0)
        for y in 0..<16 {
            for x in 0..<16 {
                // Two pixels a side: their mean is 8 more than the first.
                #expect(image[x, y] == Color(UInt8(x / 2 * 32 + 8), UInt8(y / 2 * 32 + 8), 7), "(\(x), \(y))")
            }
        }
    }

    @Test("redaction: a box of one color leaves nothing, not even under transparency") func boxLeavesNothing() throws {
        var image = Image(width: 8, height: 8, format: .rgba, fill: Color(9, 8, 7, 0))
        image.redact(
            [Box(minX: 2, minY: 2, maxX: 6, maxY: 6)], by: .box, margin: 0, color: Color(1, 2, 3))
        #expect(image[2, 2] == Color(1, 2, 3, 0))
        #expect(image[5, 5] == Color(1, 2, 3, 0))
        #expect(image[6, 5] == Color(9, 8, 7, 0))
    }

    @Test("redaction: the blur is that of the part within its ellipse") func blurIsWithinTheEllipse() throws {
        let image = photograph(width: 60, height: 50)
        var changed = image
        changed.redact([Box(minX: 10, minY: 10, maxX: 50, maxY: 40)], by: .gaussian, margin: 0)
        let blurred = image.cropped(x: 10, y: 10, width: 40, height: 30).blurred(sigma: 8)
        #expect(changed[30, 25] == blurred[20, 15])
        #expect(changed[11, 25] == blurred[1, 15])
        // Corners of the part are outside the ellipse.
        #expect(changed[10, 10] == image[10, 10] && changed[49, 39] == image[49, 39])
    }

    @Test("redaction: parts at the edges, outside and without numbers") func oddBoxes() throws {
        for redaction in Redaction.allCases {
            var image = photograph(width: 20, height: 10)
            let before = image
            let nowhere = [
                Box(minX: 30, minY: 0, maxX: 40, maxY: 5), Box(minX: .nan, minY: 0, maxX: 4, maxY: 5),
                Box(minX: 5, minY: 5, maxX: 5, maxY: 5), Box(minX: -.infinity, minY: 0, maxX: .infinity, maxY: 5),
            ]
            #expect(image.redact(nowhere, by: redaction).isEmpty)
            #expect(image == before)
            let parts = image.redact(
                [Box(minX: -5, minY: -5, maxX: 1, maxY: 1), Box(minX: -9e9, minY: -9e9, maxX: 9e9, maxY: 9e9)],
                by: redaction, margin: 0)
            #expect(parts == [Box(minX: 0, minY: 0, maxX: 1, maxY: 1), Box(minX: 0, minY: 0, maxX: 20, maxY: 10)])
        }
    }
}
