import CVImage
import Testing

/// The orientation in a JPEG's APP1 and a PNG's eXIf. `CodecDecodingTests` compares PNGs with the values 0 to 9 with
/// Pillow (orientation-*.png).
@Suite struct ExifTests {
    /// A TIFF structure with one directory, whose second entry is Orientation.
    static func tiff(_ value: UInt8, bigEndian: Bool, type: UInt8 = 3, count: UInt8 = 1) -> [UInt8] {
        func number(_ value: UInt8, _ bytes: Int) -> [UInt8] {
            let zeros = [UInt8](repeating: 0, count: bytes - 1)
            return bigEndian ? zeros + [value] : [value] + zeros
        }
        let size = type == 3 ? 2 : 4
        let make: [UInt8] = (bigEndian ? [0x01, 0x0F] : [0x0F, 0x01]) + number(2, 2) + number(1, 4) + number(0, 4)
        let orientation =
            (bigEndian ? [0x01, 0x12] : [0x12, 0x01]) + number(type, 2) + number(count, 4) + number(value, size)
        let start = Array((bigEndian ? "MM" : "II").utf8) + number(42, 2) + number(8, 4) + number(2, 2)
        return start + make + orientation + [UInt8](repeating: 0, count: 4 - size) + number(0, 4)
    }

    /// The image with an EXIF segment after the start of image.
    static func jpeg(_ tiff: [UInt8]) throws -> [UInt8] {
        let image = try Golden.bytes("sampling-444.jpg")
        let content = Array("Exif\0\0".utf8) + tiff
        let length = content.count + 2
        return image[..<2] + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + content + image[2...]
    }

    @Test("EXIF: the orientation of a JPEG is applied", arguments: Orientation.allCases, [true, false])
    func exifOrientationOfJPEGIsApplied(_ orientation: Orientation, _ bigEndian: Bool) throws {
        let stored = try Image(contentsOf: Golden.folder + "sampling-444.jpg")
        for type: UInt8 in [3, 4] {
            let bytes = try Self.jpeg(Self.tiff(UInt8(orientation.rawValue), bigEndian: bigEndian, type: type))
            #expect(try Image(data: bytes) == stored.oriented(orientation))
            #expect(try ImageInfo(data: bytes).orientation == orientation)
            #expect(try Image(data: bytes, options: DecodingOptions(applyOrientation: false)) == stored)
        }
    }

    /// The position of the stored top left corner and its right neighbor, by the definitions of EXIF 2.32 (4.6.4 A).
    @Test("EXIF: orientations match the standard") func orientationsAreThoseOfTheStandard() {
        for format in [Image.Format.rgb, .rgba] {
            var stored = Image(width: 70, height: 41, format: format, fill: .black)
            let (corner, right) = (Color(1, 2, 3), Color(4, 5, 6))
            stored[0, 0] = corner
            stored[1, 0] = right
            let (w, h) = (69, 40)
            let positions: [Orientation: (corner: (Int, Int), right: (Int, Int))] = [
                .up: ((0, 0), (1, 0)), .upMirrored: ((w, 0), (w - 1, 0)), .down: ((w, h), (w - 1, h)),
                .downMirrored: ((0, h), (1, h)), .leftMirrored: ((0, 0), (0, 1)), .right: ((h, 0), (h, 1)),
                .rightMirrored: ((h, w), (h, w - 1)), .left: ((0, w), (0, w - 1)),
            ]
            for (orientation, position) in positions {
                let upright = stored.oriented(orientation)
                #expect(upright.width == (orientation.swapsSides ? 41 : 70))
                #expect(upright[position.corner.0, position.corner.1] == corner, "\(orientation)")
                #expect(upright[position.right.0, position.right.1] == right, "\(orientation)")
            }
        }
    }

    @Test("orientation: inverse transforms restore the image") func turningTwiceTheOppositeWayGivesTheSameImage() {
        let image = photograph(width: 131, height: 67, format: .rgba)
        #expect(image.oriented(.right).oriented(.left) == image)
        #expect(image.oriented(.right).oriented(.right) == image.oriented(.down))
        for orientation in [Orientation.upMirrored, .down, .downMirrored, .leftMirrored, .rightMirrored] {
            #expect(image.oriented(orientation).oriented(orientation) == image)
        }
    }

    @Test("EXIF: invalid orientations are ignored") func invalidOrientationsAreIgnored() throws {
        var blocks = [[], Array("MM".utf8), Array("garbage and more garbage".utf8)]
        for value: UInt8 in [0, 9, 255] { blocks.append(Self.tiff(value, bigEndian: true)) }
        blocks.append(Self.tiff(6, bigEndian: true, type: 2))  // text
        blocks.append(Self.tiff(6, bigEndian: true, count: 2))  // two numbers
        var wrongOrder = Self.tiff(6, bigEndian: true)
        wrongOrder.replaceSubrange(0..<4, with: "II*\0".utf8)
        blocks.append(wrongOrder)
        for block in blocks { #expect(try ImageInfo(data: Self.jpeg(block)).orientation == .up) }
    }

    /// Every 32-bit field of the block set to out-of-range values, and every prefix of it.
    @Test("EXIF: hostile offsets stay in bounds") func hostileOffsetsStayInBounds() throws {
        for bigEndian in [true, false] {
            let block = Self.tiff(6, bigEndian: bigEndian)
            for start in 0...(block.count - 4) {
                for value: [UInt8] in [[255, 255, 255, 255], [127, 255, 255, 255], [0, 0, 0, 30], [30, 0, 0, 0]] {
                    var hostile = block
                    hostile.replaceSubrange(start..<start + 4, with: value)
                    let info = try ImageInfo(data: Self.jpeg(hostile))
                    #expect((info.width, info.height) == (37, 29) || info.orientation.swapsSides)
                }
            }
            for count in block.indices {
                let orientation = try ImageInfo(data: Self.jpeg(Array(block[..<count]))).orientation
                // The number itself ends six bytes before the block does.
                #expect(orientation == (count >= block.count - 6 ? .right : .up), "\(count) of \(block.count)")
            }
        }
    }

    /// A segment whose length runs past the end, and one too short for a length.
    @Test("EXIF: invalid segment lengths are not followed") func brokenSegmentsAreNotFollowed() throws {
        let start: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE1]
        for rest: [UInt8] in [[], [0], [0, 0], [0, 1, 2, 3], [255, 255] + Array("Exif\0\0MM\0*".utf8)] {
            #expect(throws: ImageError.self) { try Image(data: start + rest) }
        }
    }
}
