import CVCore
import CVImage
import CVSegmentation
import Foundation
import TestSupport

/// A folder for one test, gone with it.
final class SegmentationScratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "segmentation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: URL(filePath: file).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try FileOutput.write(bytes, to: file, overwrite: true)
    }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func image(_ name: String, width: Int = 6, height: Int = 4) throws {
        try write(Image(width: width, height: height, fill: Color(90, 120, 200)).encoded(as: .png()), to: name)
    }

    /// values: row by row; nil for a mask of class 0.
    func mask(_ name: String, width: Int = 6, height: Int = 4, _ values: [UInt8]? = nil) throws {
        let values = values ?? [UInt8](repeating: 0, count: width * height)
        try write(GrayPNG.encoded(values, width: width, height: height), to: name)
    }

    /// Discs (1) and squares (2) in colors of their own on a noisy background (0), with borders that do not count (255).
    func shapes(_ count: Int, in folder: String = "shapes", side: Int = 32) throws {
        for index in 0..<count {
            var random = SplitMix64(seed: 7, stream: index)
            let (image, mask) = Self.shapes(side, &random)
            try write(image.encoded(as: .png()), to: "\(folder)/images/\(index).png")
            try self.mask("\(folder)/masks/\(index).png", width: side, height: side, mask)
        }
        try write("background\ndisc\nsquare\n", to: "\(folder)/classes.txt")
    }

    private static func shapes(_ side: Int, _ random: inout SplitMix64) -> (Image, [UInt8]) {
        let positions = (0..<2).map { _ in
            (x: Float(side) * (0.2 + 0.6 * random.uniform()), y: Float(side) * (0.2 + 0.6 * random.uniform()))
        }
        let radius = Float(side) / 6
        var (pixels, mask): ([UInt8], [UInt8]) = ([], [])
        for row in 0..<side {
            for column in 0..<side {
                let distances = positions.enumerated().map { shape, position in
                    let (dx, dy) = (abs(Float(column) - position.x), abs(Float(row) - position.y))
                    return shape == 0 ? (dx * dx + dy * dy).squareRoot() : max(dx, dy)
                }
                // The square lies over the disc.
                let shape = distances[1] < radius ? 2 : distances[0] < radius ? 1 : 0
                let isBorder = distances.contains { abs($0 - radius) < 0.5 }
                mask.append(isBorder ? 255 : UInt8(shape))
                for channel in 0..<3 {
                    pixels.append(UInt8(clamping: 60 * random.uniform()) + (shape > 0 && channel == shape ? 160 : 40))
                }
            }
        }
        return (Image(width: side, height: side, format: .rgb, pixels: pixels), mask)
    }
}
