import CVCore
import CVImage
import TestSupport
import Testing

@Suite struct JPEGRedactionTests {
    private static let names = Golden.valid(suffix: ".jpg")

    /// Marks a part of a file by a box of one color.
    private func redacted(
        _ file: [UInt8], _ box: Box, removesLocation: Bool = false
    ) throws -> (before: Image, part: Box, file: [UInt8])? {
        guard let redaction = JPEGRedaction(data: file) else { return nil }
        var image = try Image(data: file)
        let before = image
        let parts = image.redact([box], by: .box, margin: 0, color: Color(200, 30, 90))
        return try (before, parts[0], redaction.file(replacing: parts, with: image, removesLocation: removesLocation))
    }

    @Test("JPEG redaction: what is not near the part decodes as before, whatever the kind of file", arguments: names)
    func restStays(name: String) throws {
        let file = try Golden.bytes(name)
        let size = try ImageInfo(data: file)
        let box = Box(
            minX: Float(size.width) / 4, minY: Float(size.height) / 4, maxX: Float(size.width) / 2 + 1,
            maxY: Float(size.height) / 2 + 1)
        guard let (before, part, result) = try redacted(file, box) else {
            #expect(name.hasPrefix("cmyk"))
            return
        }
        let after = try Image(data: result)
        #expect((after.width, after.height) == (before.width, before.height))
        // Units of 32 pixels at most, and one pixel more where chroma is interpolated.
        func isNear(_ x: Int, _ y: Int) -> Bool {
            Float(x) > part.minX - 34 && Float(x) < part.maxX + 34 && Float(y) > part.minY - 34
                && Float(y) < part.maxY + 34
        }
        var differences = 0
        for y in 0..<before.height {
            for x in 0..<before.width where !isNear(x, y) && before[x, y] != after[x, y] { differences += 1 }
        }
        #expect(differences == 0)
        // The part itself has its color, as far as the file's tables allow.
        let middle = after[Int(clamping: (part.minX + part.maxX) / 2), Int(clamping: (part.minY + part.maxY) / 2)]
        let isGray = before.pixels.count > 3 && name.hasPrefix("grey")
        if !isGray { #expect(abs(Int(middle.red) - 200) < 40 && abs(Int(middle.green) - 30) < 40, "\(middle)") }
    }

    @Test("JPEG redaction: without subsampling everything beyond the touched blocks is the same") func blocksAreExact()
        throws
    {
        let image = photograph(width: 203, height: 151)
        let file = try image.encoded(as: .jpeg(quality: 95))
        let (before, _, result) = try #require(
            try redacted(file, Box(minX: 60, minY: 45, maxX: 93, maxY: 71)))
        let after = try Image(data: result)
        for y in 0..<151 {
            for x in 0..<203 where !((56..<96).contains(x) && (40..<72).contains(y)) {
                #expect(before[x, y] == after[x, y], "(\(x), \(y))")
            }
        }
    }

    @Test("JPEG redaction: the part is found in stored images of every orientation", arguments: Orientation.allCases)
    func orientationsAreKept(orientation: Orientation) throws {
        let stored = try Golden.bytes("sampling-444.jpg")
        let tiff = ExifTests.tiff(UInt8(orientation.rawValue), bigEndian: true)
        let file = try ExifTests.jpeg(tiff)
        let (before, part, result) = try #require(
            try redacted(file, Box(minX: 8, minY: 3, maxX: 20, maxY: 9)))
        #expect(before == (try Image(data: stored)).oriented(orientation))
        #expect(try ImageInfo(data: result).orientation == orientation)
        let after = try Image(data: result)
        #expect(abs(Int(after[14, 6].red) - 200) < 40 && abs(Int(after[14, 6].green) - 30) < 40)
        for y in 0..<before.height {
            for x in 0..<before.width where Float(x) > part.maxX + 8 || Float(y) > part.maxY + 8 {
                #expect(before[x, y] == after[x, y], "\(orientation) (\(x), \(y))")
            }
        }
    }

    /// A little-endian TIFF structure with the camera, a position, a maker's note and a preview.
    private var tiff: [UInt8] {
        func entry(_ tag: Int, _ type: UInt8, _ count: UInt8, _ value: [UInt8]) -> [UInt8] {
            [UInt8(tag & 255), UInt8(tag >> 8), type, 0, count, 0, 0, 0] + value
                + [UInt8](repeating: 0, count: 4 - value.count)
        }
        // Directory at 8 (4 entries, 54 bytes); EXIF at 62 (1: 18); position at 80 (1: 18); preview's directory at 98
        // (2: 30); values at 128: camera, note, latitude, preview.
        return Array("II*\0".utf8) + [8, 0, 0, 0] + [4, 0] + entry(0x010F, 2, 8, [128]) + entry(0x0112, 3, 1, [6])
            + entry(0x8769, 4, 1, [62]) + entry(0x8825, 4, 1, [80]) + [98, 0, 0, 0] + [1, 0]
            + entry(0x927C, 7, 12, [136]) + [0, 0, 0, 0] + [1, 0] + entry(2, 5, 1, [148]) + [0, 0, 0, 0] + [2, 0]
            + entry(0x0201, 4, 1, [156]) + entry(0x0202, 4, 1, [7]) + [0, 0, 0, 0] + Array("CAMERA!\0".utf8)
            + Array("MAKERSNOTE!!".utf8) + Array("LATITUDE".utf8) + Array("PREVIEW".utf8)
    }

    private func file(with segments: [(marker: UInt8, content: [UInt8])]) throws -> [UInt8] {
        let image = try Golden.bytes("sampling-444.jpg")
        let added = segments.flatMap { marker, content -> [UInt8] in
            let length = content.count + 2
            return [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + content
        }
        return image[..<2] + added + image[2...]
    }

    @Test(
        "JPEG redaction: previews go, color profile, comment and camera stay; the position on request",
        arguments: [false, true])
    func metadata(removesLocation: Bool) throws {
        let xmp = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
        let file = try file(with: [
            (0xE1, Array("Exif\0\0".utf8) + tiff), (0xE0, Array("JFXX\0PREVIEW".utf8)),
            (0xE1, xmp + Array("<x>a city</x>".utf8)), (0xE1, xmp + Array("<xmpGImg:image>PREVIEW".utf8)),
            (0xED, Array("Photoshop 3.0\0PREVIEW".utf8)), (0xE2, Array("MPF\0PREVIEW".utf8)),
            (0xE2, Array("ICC_PROFILE\0\u{1}\u{1}COLORS".utf8)), (0xFE, Array("a comment".utf8)),
        ])
        let box = Box(minX: 2, minY: 2, maxX: 9, maxY: 9)
        let result = try #require(try redacted(file, box, removesLocation: removesLocation)).file
        func holds(_ text: String) -> Bool { result.firstRange(of: Array(text.utf8)) != nil }
        #expect(!holds("PREVIEW") && !holds("MAKERSNOTE"))
        #expect(holds("CAMERA!") && holds("COLORS") && holds("a comment"))
        #expect(holds("LATITUDE") == !removesLocation)
        #expect(holds("a city") == !removesLocation)
        #expect(try ImageInfo(data: result).orientation == .right)
    }

    @Test("JPEG redaction: PNG and CMYK are not replaced in part, nor is rubbish") func otherFiles() throws {
        #expect(JPEGRedaction(data: try Golden.bytes("1x1.png")) == nil)
        #expect(JPEGRedaction(data: try Golden.bytes("cmyk-adobe2.jpg")) == nil)
        #expect(JPEGRedaction(data: [0xFF, 0xD8, 0xFF, 0xE0]) == nil)
        #expect(JPEGRedaction(data: []) == nil)
    }

    @Test("JPEG redaction: a quantization step of 0 is an error, not a division by it", arguments: [0, 5, 63])
    func stepOfZero(position: Int) throws {
        var file = try photograph(width: 40, height: 24).encoded(as: .jpeg(quality: 60))
        let table = try #require(file.firstRange(of: [0xFF, 0xDB, 0x00, 0x43, 0x00]))
        file[table.upperBound + position] = 0
        #expect(throws: ImageError.self) { try redacted(file, Box(minX: 2, minY: 2, maxX: 9, maxY: 9)) }
    }

    @Test("JPEG redaction: any changed byte of the file gives a file or a typed error") func changedBytes() throws {
        var random = SplitMix64(seed: 5)
        let files = try [file(with: [(0xE1, Array("Exif\0\0".utf8) + tiff)]), Golden.bytes("progressive.jpg")]
        for file in files {
            for index in stride(from: 0, to: file.count, by: sampleStep) {
                var changed = file
                changed[index] = UInt8.random(in: 0...255, using: &random)
                let options = DecodingOptions(maxPixels: 1 << 18, allowTruncated: true)
                guard let redaction = JPEGRedaction(data: changed, options: options),
                    var image = try? Image(data: changed, options: options)
                else { continue }
                let parts = image.redact([Box(minX: 1, minY: 1, maxX: 12, maxY: 12)], by: .box)
                do throws(ImageError) { _ = try redaction.file(replacing: parts, with: image) } catch {
                    #expect(!error.description.isEmpty)
                }
            }
        }
    }
}
