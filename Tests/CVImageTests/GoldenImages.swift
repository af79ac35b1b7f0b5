import CVImage
import Foundation

/// An image in a golden file made by `Tools/golden.py images`.
struct GoldenImage: Decodable {
    let width: Int
    let height: Int
    let channels: Int
    let samples: Data

    var image: Image {
        Image(width: width, height: height, format: Image.Format(rawValue: channels)!, pixels: [UInt8](samples))
    }
}

/// One case of `Tools/golden.py images`.
struct GoldenCase: Decodable, CustomStringConvertible {
    let source: GoldenImage
    let target: GoldenImage
    let region: [Float]?
    let matrix: [Double]?

    var box: Box? { region.map { Box(minX: $0[0], minY: $0[1], maxX: $0[2], maxY: $0[3]) } }

    var description: String {
        "\(source.width)×\(source.height)×\(source.channels) -> \(target.width)×\(target.height), "
            + "region \(region.map { "\($0)" } ?? "all"), matrix \(matrix.map { "\($0)" } ?? "none")"
    }

    static func load(_ name: String, file: String = #filePath) throws -> [GoldenCase] {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden")
        return try JSONDecoder().decode([GoldenCase].self, from: Data(contentsOf: folder.appendingPathComponent(name)))
    }
}

/// The largest difference of two samples; 256 for images of different shape.
func largestDifference(_ a: Image, _ b: Image) -> Int {
    guard a.width == b.width, a.height == b.height, a.format == b.format else { return 256 }
    return zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
}

/// An image of reproducible noise.
func noise(width: Int, height: Int, format: Image.Format, seed: UInt64 = 1) -> Image {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    let pixels = (0..<width * height * format.rawValue).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
    return Image(width: width, height: height, format: format, pixels: pixels)
}
