@testable import CVImage

extension FuzzTarget {
    /// Decoding of JPEG images, with EXIF and XMP.
    static let jpeg = FuzzTarget(
        name: "jpeg", seeds: jpegSeeds,
        words: { jpegWords }, run: decode)

    static let jpegWords = [
        "Exif\0\0", "II*\0", "MM\0*", "http://ns.adobe.com/xap/1.0/\0", "tiff:Orientation=\"6\"", "Adobe\0", "MPF\0",
        "JFIF\0", "<tiff:Orientation>6</tiff:Orientation>",
    ]

    /// Decoding of PNG images and masks, with EXIF and XMP.
    static let png = FuzzTarget(
        name: "png", seeds: pngSeeds,
        words: {
            [
                "IHDR", "PLTE", "tRNS", "IDAT", "IEND", "eXIf", "tEXt", "zTXt", "iTXt", "iCCP", "gAMA", "cHRM", "sRGB",
                "acTL",
            ]
                + ["Raw profile type exif\0", "XML:com.adobe.xmp\0", "Exif\0\0II*\0", "tiff:Orientation=\"6\""]
        }, repair: Checksums.repairPNG, run: decode)

    /// A changed header may declare a large image, which is legal and slow: these are enough.
    private static let maxPixels = 1 << 18

    private static func decode(_ bytes: [UInt8]) throws {
        var options = DecodingOptions(maxPixels: maxPixels)
        var tolerant = options
        tolerant.allowTruncated = true
        options.applyOrientation = bytes.count % 2 == 0
        try attempt(
            { _ = try ImageInfo(data: bytes) }, { _ = try Image(data: bytes, options: options) },
            { _ = try Image(data: bytes, options: tolerant) }, { _ = try Mask(data: bytes, options: tolerant) })
    }

    // MARK: Seeds

    /// A gradient with some noise in it.
    static func image(_ width: Int, _ height: Int, _ format: Image.Format = .rgb) -> Image {
        let count = width * height * format.rawValue
        let pixels = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 5 ^ $0 >> 3) }
        return Image(width: width, height: height, format: format, pixels: pixels)
    }

    static func jpegSeeds() throws -> [[UInt8]] {
        let plain = try image(16, 12).encoded(as: .jpeg(quality: 60))
        let small = try image(3, 2).encoded(as: .jpeg(quality: 90))
        let exif = Array("Exif\0\0".utf8) + orientation(6)
        let xmp = Array(("http://ns.adobe.com/xap/1.0/\0" + xmp(8)).utf8)
        let adobe = Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 2]
        return [plain, small, jpeg(plain, 0xE1, exif), jpeg(plain, 0xE1, xmp), jpeg(plain, 0xEE, adobe), plain + small]
    }

    /// A JPEG with a segment after its start.
    static func jpeg(_ file: [UInt8], _ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count + 2
        return [0xFF, 0xD8, 0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + content + file.dropFirst(2)
    }

    private static func pngSeeds() throws -> [[UInt8]] {
        let color = try image(9, 7).encoded(as: .png())
        let alpha = try image(5, 5, .rgba).encoded(as: .png())
        let mask = try Mask(width: 8, height: 4, values: (0..<32).map { $0 % 3 }).encodedPNG()
        let raw =
            "Raw profile type exif\0\nexif\n      32\n"
            + orientation(3).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return [
            color, alpha, mask, png(color, "eXIf", orientation(5)),
            png(color, "eXIf", Array("Exif\0\0".utf8) + orientation(5)),
            png(color, "tEXt", Array(raw.utf8)),
            png(color, "iTXt", Array(("XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)).utf8)),
            png(mask, "tRNS", [0, 128]), png(color, "gAMA", [0, 0, 0xB1, 0x8F]),
        ] + [0, 2, 3, 4, 6].flatMap { type in [1, 2, 4, 8, 16].map { header(color, depth: $0, type: type) } }
    }

    /// A PNG with a chunk after its header.
    private static func png(_ file: [UInt8], _ type: String, _ content: [UInt8]) -> [UInt8] {
        let length = (0..<4).map { UInt8(truncatingIfNeeded: content.count >> (24 - 8 * $0)) }
        var bytes = Array(file[..<33]) + length + Array(type.utf8) + content + [0, 0, 0, 0] + file[33...]
        Checksums.repairPNG(&bytes)
        return bytes
    }

    /// The same bytes as samples of another depth and color type, interlaced where they are of 8 bits.
    private static func header(_ file: [UInt8], depth: UInt8, type: UInt8) -> [UInt8] {
        var bytes = file
        bytes.replaceSubrange(24..<26, with: [depth, type])
        bytes[28] = depth == 8 ? 1 : 0
        if type == 3 { return png(bytes, "PLTE", [UInt8](repeating: 99, count: 12)) }
        Checksums.repairPNG(&bytes)
        return bytes
    }

    /// A TIFF structure with an EXIF orientation.
    private static func orientation(_ value: UInt8) -> [UInt8] {
        Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0]
    }

    private static func xmp(_ value: Int) -> String {
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF><rdf:Description tiff:Orientation=\"\(value)\"/></rdf:RDF></x:xmpmeta>"
    }
}
