import CVCore
import CVImage
import TestSupport
import Testing

/// Masks: palette and grayscale PNGs whose pixels are class indices.
@Suite struct MaskDecodingTests {
    private func path(_ name: String) -> String { besideTest("Golden/\(name).png").path }

    /// Each color of a palette or gray level has its own value.
    @Test("mask: palette indices and gray values are the classes", arguments: [1, 2, 4, 8], ["", "-interlaced"])
    func indicesStandForTheColors(bits: Int, suffix: String) throws {
        for kind in ["palette", "grey"] {
            let name = "\(kind)\(bits)\(suffix)"
            let mask = try Mask(contentsOf: path(name))
            let image = try Image(contentsOf: path(name))
            #expect(mask.width == image.width && mask.height == image.height)
            var colors: [UInt8: Color] = [:]
            for y in 0..<mask.height {
                for x in 0..<mask.width {
                    let (value, color) = (mask[x, y], image[x, y])
                    #expect(Int(value) < 1 << bits, "\(name)")
                    #expect(colors[value, default: color] == color, "\(name), value \(value)")
                    colors[value] = color
                    // Gray of few bits is scaled to 255 as an image, and not as a mask.
                    if kind == "grey" { #expect(Int(color.red) == Int(value) * 255 / ((1 << bits) - 1)) }
                }
            }
            #expect(colors.count > 1, "\(name)")
        }
    }

    @Test("mask: the transparency of a palette is ignored") func transparencyOfAPalettePlaysNoPart() throws {
        #expect(try Mask(contentsOf: path("palette8-trns")).values.max()! > 0)
    }

    @Test(
        "mask: true color, alpha and 16 bits are errors",
        arguments: ["rgb8", "rgba8", "grey-alpha8", "grey16", "rgb16", "grey16-trns"])
    func whatHasColorsOfItsOwnIsNoMask(name: String) throws {
        let error = #expect(throws: ImageError.self) { try Mask(contentsOf: path(name)) }
        guard case .noMask = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("a palette PNG") == true)
    }

    @Test("mask: a JPEG is an error") func aJPEGIsNoMask() throws {
        let error = #expect(throws: ImageError.self) {
            try Mask(contentsOf: besideTest("Golden/grey.jpg").path)
        }
        #expect(error?.description.contains("not a PNG file") == true)
    }

    @Test(
        "mask: invalid files are errors",
        arguments: ["bad-deflate", "bad-taller", "bad-65500x65500", "bad-0x8", "bad-no-idat"])
    func brokenFilesAreErrors(name: String) {
        #expect(throws: ImageError.self) { try Mask(contentsOf: path(name)) }
    }

    /// Any bytes give a mask or an error.
    @Test("mask: changed bytes give a mask or an error") func changedBytesGiveAMaskOrAnError() throws {
        let bytes = try FileInput.read(path("palette4-interlaced"))
        for seed in 0..<300 {
            var (random, changed) = (SplitMix64(seed: UInt64(seed)), bytes)
            for _ in 0..<3 {
                changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            var options = DecodingOptions(maxPixels: 1 << 16)
            options.allowTruncated = seed % 2 == 0
            if let mask = try? Mask(data: changed, options: options) {
                #expect(mask.values.count == mask.width * mask.height)
            }
        }
    }
}
