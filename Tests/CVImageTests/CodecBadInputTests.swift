import CVCore
import CVImage
import Foundation
import Testing

/// Invalid files give the expected error, which names the file.
@Suite struct CodecBadInputTests {
    @Test("decoding: other file formats are named in the error") func bytesOfOtherFormatsAreNamed() throws {
        let cases: [(bytes: [UInt8], words: String)] = [
            ([], "it is empty"),
            (Array("hello, world\n".utf8), "it looks like text"),
            (Array("GIF89a....".utf8), "GIF"),
            (Array("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ".utf8), "WebP"),
            (Array("II*\0\u{8}\0\0\0".utf8), "TIFF"),
            (Array("BM".utf8) + [UInt8](repeating: 0, count: 60), "BMP"),
            ([0, 0, 0, 24] + Array("ftypheic\0\0\0\0".utf8), "HEIC"),
            ([0, 0, 0, 24] + Array("ftypisom\0\0\0\0".utf8), "video"),
            (Array("%PDF-1.7".utf8), "PDF"),
            ([1, 2, 0xAB], "it starts with the bytes 01 02 AB"),
            ([0xFF, 0xD8], "it ends within the signature"),
            ([0x89, 0x50], "it ends within the signature"),
        ]
        for (bytes, words) in cases {
            let error = try #require(throws: ImageError.self) { _ = try Image(data: bytes, name: "a.jpg") }
            guard case .unrecognized = error.problem else {
                Issue.record("\(error)")
                continue
            }
            #expect(error.description.hasPrefix("a.jpg: is not a JPEG or PNG image: "))
            #expect(error.description.contains(words), "\(error)")
        }
    }

    /// The header alone would require 12 GB, or more than 2^62 pixels: an attempt to allocate them would end the
    /// process.
    @Test("decoding: huge images are refused before allocation") func hugeImagesAreRefusedBeforeAllocation() throws {
        for (name, side) in [("bad-65500x65500.jpg", 65500), ("bad-65500x65500.png", 65500)] {
            let expected = ImageError.Problem.tooLarge(width: side, height: side, limit: 178_000_000)
            #expect(try problem(decoding: Golden.bytes(name)) == expected)
        }
        let side = Int(Int32.max)
        let expected = ImageError.Problem.tooLarge(width: side, height: side, limit: 178_000_000)
        #expect(try problem(decoding: Golden.bytes("bad-2147483647.png")) == expected)
        #expect(
            try problem(decoding: Golden.bytes("bad-2147483647.png"), DecodingOptions(maxPixels: .max))
                == .tooLarge(width: side, height: side, limit: 1 << 40))
        let small = DecodingOptions(maxPixels: 37 * 29 - 1)
        #expect(
            try problem(decoding: Golden.bytes("grey.jpg"), small)
                == .tooLarge(width: 37, height: 29, limit: 37 * 29 - 1))
        #expect(try problem(decoding: Golden.bytes("grey.jpg"), DecodingOptions(maxPixels: 37 * 29)) == nil)
    }

    @Test("decoding: the number of JPEG scans is limited") func scansAreLimited() throws {
        let bomb = try Golden.bytes("bad-scans.jpg")
        #expect(try problem(decoding: bomb) == .tooManyScans(limit: 100))
        // The scans themselves are legal: it is their number that is refused.
        #expect(try problem(decoding: bomb, DecodingOptions(maxScans: 2000)) == nil)
        #expect(
            try problem(decoding: Golden.bytes("progressive.jpg"), DecodingOptions(maxScans: 3))
                == .tooManyScans(limit: 3))
    }

    @Test("decoding: exactly as many scans as the limit are decoded") func asManyScansAsTheLimit() throws {
        let bytes = try Golden.bytes("progressive.jpg")
        let count = Int32(zip(bytes, bytes.dropFirst()).count { $0 == (0xFF, 0xDA) })
        #expect(count > 3)
        #expect(try problem(decoding: bytes, DecodingOptions(maxScans: Int(count))) == nil)
        #expect(
            try problem(decoding: bytes, DecodingOptions(maxScans: Int(count) - 1))
                == .tooManyScans(limit: Int(count) - 1))
    }

    @Test("decoding: unsupported kinds of JPEG are reported as such", arguments: ["bad-12bit.jpg", "bad-lossless.jpg"])
    func kindsOfJPEGThatAreNotDecodedAreCalledSo(_ name: String) throws {
        guard case .unsupported = try problem(decoding: Golden.bytes(name)) else {
            Issue.record("\(String(describing: try problem(decoding: Golden.bytes(name))))")
            return
        }
    }

    @Test(
        "decoding: invalid files are reported as corrupt",
        arguments: [
            "bad-0x0.jpg", "bad-no-tables.jpg", "bad-tables-only.jpg", "bad-0x8.png", "bad-depth.png", "bad-kind.png",
            "bad-taller.png", "bad-no-idat.png", "bad-no-palette.png", "bad-deflate.png",
        ])
    func contradictionsAreCorrupt(_ name: String) throws {
        guard case .corrupt(let reason) = try problem(decoding: Golden.bytes(name)) else {
            Issue.record("\(String(describing: try problem(decoding: Golden.bytes(name))))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test("decoding: the checksum of every PNG chunk is verified") func checksumOfEveryPNGChunkCounts() throws {
        let bytes = try Golden.bytes("palette4-trns.png")
        var offset = 8
        var chunks = 0
        while offset < bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            offset += 12 + length
            var broken = bytes
            broken[offset - 1] ^= 1
            guard case .corrupt = try problem(decoding: broken) else {
                Issue.record("the chunk that ends at \(offset) of \(bytes.count)")
                continue
            }
            chunks += 1
        }
        #expect(chunks == 5)
    }

    @Test("decoding: the error names the file on one line") func messageNamesTheFileOnOneLine() throws {
        let path = NSTemporaryDirectory() + "cvimage-\(UUID().uuidString)\nline.png"
        try FileOutput.write(Array("not an image".utf8), to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = try #require(throws: ImageError.self) { _ = try Image(contentsOf: path) }
        #expect(error.description.contains("\\nline.png: is not a JPEG or PNG image: it looks like text"))
        #expect(!error.description.contains("\n"))
    }
}
