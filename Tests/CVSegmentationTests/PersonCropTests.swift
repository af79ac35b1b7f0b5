import CVDetection
import CVImage
import CVSegmentation
import TestSupport
import Testing

/// Several persons, and small ones: the network runs on a crop of each, and the mattes are merged.
@Suite struct PersonCropTests {
    private func sample(_ name: String) throws -> Image {
        try Image(contentsOf: packageFolder.appending(path: "SampleImages/\(name).jpg").path)
    }

    private func person(_ box: Box, _ confidence: Float = 0.9) -> Detection {
        Detection(label: "person", classIndex: 0, confidence: confidence, box: box)
    }

    /// The mean alpha where the matte of the single image is sure of the person.
    private func meanAlpha(_ matte: Matte, columns: Range<Int>, where truth: Matte) -> Double {
        var (sum, count) = (0, 0)
        for y in 0..<truth.alpha.height {
            for x in 0..<truth.alpha.width where truth.alpha.values[y * truth.alpha.width + x] > 250 {
                sum += Int(matte.alpha.values[y * matte.alpha.width + columns.lowerBound + x])
                count += 1
            }
        }
        return Double(sum) / 255 / Double(max(count, 1))
    }

    @Test("person crops: two persons side by side are both covered") func twoPersonsAreCovered() throws {
        let portrait = try sample("portrait")
        var two = Image(width: 1024, height: 512, fill: .black)
        two.paste(portrait, x: 0, y: 0)
        two.paste(portrait.flippedHorizontally(), x: 512, y: 0)
        var segmenter = try PersonSegmenter()
        segmenter.crops = .never
        let (left, right) = (try segmenter(portrait), try segmenter(portrait.flippedHorizontally()))
        let whole = try segmenter(two)
        segmenter.crops = .automatic
        let both = try segmenter(two)
        #expect(meanAlpha(both, columns: 0..<512, where: left) > 0.95)
        #expect(meanAlpha(both, columns: 512..<1024, where: right) > 0.9)
        // The images do need it.
        #expect(meanAlpha(whole, columns: 0..<512, where: left) < 0.7)
        #expect(zip(both.alpha.values, whole.alpha.values).allSatisfy { $0 >= $1 })
    }

    @Test(
        "person crops: a person who fills the image has the matte of the whole image",
        arguments: ["portrait", "moonwalk"])
    func onePersonNeedsNone(_ name: String) throws {
        let image = try sample(name)
        var segmenter = try PersonSegmenter()
        let automatic = try segmenter(image)
        segmenter.crops = .never
        let whole = try segmenter(image)
        #expect(!automatic.isEmpty && automatic == whole)
    }

    @Test("person crops: which persons have one") func whichPersonsHaveOne() throws {
        var segmenter = try PersonSegmenter()
        let large = Box(minX: 100, minY: 50, maxX: 420, maxY: 480)
        let small = Box(minX: 500, minY: 300, maxX: 540, maxY: 400)
        func count(_ persons: Detection...) -> Int { segmenter.crops(for: persons, width: 640, height: 480).count }
        #expect(count() == 0 && count(person(large)) == 0)
        #expect(count(person(small)) == 1 && count(person(large), person(small)) == 2)
        // Candidates that only say where a face may be.
        #expect(count(person(small, 0.09)) == 0 && count(person(large), person(small, 0.09)) == 0)
        segmenter.crops = .always
        #expect(count(person(large)) == 1)
        segmenter.crops = .never
        #expect(count(person(small), person(large)) == 0)
    }

    @Test("person crops: a square with a quarter of the longer side around the box, inside the image")
    func cropIsASquareInsideTheImage() {
        let box = Box(minX: 300, minY: 200, maxX: 340, maxY: 300)
        let crop = PersonCrop(person: box, width: 640, height: 480)
        #expect(crop.frame == Box(minX: 245, minY: 175, maxX: 395, maxY: 325))
        let corner = PersonCrop(person: Box(minX: 0, minY: 0, maxX: 40, maxY: 100), width: 640, height: 480)
        #expect(corner.frame == Box(minX: 0, minY: 0, maxX: 95, maxY: 125))
    }

    @Test("person crops: the border of a crop is no edge in the matte") func borderOfACropIsNoEdge() {
        let box = Box(minX: 60, minY: 60, maxX: 100, maxY: 100)
        let crop = PersonCrop(person: box, width: 200, height: 200)
        let (width, height) = (Int(crop.frame.width), Int(crop.frame.height))
        let full = Matte(
            alpha: Mask(width: width, height: height, values: .init(repeating: 255, count: width * height)))
        var alpha = [UInt8](repeating: 7, count: 200 * 200)
        crop.add(full, to: &alpha, width: 200, height: 200)
        func at(_ x: Int, _ y: Int) -> Int { Int(alpha[y * 200 + x]) }
        // 10 pixels around the box: the inner 5 are whole, the outer 5 fade.
        #expect(crop.frame == Box(minX: 50, minY: 50, maxX: 110, maxY: 110))
        #expect(at(80, 80) == 255 && at(55, 80) == 255 && at(104, 104) == 255)
        #expect(at(49, 80) == 7 && at(110, 80) == 7)
        for x in 49..<55 { #expect((0...52).contains(at(x + 1, 80) - at(x, 80)), "\(x)") }
        // Where the crop ends with the image there is nothing to fade into.
        let corner = PersonCrop(person: Box(minX: 0, minY: 0, maxX: 40, maxY: 40), width: 200, height: 200)
        var second = [UInt8](repeating: 0, count: 200 * 200)
        let square = Matte(alpha: Mask(width: 50, height: 50, values: .init(repeating: 255, count: 2500)))
        corner.add(square, to: &second, width: 200, height: 200)
        #expect(second[0] == 255 && second[49] < 60)
    }

    /// The middle of the side at the border of the image, and of the two sides beside it.
    @Test(
        "person crops: a side at the border of the image is whole, the sides beside it fade",
        arguments: [
            (Box(minX: 0, minY: 80, maxX: 40, maxY: 120), (0, 100), [(20, 70), (20, 129)]),
            (Box(minX: 80, minY: 0, maxX: 120, maxY: 40), (100, 0), [(70, 20), (129, 20)]),
            (Box(minX: 160, minY: 80, maxX: 200, maxY: 120), (199, 100), [(180, 70), (180, 129)]),
            (Box(minX: 80, minY: 160, maxX: 120, maxY: 200), (100, 199), [(70, 180), (129, 180)]),
        ])
    func eachSideFadesByItself(_ person: Box, whole: (Int, Int), fading: [(Int, Int)]) {
        let crop = PersonCrop(person: person, width: 200, height: 200)
        let (width, height) = (Int(crop.frame.width), Int(crop.frame.height))
        let full = Mask(width: width, height: height, values: .init(repeating: 255, count: width * height))
        var alpha = [UInt8](repeating: 0, count: 200 * 200)
        crop.add(Matte(alpha: full), to: &alpha, width: 200, height: 200)
        #expect(alpha[whole.1 * 200 + whole.0] == 255)
        for (x, y) in fading { #expect((1...60).contains(alpha[y * 200 + x])) }
    }
}
