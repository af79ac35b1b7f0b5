import CVCore
import CVImage
import Foundation
import Testing

@Suite("Images of pixels in memory") struct ImagePixelsTests {
    /// 3 × 2 pixels whose samples all differ, in any layout, as the definition has it.
    private func pixel(_ index: Int, _ layout: PixelLayout) -> (bytes: [UInt8], color: Color) {
        let (red, green, blue, alpha) = (UInt8(10 + index), UInt8(60 + index), UInt8(120 + index), UInt8(200 + index))
        return switch layout {
        case .rgb: ([red, green, blue], Color(red, green, blue))
        case .rgba: ([red, green, blue, alpha], Color(red, green, blue, alpha))
        case .bgra: ([blue, green, red, alpha], Color(red, green, blue, alpha))
        case .gray: ([red], Color(red, red, red))
        }
    }

    @Test("Every layout, with and without a gap between rows", arguments: PixelLayout.allCases)
    func layouts(_ layout: PixelLayout) throws {
        for gap in [0, 1, 7] {
            let rows = (0..<2).map { y in (0..<3).flatMap { pixel(3 * y + $0, layout).bytes } }
            let bytes = rows[0] + [UInt8](repeating: 77, count: gap) + rows[1]
            let stride = gap > 0 ? rows[0].count + gap : nil
            let image = try Image(pixels: bytes, width: 3, height: 2, format: layout, bytesPerRow: stride)
            #expect(image.format == (layout == .rgba || layout == .bgra ? .rgba : .rgb))
            for index in 0..<6 { #expect(image[index % 3, index / 3] == pixel(index, layout).color) }
            let sliced = try Image(
                pixels: ([1, 2] + bytes + [3]).dropFirst(2), width: 3, height: 2, format: layout, bytesPerRow: stride)
            let data = try Image(pixels: Data(bytes), width: 3, height: 2, format: layout, bytesPerRow: stride)
            let lazy = try Image(
                pixels: bytes.lazy.map { $0 }, width: 3, height: 2, format: layout, bytesPerRow: stride)
            let pointed = try bytes.withUnsafeBytes {
                try Image(pixels: $0, width: 3, height: 2, format: layout, bytesPerRow: stride)
            }
            #expect([sliced, data, lazy, pointed].allSatisfy { $0 == image })
        }
    }

    @Test("What does not fit is an error, and nothing is read or allocated", arguments: PixelLayout.allCases)
    func badSizes(_ layout: PixelLayout) {
        func error(_ count: Int, _ width: Int, _ height: Int, _ bytesPerRow: Int? = nil) -> ImageError? {
            #expect(throws: ImageError.self) {
                try Image(
                    pixels: [UInt8](repeating: 0, count: count), width: width, height: height, format: layout,
                    bytesPerRow: bytesPerRow)
            }
        }
        let size = layout.bytesPerPixel
        for (width, height) in [(0, 1), (1, 0), (-1, 4), (4, -1), (-2, -2), (.min, .min)] {
            #expect(error(64, width, height)?.category == .invalid)
        }
        for (width, height) in [(.max, .max), (.max, 1), (1 << 32, 1 << 32), (1 << 20, 1 << 20)] {
            #expect(error(64, width, height)?.category == .limit)
        }
        #expect(error(6 * size - 1, 3, 2)?.category == .invalid)
        #expect(error(0, 1, 1)?.category == .invalid)
        for stride in [3 * size - 1, 0, -3 * size, .min] { #expect(error(64, 3, 2, stride)?.category == .invalid) }
        for stride in [.max, .max / 2 + 1, 62] { #expect(error(64, 3, 3, stride)?.category == .invalid) }
    }

    @Test("Layouts on the way out", arguments: PixelLayout.allCases) func bytesOut(_ layout: PixelLayout) throws {
        let color = Color(10, 60, 120, 200)
        let opaque = Image(width: 2, height: 3, format: .rgb, fill: color)
        let clear = Image(width: 2, height: 3, format: .rgba, fill: color)
        let expected: (opaque: [UInt8], clear: [UInt8]) =
            switch layout {
            case .rgb: ([10, 60, 120], [10, 60, 120])
            case .rgba: ([10, 60, 120, 255], [10, 60, 120, 200])
            case .bgra: ([120, 60, 10, 255], [120, 60, 10, 200])
            // 0.299 · 10 + 0.587 · 60 + 0.114 · 120 = 51.89.
            case .gray: ([52], [52])
            }
        func six(_ pixel: [UInt8]) -> [UInt8] { Array([[UInt8]](repeating: pixel, count: 6).joined()) }
        #expect(opaque.bytes(as: layout) == six(expected.opaque))
        #expect(clear.bytes(as: layout) == six(expected.clear))
        #expect(clear.withPixels { Array($0) } == clear.pixels)
        if layout != .gray {
            let again = try Image(pixels: clear.bytes(as: layout), width: 2, height: 3, format: layout)
            #expect(again == (layout == .rgb ? clear.withoutAlpha() : clear))
        }
    }

    @Test("Data and URLs decode as bytes and paths do") func dataAndURL() throws {
        let image = Image(width: 5, height: 4, format: .rgba, fill: Color(1, 2, 3, 4))
        let bytes = try image.encoded(as: .png())
        #expect(try Image(data: Data(bytes)) == image)
        #expect(try Image(data: ([9] + bytes).dropFirst()) == image)
        #expect(try ImageInfo(data: Data(bytes)).width == 5)
        let url = FileManager.default.temporaryDirectory.appending(path: "ä \(UUID().uuidString).png")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(bytes).write(to: url)
        #expect(try Image(contentsOf: url) == image)
        let web = try #require(URL(string: "https://example.org/a.png"))
        #expect(throws: FileError.self) { try Image(contentsOf: web) }
    }
}
