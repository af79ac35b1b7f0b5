import CVCore
import CVImage

/// An alpha matte: the foreground's coverage of each pixel.
public struct Matte: Sendable, Equatable {
    /// The coverage, 0 to 255, at the size of the image.
    public let alpha: Mask
    /// The covered fraction of the image, from 0 to 1: the mean of alpha.
    public let share: Double
    /// The bounding box of all pixels that are covered by at least half; nil if there are none.
    public let box: Box?

    /// Whether no pixel is covered by at least half.
    public var isEmpty: Bool { box == nil }

    /// Creates a matte.
    ///
    /// - Parameter alpha: the coverage of each pixel, 0 to 255.
    public init(alpha: Mask) {
        self.alpha = alpha
        let sum = alpha.values.reduce(0) { $0 + Int($1) }
        share = Double(sum) / 255 / Double(alpha.values.count)
        box = alpha.bounds { $0 >= Self.half }
    }

    /// A matte without foreground.
    ///
    /// - Parameters:
    ///   - width: in pixels.
    ///   - height: in pixels.
    /// - Returns: a matte whose alpha is 0 everywhere.
    public static func empty(width: Int, height: Int) -> Matte {
        Matte(alpha: Mask(width: width, height: height, values: [UInt8](repeating: 0, count: width * height)))
    }

    private static let half: UInt8 = 128

    /// The labels of `map`; the background is black.
    public static let labels = SegmentationLabels(
        ["background", "person"], colors: [.black, Palette.color(forClass: 1)])

    /// The segmentation map: class 1 where at least half of a pixel is covered, otherwise class 0.
    public var map: SegmentationMap {
        let values = alpha.values.map { $0 >= Self.half ? 1 : 0 as UInt8 }
        return SegmentationMap(
            mask: Mask(width: alpha.width, height: alpha.height, values: values), labels: Self.labels)
    }

    /// The foreground as a class of `map`; nil for an empty matte.
    public var segmentedClass: SegmentedClass? {
        box.map { SegmentedClass(label: Self.labels.names[1], classIndex: 1, share: share, box: $0) }
    }
}

extension Mask {
    /// The bounding box of the pixels that satisfy a condition.
    ///
    /// - Parameter condition: returns whether a value counts.
    /// - Returns: the box in pixels; nil if there are no such pixels.
    public func bounds(where condition: (UInt8) -> Bool) -> Box? {
        var (minX, minY, maxX, maxY) = (width, height, -1, -1)
        values.withUnsafeBufferPointer { values in
            for y in 0..<height {
                let row = values[y * width..<(y + 1) * width]
                guard let first = row.firstIndex(where: condition), let last = row.lastIndex(where: condition) else {
                    continue
                }
                (minX, maxX) = (min(minX, first - row.startIndex), max(maxX, last - row.startIndex))
                (minY, maxY) = (min(minY, y), y)
            }
        }
        guard maxY >= 0 else { return nil }
        return Box(minX: Float(minX), minY: Float(minY), maxX: Float(maxX + 1), maxY: Float(maxY + 1))
    }
}

extension Matte: Codable {
    private enum CodingKeys: CodingKey { case alpha }

    /// `{"alpha"}`: the share and the box follow from it.
    public init(from decoder: any Decoder) throws {
        self.init(alpha: try decoder.container(keyedBy: CodingKeys.self).decode(Mask.self, forKey: .alpha))
    }

    /// `{"alpha"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(alpha, forKey: .alpha)
    }
}
