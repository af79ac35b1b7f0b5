import CVCore
import CVImage
import TestSupport
import Testing

/// Masks: palette and grey PNG whose pixels are numbers.
@Suite struct MaskDecodingTests {
    private func path(_ name: String) -> String { besideTest("Golden/\(name).png").path }

    /// The number of each colour of a palette or level of grey is another, and the same for the same colour.
    @Test(arguments: [1, 2, 4, 8], ["", "-interlaced"]) func indicesStandForTheColors(bits: Int, suffix: String) throws
    {
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
                    // Grey of few bits is stretched to 255 as a picture, and not as a mask.
                    if kind == "grey" { #expect(Int(color.red) == Int(value) * 255 / ((1 << bits) - 1)) }
                }
            }
            #expect(colors.count > 1, "\(name)")
        }
    }

    @Test func transparencyOfAPalettePlaysNoPart() throws {
        #expect(try Mask(contentsOf: path("palette8-trns")).values.max()! > 0)
    }

    @Test(arguments: ["rgb8", "rgba8", "grey-alpha8", "grey16", "rgb16", "grey16-trns"])
    func whatHasColorsOfItsOwnIsNoMask(name: String) throws {
        let error = #expect(throws: ImageError.self) { try Mask(contentsOf: path(name)) }
        guard case .noMask = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("a PNG with a palette") == true)
    }

    @Test func aJPEGIsNoMask() throws {
        let error = #expect(throws: ImageError.self) {
            try Mask(contentsOf: besideTest("Golden/grey.jpg").path)
        }
        #expect(error?.description.contains("no PNG file") == true)
    }

    @Test(arguments: ["bad-deflate", "bad-taller", "bad-65500x65500", "bad-0x8", "bad-no-idat"])
    func brokenFilesAreErrors(name: String) {
        #expect(throws: ImageError.self) { try Mask(contentsOf: path(name)) }
    }

    /// Any bytes give a mask or an error.
    @Test func changedBytesGiveAMaskOrAnError() throws {
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
