import CVImage
import Testing

@Suite struct CodecEncodingTests {
    @Test("encoding: PNG is lossless", arguments: [Image.Format.rgb, .rgba], [0, 1, 3, 9])
    func pngKeepsEverySample(_ format: Image.Format, _ compression: Int) throws {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (37, 29)] {
            let image = photograph(width: width, height: height, format: format)
            let bytes = try image.encoded(as: .png(compression: compression))
            #expect(try Image(data: bytes) == image)
        }
    }

    /// Root mean square error in levels, at 4:2:0 up to quality 90 and at 4:4:4 above.
    @Test("encoding: the JPEG error falls with quality") func jpegComesNearerWithQuality() throws {
        let image = photograph(width: 120, height: 90)
        var last = (error: Double.infinity, bytes: 0)
        for quality in [5, 50, 90, 100] {
            let bytes = try image.encoded(as: .jpeg(quality: quality))
            let decoded = try Image(data: bytes)
            let squares = zip(image.pixels, decoded.pixels).map {
                (Double($0) - Double($1)) * (Double($0) - Double($1))
            }
            let error = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
            #expect(error < last.error && bytes.count > last.bytes, "quality \(quality)")
            last = (error, bytes.count)
        }
        #expect(last.error < 1)
    }

    /// The sampling factors of luminance in the frame header: 2×2 or 1×1.
    @Test("encoding: JPEG chroma is subsampled up to quality 90") func colorHasHalfTheResolutionUpTo90() throws {
        let image = photograph(width: 16, height: 16)
        for (quality, factors) in [(1, 0x22), (90, 0x22), (91, 0x11), (100, 0x11)] as [(Int, UInt8)] {
            let bytes = try image.encoded(as: .jpeg(quality: quality))
            let frame = try #require(bytes.firstRange(of: [0xFF, 0xC0]))
            #expect(bytes[frame.upperBound + 9] == factors, "quality \(quality)")
        }
    }

    @Test("encoding: JPEG composites transparency over white") func transparencyIsCompositedOverWhite() throws {
        var image = Image(width: 32, height: 32, format: .rgba, fill: Color(200, 0, 0, 0))
        for y in 0..<32 { for x in 16..<32 { image[x, y] = Color(0, 100, 200, 128) } }
        let flat = image.flattened(over: .white)
        #expect(flat[0, 0] == .white)
        // 0 · 128/255 + 255 · 127/255 = 127; 100 → 177.2; 200 → 227.4
        #expect(flat[20, 5] == Color(127, 177, 227))
        #expect(try image.encoded(as: .jpeg(quality: 90)) == flat.encoded(as: .jpeg(quality: 90)))
    }

    @Test("encoding: parameters out of range are errors") func parametersOutOfRangeAreErrors() throws {
        let image = Image(width: 2, height: 2, fill: .white)
        for format in [
            ImageFileFormat.jpeg(quality: 0), .jpeg(quality: 101), .png(compression: -1), .png(compression: 10),
        ] {
            let error = try #require(throws: ImageError.self) { _ = try image.encoded(as: format) }
            guard case .cannotEncode = error.problem else {
                Issue.record("\(error)")
                continue
            }
        }
    }

    @Test("encoding: an image too long for JPEG is an error and fits PNG") func imageTooLongForJPEGIsAnErrorAndFitsPNG()
        throws
    {
        let image = Image(width: 65501, height: 1, fill: .letterbox)
        let error = try #require(throws: ImageError.self) { _ = try image.encoded(as: .jpeg()) }
        #expect(error.description.contains("65500"))
        #expect(try Image(data: image.encoded(as: .png())) == image)
        let wide = Image(width: 1_000_001, height: 1, fill: .letterbox)
        #expect(try Image(data: wide.encoded(as: .png())) == wide)
    }

    @Test("encoding: suffixes select the format") func suffixesNameFormats() {
        for suffix in ["jpg", "JPEG", "jpe", "jfif"] { #expect(ImageFileFormat(pathExtension: suffix) == .jpeg()) }
        #expect(ImageFileFormat(pathExtension: "Png") == .png())
        for suffix in ["", "gif", "webp", "jpg "] { #expect(ImageFileFormat(pathExtension: suffix) == nil) }
    }
}
