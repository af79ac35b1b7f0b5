import CVImage
import Foundation
import TestSupport
import Testing

@Suite struct MaskFileTests {
    private let mask = Mask(width: 16, height: 17, values: (0..<272).map { UInt8($0 % 256) })

    @Test("mask file: a grayscale PNG has the values") func grayPNGHasTheValues() throws {
        for compression in [0, 3, 9] {
            let image = try Image(data: mask.encodedPNG(compression: compression))
            #expect(image.format == .rgb)
            #expect((0..<272).allSatisfy { image.pixels[3 * $0] == mask.values[$0] })
        }
        #expect(throws: ImageError.self) { try mask.encodedPNG(compression: 10) }
    }

    @Test("mask file: an indexed PNG has the palette") func indexedPNGHasTheColorsOfItsPalette() throws {
        let colors = (0..<20).map { Palette.color(forClass: $0) }
        let bytes = try mask.encodedPNG(.palette(colors))
        // The header says 8 bits, and that they are indices.
        #expect(Array(bytes[24...25]) == [8, 3])
        let image = try Image(data: bytes)
        for (index, value) in mask.values.enumerated() {
            let color = Int(value) < 20 ? colors[Int(value)] : Color(value, value, value)
            #expect(image[index % 16, index / 16] == color)
        }
    }

    @Test("mask file: existing files need overwrite") func fileIsNotOverwritten() throws {
        let path = NSTemporaryDirectory() + "mask-\(UUID().uuidString).png"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try mask.write(to: path)
        #expect(throws: (any Error).self) { try mask.write(to: path, as: .palette([])) }
        try mask.write(to: path, as: .palette([.black, .white]), overwrite: true)
        #expect(try Image(contentsOf: path)[1, 0] == .white)
    }
}

@Suite struct ColorNameTests {
    @Test(
        "color name: names and hexadecimal numbers are parsed",
        arguments: [
            ("white", Color.white), ("BLACK", .black), ("#20a0ff", Color(32, 160, 255)), ("#F80", Color(255, 136, 0)),
            ("Gray", Color(128, 128, 128)), ("grey", Color(128, 128, 128)),
        ]) func namesAndNumbersAreUnderstood(_ text: String, _ color: Color)
    {
        #expect(Color(text: text) == color)
    }

    @Test(
        "color name: other text is rejected",
        arguments: ["", "#", "#12", "#12345", "#1234567", "#ggg", "whit", "#１２３", "20a0ff"])
    func anythingElseIsNoColor(_ text: String) { #expect(Color(text: text) == nil) }
}

@Suite struct LegendTests {
    @Test("legend: is in the lower left and shows its colors") func legendIsInTheLowerLeftAndNamesItsColors() {
        var image = Image(width: 400, height: 300, fill: .white)
        image.drawLegend([LegendEntry("road", color: Color(200, 0, 0)), LegendEntry("sky", color: Color(0, 0, 200))])
        func has(_ color: Color) -> Bool {
            (0..<400 * 300).contains { image[$0 % 400, $0 / 400] == color }
        }
        #expect(has(Color(200, 0, 0)) && has(Color(0, 0, 200)))
        #expect((0..<150).allSatisfy { y in (0..<400).allSatisfy { image[$0, y] == .white } })
    }

    @Test(
        "legend: any number of entries and any size are valid", arguments: [(1, 1), (17, 513), (513, 17), (200, 100)])
    func anyNumberOfEntriesAndAnySizeWillDo(
        _ width: Int, _ height: Int
    ) {
        var image = Image(width: width, height: height, fill: .white)
        image.drawLegend((0..<300).map { LegendEntry("class \($0)", color: Palette.color(forClass: $0)) })
        #expect(image.width == width)
    }
}

@Suite struct FlatteningTests {
    @Test("flattening: an image is composited over another") func imageIsCompositedOverAnother() {
        let above = Image(
            width: 3, height: 1, format: .rgba, pixels: [200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51])
        let below = Image(width: 3, height: 1, fill: Color(0, 50, 250))
        #expect(above.flattened(over: below).pixels == [200, 100, 0, 0, 50, 250, 40, 60, 200])
        #expect(above.flattened(over: below) == above.flattened(over: Color(0, 50, 250)))
        #expect(below.flattened(over: above) == below)
    }
}
