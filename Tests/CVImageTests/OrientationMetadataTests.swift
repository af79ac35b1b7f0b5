import CVCore
import CVImage
import Testing

/// Where an orientation may be stated besides in a plain EXIF block, and what counts: as Pillow's
/// `ImageOps.exif_transpose` (13.0) has it.
@Suite struct OrientationMetadataTests {
    private func orientation(_ bytes: [UInt8]) throws -> Int {
        let orientation = try ImageInfo(data: bytes).orientation
        let stored = try Image(data: bytes, options: DecodingOptions(applyOrientation: false))
        #expect(try Image(data: bytes) == stored.oriented(orientation))
        return orientation.rawValue
    }

    // MARK: JPEG

    private func jpeg(_ segments: [UInt8]...) throws -> [UInt8] {
        let image = try Golden.bytes("sampling-444.jpg")
        let all = segments.flatMap { content -> [UInt8] in
            let length = content.count + 2
            return [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + content
        }
        return image[..<2] + all + image[2...]
    }

    private func exif(_ value: UInt8, count: UInt8 = 1) -> [UInt8] {
        Array("Exif\0\0".utf8) + ExifTests.tiff(value, bigEndian: true, count: count)
    }

    private func xmp(_ text: String) -> [UInt8] { Array("http://ns.adobe.com/xap/1.0/\0\(text)".utf8) }

    @Test("orientation: XMP of a JPEG counts where EXIF says nothing") func xmpOfJPEGCounts() throws {
        #expect(try orientation(jpeg(xmp(#"<rdf tiff:Orientation="6"/>"#))) == 6)
        #expect(try orientation(jpeg(xmp("<tiff:Orientation>8</tiff:Orientation>"))) == 8)
        #expect(try orientation(jpeg(xmp("tiff:Orientation tiff:Orientation=\"3\""))) == 3)
        #expect(try orientation(jpeg(xmp("tiff:Orientation='6'"))) == 1)
        #expect(try orientation(jpeg(xmp(#"tiff:Orientation="9""#))) == 1)
        #expect(try orientation(jpeg(xmp("tiff:Orientation=\""))) == 1)
        #expect(try orientation(jpeg(exif(3), xmp(#"tiff:Orientation="6""#))) == 3)
        #expect(try orientation(jpeg(xmp(#"tiff:Orientation="6""#), exif(3))) == 3)
        // An invalid entry is an entry.
        #expect(try orientation(jpeg(exif(9), xmp(#"tiff:Orientation="6""#))) == 1)
        #expect(try orientation(jpeg(exif(6, count: 2), xmp(#"tiff:Orientation="6""#))) == 1)
    }

    @Test("orientation: an EXIF block may be split, and its prefix written twice") func exifBlocksMayBeSplit() throws {
        let block = exif(6)
        #expect(
            try orientation(jpeg(Array(block.prefix(20)), Array("Exif\0\0".utf8) + block.dropFirst(20))) == 6)
        #expect(try orientation(jpeg(Array("Exif\0\0".utf8) + block)) == 6)
    }

    @Test("decoding: fill bytes may precede any JPEG marker") func fillBytesArePassedOver() throws {
        let plain = try jpeg(exif(6))
        for count in [1, 2, 5] {
            let filled = plain[..<2] + [UInt8](repeating: 0xFF, count: count) + plain[2...]
            #expect(try orientation(Array(filled)) == 6, "\(count)")
            #expect(try Image(data: Array(filled)) == Image(data: plain))
        }
    }

    // MARK: PNG

    private func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }
        let body = Array(type.utf8) + content
        return number(UInt32(content.count)) + body + number(CRC32.checksum(body))
    }

    /// A PNG with these chunks after the header, or before the end.
    private func png(_ chunks: [UInt8], atEnd: Bool = false) throws -> [UInt8] {
        let image = try Golden.bytes("rgb8.png")
        let position = atEnd ? image.count - 12 : 33
        return image[..<position] + chunks + image[position...]
    }

    /// zlib: a stored block.
    private func zlib(_ content: [UInt8]) -> [UInt8] {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in content { (a, b) = ((a + UInt32(byte)) % 65521, (b + a + UInt32(byte)) % 65521) }
        let sum = b << 16 | a
        let count = UInt16(content.count)
        return [0x78, 0x01, 1, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)] + content
            + (0..<4).map { UInt8(sum >> (24 - 8 * $0) & 255) }
    }

    private func profile(_ content: [UInt8], name: String = "exif") -> [UInt8] {
        let digits = content.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let lines = stride(from: 0, to: digits.count, by: 72).map { start in
            String(digits.dropFirst(start).prefix(72)) + "\n"
        }
        return Array("\n\(name)\n      \(content.count)\n\(lines.joined())".utf8)
    }

    @Test("orientation: an eXIf chunk may begin with the prefix of JPEG, and stand at the end") func prefixInPNG()
        throws
    {
        let block = ExifTests.tiff(6, bigEndian: false)
        #expect(try orientation(png(chunk("eXIf", block))) == 6)
        #expect(try orientation(png(chunk("eXIf", block), atEnd: true)) == 6)
        #expect(try orientation(png(chunk("eXIf", exif(8)))) == 8)
    }

    @Test("orientation: a raw profile in a text of a PNG counts without an eXIf chunk") func rawProfilesCount() throws {
        let key = Array("Raw profile type exif\0".utf8)
        let text = profile(exif(6))
        #expect(try orientation(png(chunk("tEXt", key + text))) == 6)
        #expect(try orientation(png(chunk("zTXt", key + [0] + zlib(text)))) == 6)
        #expect(try orientation(png(chunk("iTXt", key + [0, 0, 0, 0] + text))) == 6)
        #expect(try orientation(png(chunk("tEXt", Array("Raw profile type APP1\0".utf8) + profile(exif(5))))) == 5)
        let eXIf = chunk("eXIf", ExifTests.tiff(3, bigEndian: true))
        #expect(try orientation(png(chunk("tEXt", key + text) + eXIf)) == 3)
        for broken in [Array("\nexif\n 2\n4".utf8), Array("\nexif\n 2\n4g".utf8), Array("6".utf8), []] {
            #expect(try orientation(png(chunk("tEXt", key + broken))) == 1)
        }
        #expect(try orientation(png(chunk("zTXt", key + [0] + zlib(text).prefix(9)))) == 1)
        #expect(try orientation(png(chunk("zTXt", key + [1] + zlib(text)))) == 1)
    }

    @Test("orientation: XMP of a PNG counts, compressed or not") func xmpOfPNGCounts() throws {
        let key = Array("XML:com.adobe.xmp\0".utf8)
        let text = Array(#"<x tiff:Orientation="7"/>"#.utf8)
        #expect(try orientation(png(chunk("iTXt", key + [0, 0] + Array("en\0key\0".utf8) + text))) == 7)
        #expect(try orientation(png(chunk("iTXt", key + [1, 0, 0, 0] + zlib(text)))) == 7)
        #expect(try orientation(png(chunk("iTXt", key + [0, 0, 0] + text))) == 1)
        let eXIf = chunk("eXIf", ExifTests.tiff(3, bigEndian: true))
        #expect(try orientation(png(chunk("iTXt", key + [0, 0, 0, 0] + text) + eXIf)) == 3)
    }

    // MARK: A second image

    @Test("decoding: another JPEG behind the first is remarked, one that an index lists is not")
    func imagesBehindAreRemarked() throws {
        func remark(_ bytes: [UInt8]) throws -> String? {
            try Image.reading(bytes, options: DecodingOptions(), name: "a.jpg").remark
        }
        for name in ["sampling-444.jpg", "progressive.jpg", "restart.jpg"] {
            let one = try Golden.bytes(name)
            #expect(try remark(one) == nil)
            #expect(try remark(one + [0, 0, 1] + one) == nil)
            #expect(try remark(one + one)?.hasPrefix("a.jpg: another JPEG follows the first") ?? false, "\(name)")
            #expect(try remark(one + [0, 0] + one) != nil)
            let content = Array("MPF\0".utf8) + [1, 2, 3]
            let listed = one[..<2] + [0xFF, 0xE2, 0, UInt8(content.count + 2)] + content + one[2...]
            #expect(try remark(listed + one) == nil)
        }
    }

    /// The scan of an image of one block, as often as there are blocks, with a marker between each two: all eight kinds.
    @Test("decoding: restart markers of all kinds are inside the image") func restartMarkersAreInside() throws {
        let one = try Image(width: 16, height: 16, fill: Color(200, 90, 30)).encoded(as: .jpeg(quality: 50))
        func position(_ marker: UInt8) throws -> Int {
            try #require(one.indices.dropLast().first { one[$0] == 0xFF && one[$0 + 1] == marker })
        }
        let (frame, header) = (try position(0xC0), try position(0xDA))
        let scan = one[(header + 2 + Int(one[header + 3]))..<one.count - 2]
        var start = Array(one[..<header]) + [0xFF, 0xDD, 0, 4, 0, 1]  // a marker after each block
        (start[frame + 5], start[frame + 6]) = (0, 160)
        var tall = start + one[header..<scan.startIndex]
        for block in 0..<10 { tall += (block == 0 ? [] : [0xFF, 0xD0 + UInt8((block - 1) % 8)]) + scan }
        tall += [0xFF, 0xD9]
        let alone = try Image.reading(tall, options: DecodingOptions(), name: "a.jpg")
        #expect(alone.image.height == 160 && alone.remark == nil)
        #expect(alone.image.cropped(x: 0, y: 144, width: 16, height: 16) == (try Image(data: one)))
        #expect(try Image.reading(tall + one, options: DecodingOptions(), name: "a.jpg").remark != nil)
    }
}
