import CVImage
import Testing

/// Valid images of every kind, against Pillow or the samples they were made of (`Tools/make_bad_images.py`).
@Suite struct CodecDecodingTests {
    @Test("decoding: golden files are present") func goldenFilesAreThere() {
        #expect(Golden.valid(suffix: ".jpg").count >= 19)
        #expect(Golden.valid(suffix: ".png").count >= 60)
    }

    /// Two levels: versions of libjpeg round differently. The largest measured difference is within that.
    @Test("decoding: JPEG equals Pillow within two levels", arguments: Golden.valid(suffix: ".jpg"))
    func jpegIsWhatPillowReads(_ name: String) throws {
        let image = try Image(contentsOf: Golden.folder + name)
        let difference = try #require(largestDifference(image, Golden.expected(name)))
        #expect(difference <= 2)
    }

    @Test(
        "decoding: CMYK is neither darker nor lighter than Pillow's on the whole",
        arguments: ["adobe0", "adobe1", "adobe2", "plain"])
    func inksAreRounded(_ name: String) throws {
        let image = try Image(contentsOf: Golden.folder + "cmyk-\(name).jpg")
        let expected = try Golden.expected("cmyk-\(name).jpg")
        let difference = zip(image.pixels, expected.pixels).reduce(0) { $0 + Int($1.0) - Int($1.1) }
        #expect(abs(Double(difference)) < 0.2 * Double(image.pixels.count))
    }

    @Test("decoding: PNG is exact", arguments: Golden.valid(suffix: ".png"))
    func pngIsExact(_ name: String) throws {
        let image = try Image(contentsOf: Golden.folder + name)
        #expect(try largestDifference(image, Golden.expected(name)) == 0)
    }

    @Test("decoding: a palette index out of range is black or an error") func indexBeyondThePaletteIsBlackOrAnError()
        throws
    {
        guard let image = try? Image(data: Golden.bytes("odd-index.png")) else { return }
        #expect(image[0, 0] == Color(0, 1, 2))
        #expect(image[7, 7] == .black)
    }

    @Test("image info: the header has size, format and orientation") func headerTellsSizeWithoutDecoding() throws {
        let info = try ImageInfo(contentsOf: Golden.folder + "orientation-6.png")
        #expect((info.width, info.height, info.orientation) == (3, 5, .right))
        #expect(info.container == .png)
        let stored = try ImageInfo(
            contentsOf: Golden.folder + "orientation-6.png", options: DecodingOptions(applyOrientation: false))
        #expect((stored.width, stored.height, stored.format) == (5, 3, .rgb))
        #expect(try ImageInfo(contentsOf: Golden.folder + "cmyk-adobe2.jpg").format == .rgb)
        #expect(try ImageInfo(contentsOf: Golden.folder + "grey4-trns.png").format == .rgba)
    }

    @Test("decoding: truncated files decode partly if allowed") func damagedDataDecodeAsFarAsTheyGoWhenAllowed() throws
    {
        let options = DecodingOptions(allowTruncated: true)
        let image = photograph(width: 300, height: 200)
        for format in [ImageFileFormat.jpeg(quality: 95), .png()] {
            let bytes = try image.encoded(as: format)
            let whole = try Image(data: bytes)
            let part = try Image(data: Array(bytes[..<(bytes.count * 3 / 4)]), options: options)
            #expect((part.width, part.height) == (whole.width, whole.height))
            let half = whole.stride * whole.height / 2
            #expect(part.pixels[..<half] == whole.pixels[..<half], "\(format)")
            #expect(part != whole)
        }
    }
}
