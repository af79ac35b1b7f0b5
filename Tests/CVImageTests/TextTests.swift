import CVImage
import Testing

@Suite struct TextTests {
    private func drawn(_ text: String, size: Float = 24) -> Image {
        var image = Image(width: 60, height: 60, fill: .black)
        image.drawText(text, x: 10, baseline: 42, size: size, color: .white)
        return image
    }

    /// The columns and rows of the pixels that are at least half covered.
    private func ink(_ image: Image) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>)? {
        var (xs, ys): ([Int], [Int]) = ([], [])
        for y in 0..<image.height {
            for x in 0..<image.width where image[x, y].red >= 128 {
                xs.append(x)
                ys.append(y)
            }
        }
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else { return nil }
        return (left...right, top...bottom)
    }

    @Test("text: every character has a distinct shape", arguments: [12, 16, 24, 36] as [Float])
    func everyCharacterHasAShapeOfItsOwn(size: Float) {
        let ascii = (33...126).map { String(Unicode.Scalar($0)!) }
        let latin = (0xC0...0xFF).map { String(Unicode.Scalar($0)!) } + ["¡", "¿", "°", "±", "µ", "«", "»", "…"]
        var drawings: [[UInt8]: String] = [drawn("\u{65E5}", size: size).pixels: "missing"]
        for character in ascii + latin {
            let pixels = drawn(character, size: size).pixels
            #expect(pixels.contains { $0 > 100 }, "\(character) is empty at \(size)")
            let reference = drawings.updateValue(character, forKey: pixels)
            #expect(reference == nil, "\(character) looks like \(reference ?? "") at \(size)")
        }
    }

    @Test("text: unknown characters are a box, spaces are empty") func unknownCharactersAreABoxAndSpacesAreEmpty() {
        #expect(drawn("日") == drawn("語") && ink(drawn("日")) != nil)
        #expect(ink(drawn(" \t\n")) == nil)
        #expect(drawn("é") == drawn("e\u{301}"))
    }

    @Test("text: letters stand on the baseline and match the metrics")
    func lettersStandOnTheBaselineAndAreAsHighAsTheySay() throws {
        let small = try #require(ink(drawn("x")))
        let capital = try #require(ink(drawn("H")))
        let descender = try #require(ink(drawn("p")))
        #expect(small.rows.upperBound == 41 && capital.rows.upperBound == 41, "the row above the baseline")
        #expect((12...15).contains(small.rows.count) && (17...20).contains(capital.rows.count))
        let metrics = TextMetrics("x", size: 24)
        #expect(descender.rows.upperBound > 44 && Float(descender.rows.upperBound) <= 42 + metrics.descent)
    }

    @Test("text: the width matches the metrics", arguments: ["A", "person 0.97", "iiii", "WWW", "_g|"])
    func textIsAsWideAsItsMetricsSay(text: String) throws {
        var image = Image(width: 400, height: 60, fill: .black)
        image.drawText(text, x: 10, baseline: 40, size: 30, color: .white)
        let found = try #require(ink(image))
        let metrics = TextMetrics(text, size: 30)
        #expect(found.columns.lowerBound >= 9 && abs(Float(found.columns.count) - metrics.width) <= 3, "\(metrics)")
    }

    @Test("text: very long text ends at the border") func veryLongTextEndsAtTheBorder() {
        var image = Image(width: 60, height: 48, fill: .black)
        image.drawText(String(repeating: "W", count: 1_000_000), x: 10, baseline: 30, size: 24, color: .white)
        #expect(image[0, 25] == .black && image.pixels.contains(255))
    }
}

@Suite struct AnnotationTests {
    static let color = Color(250, 250, 0)

    /// The image after drawing, compared outside of the outline of the box.
    @Test(
        "annotation: tags lie inside the image",
        arguments: [
            (Box(minX: 40, minY: 60, maxX: 120, maxY: 120), "above"),
            (Box(minX: 40, minY: 3, maxX: 120, maxY: 90), "inside"),
            (Box(minX: 180, minY: 60, maxX: 199, maxY: 120), "moved left"),
            (Box(minX: -90, minY: -90, maxX: 20, maxY: 20), "corner"),
            (Box(minX: 500, minY: 500, maxX: 600, maxY: 600), "outside"),
        ])
    func aTagLiesInsideTheImage(box: Box, name: String) {
        var image = Image(width: 200, height: 150, fill: .black)
        image.annotate([BoxAnnotation(box: box, label: "dog 0.91", color: Self.color)])
        // The whole tag is visible: it equals one drawn alone.
        var alone = Image(width: 200, height: 150, fill: .black)
        let position = alone.drawTag("dog 0.91", x: 0, y: 0, color: Self.color)
        func find(_ image: Image) -> Bool {
            let tag = alone.cropped(to: Box(minX: 4, minY: 3, maxX: position.maxX - 4, maxY: position.maxY - 3))!
            for y in 0...(image.height - tag.height) {
                for x in 0...(image.width - tag.width)
                where image[x, y] == tag[0, 0] && image.cropped(x: x, y: y, width: tag.width, height: tag.height) == tag
                {
                    return true
                }
            }
            return false
        }
        #expect(find(image), "\(name)")
    }

    @Test("annotation: tags of coincident boxes do not hide each other")
    func tagsOfBoxesAtOnePositionDoNotHideEachOther() {
        let box = Box(minX: 40, minY: 60, maxX: 160, maxY: 120)
        let colors = [Color(255, 0, 0), Color(0, 255, 0), Color(0, 0, 255)]
        func count(_ image: Image, _ color: Color) -> Int {
            (0..<image.height).reduce(0) { sum, y in sum + (0..<image.width).count { image[$0, y] == color } }
        }
        var together = Image(width: 200, height: 150, fill: Color(9, 9, 9))
        together.annotate(colors.map { BoxAnnotation(box: box, label: "cat", color: $0) }, lineWidth: 1)
        for color in colors {
            var alone = Image(width: 200, height: 150, fill: Color(9, 9, 9))
            alone.drawTag("cat", x: 50, y: 50, color: color)
            #expect(count(together, color) >= count(alone, color), "\(color)")
        }
    }

    @Test("annotation: long labels are truncated") func aLabelTooLongForTheImageIsCutShort() {
        var image = Image(width: 80, height: 60, fill: .black)
        let position = image.drawTag(String(repeating: "long ", count: 50), x: 70, y: 5, color: Self.color)
        #expect(position.minX >= 0 && position.maxX <= 80 && position.width > 60)
    }

    @Test("annotation: labels of millions of letters are fast") func aLabelOfMillionsOfLettersTakesNoTime() {
        var (image, short) = (Image(width: 80, height: 60, fill: .black), Image(width: 80, height: 60, fill: .black))
        let label = String(repeating: "long ", count: 2_000_000)
        let start = ContinuousClock.now
        for _ in 0..<20 { image.drawTag(label, x: 0, y: 5, color: Self.color) }
        // Measuring the whole text would take about a second each.
        #expect(ContinuousClock.now - start < .seconds(3))
        let fifty = String(repeating: "long ", count: 50)
        for _ in 0..<20 { short.drawTag(fifty, x: 0, y: 5, color: Self.color) }
        #expect(image.pixels == short.pixels, "the same prefix, truncated at the same position")
    }

    @Test("annotation: labels are optional, sizes follow the image") func labelsAreOptionalAndSizesFollowTheImage() {
        var image = Image(width: 100, height: 100, fill: .black)
        var outlined = image
        let box = Box(minX: 20, minY: 40, maxX: 80, maxY: 90)
        image.annotate([
            BoxAnnotation(box: box, color: Self.color), BoxAnnotation(box: box, label: "", color: Self.color),
        ])
        outlined.outline(box, color: Self.color)
        #expect(image == outlined)
        #expect(Image(width: 200, height: 150, fill: .black).defaultLineWidth == 2)
        #expect(Image(width: 4000, height: 3000, fill: .black).defaultLineWidth == 11)
        #expect(Image(width: 4000, height: 3000, fill: .black).defaultTextSize == 98)
        #expect(Image(width: 100, height: 100, fill: .black).defaultTextSize == 12)
    }
}
