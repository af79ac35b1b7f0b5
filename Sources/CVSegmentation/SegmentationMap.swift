import CVCore
import CVImage

/// The class of each pixel of an image.
public struct SegmentationMap: Sendable, Equatable {
    /// The class of each pixel as an index into `labels`, or `Mask.ignore`.
    public let mask: Mask
    /// The names and the display colors of the classes.
    public let labels: SegmentationLabels

    /// Creates a map.
    ///
    /// - Parameters:
    ///   - mask: the class of each pixel, or `Mask.ignore`.
    ///   - labels: at most 255 classes.
    public init(mask: Mask, labels: SegmentationLabels) {
        precondition(
            labels.names.count <= Int(Mask.ignore), "\(labels.names.count) classes; a map supports at most 255")
        self.mask = mask
        self.labels = labels
    }

    /// Summarizes the classes that are present in the map.
    ///
    /// - Parameter selected: the indices of the classes to include; nil for all.
    /// - Returns: one entry per class with at least one pixel, in the order of the labels.
    public func classes(_ selected: Set<Int>? = nil) -> [SegmentedClass] {
        var counts = [Int](repeating: 0, count: 256)
        for value in mask.values { counts[Int(value)] += 1 }
        return labels.names.indices.compactMap { index in
            guard counts[index] > 0, selected?.contains(index) ?? true else { return nil }
            guard let box = mask.bounds(where: { $0 == UInt8(index) }) else { return nil }
            return SegmentedClass(
                label: labels.names[index], classIndex: index,
                share: Double(counts[index]) / Double(mask.values.count), box: box)
        }
    }

    /// Sets all pixels of other classes to `Mask.ignore`.
    ///
    /// - Parameter selected: the indices of the classes to keep.
    /// - Returns: a map with the same labels.
    public func keeping(_ selected: Set<Int>) -> SegmentationMap {
        let values = mask.values.map { selected.contains(Int($0)) ? $0 : Mask.ignore }
        return SegmentationMap(mask: Mask(width: mask.width, height: mask.height, values: values), labels: labels)
    }

    /// A binary matte of some classes.
    ///
    /// - Parameter selected: the indices of the classes.
    /// - Returns: a matte with alpha 255 where the class of a pixel is one of them, and 0 elsewhere.
    public func matte(of selected: Set<Int>) -> Matte {
        Matte(
            alpha: Mask(
                width: mask.width, height: mask.height,
                values: mask.values.map { selected.contains(Int($0)) ? 255 : 0 }))
    }
}

/// The extent of one class in an image.
public struct SegmentedClass: Sendable, Equatable {
    /// The name of the class.
    public var label: String
    /// Index into the labels of the network, from 0.
    public var classIndex: Int
    /// The fraction of the image that the class covers, from 0 to 1.
    public var share: Double
    /// The bounding box of the class's pixels.
    public var box: Box
    /// The parts of the image that went through the network for persons besides the whole image; nil for other networks.
    public var crops: [Box]?

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - label: the name of the class.
    ///   - classIndex: index into the labels of the network, from 0.
    ///   - share: the fraction of the image that the class covers, from 0 to 1.
    ///   - box: the bounding box in pixels.
    public init(label: String, classIndex: Int, share: Double, box: Box) {
        self.label = label
        self.classIndex = classIndex
        self.share = share
        self.box = box
    }
}

extension SegmentedClass: Codable {
    /// As in a record: `{"label", "class", "share", "box": [left, top, right, bottom]}`, and of persons `"crops"`.
    private enum CodingKeys: String, CodingKey {
        case label
        case classIndex = "class"
        case share, box, crops
    }
}

extension SegmentationMap: Codable {
    private enum CodingKeys: CodingKey { case mask, labels }

    /// `{"mask", "labels"}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let labels = try container.decode(SegmentationLabels.self, forKey: .labels)
        guard labels.names.count <= Int(Mask.ignore) else {
            throw DecodingError.invalid(decoder, "\(labels.names.count) classes; a map has at most 255")
        }
        self.init(mask: try container.decode(Mask.self, forKey: .mask), labels: labels)
    }
}
