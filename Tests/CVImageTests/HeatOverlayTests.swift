import CVImage
import Testing

@Suite struct HeatOverlayTests {
    private let dark = Color(24, 12, 60), light = Color(252, 255, 164)

    @Test("heat overlay: each value colors its cell") func eachValueColorsItsPartOfTheImage() {
        var image = Image(width: 40, height: 20, fill: .black)
        image.overlay(
            heat: [0, 1], columns: 2, rows: 1, frame: Box(minX: 0, minY: 0, maxX: 40, maxY: 20), opacity: 1)
        // Up to the centers of the cells the colors are constant, between them they are interpolated.
        #expect(image[0, 0] == dark && image[9, 19] == dark && image[30, 0] == light && image[39, 19] == light)
        let brightness = (10..<30).map { image[$0, 10].luminance }
        #expect(brightness == brightness.sorted())
        #expect(image[15, 3] == image[15, 17])
    }

    @Test("heat overlay: the image outside the frame is gray at half brightness")
    func whatIsOutsideTheFrameIsGrayAndHalfAsBright() {
        var image = Image(width: 30, height: 10, fill: Color(240, 120, 60))
        image.overlay(
            heat: [1], columns: 1, rows: 1, frame: Box(minX: 10, minY: -50, maxX: 20, maxY: 60), opacity: 0.5)
        #expect(image[9, 5] == Color(70, 70, 70) && image[20, 5] == Color(70, 70, 70))
        let (mixed, own) = (image[10, 5], Color(240, 120, 60))
        #expect(abs(Int(mixed.red) - (Int(own.red) + Int(light.red)) / 2) <= 1)
        #expect(abs(Int(mixed.blue) - (Int(own.blue) + Int(light.blue)) / 2) <= 1)
    }

    @Test("heat overlay: any number is valid") func anyNumberWillDo() {
        var image = Image(width: 9, height: 9, format: .rgba, fill: Color(9, 9, 9, 200))
        image.overlay(
            heat: [.nan, .infinity, -.infinity, -1, 2, 0.5, .greatestFiniteMagnitude, 0, .nan], columns: 3, rows: 3,
            frame: Box(minX: 0, minY: 0, maxX: 9, maxY: 9), opacity: 1)
        #expect(image[0, 0] == dark)
        #expect(image[4, 4] == light)
    }
}
