import CVCore
import CVImage

/// The class of each pixel of a picture.
public struct SegmentationMap: Sendable, Equatable {
    /// Indices into `labels`, or `Mask.ignore`.
    public let mask: Mask
    /// What the indices mean, and the colours that they are shown in.
    public let labels: SegmentationLabels

    public init(mask: Mask, labels: SegmentationLabels) {
        precondition(
            labels.names.count <= Int(Mask.ignore), "\(labels.names.count) classes; a map tells at most 255 apart")
        self.mask = mask
        self.labels = labels
    }

    /// What there is of each class that there is, in the order of the labels.
    ///
    /// classes: only these; nil for all.
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

    /// The map with all other classes ignored.
    public func keeping(_ selected: Set<Int>) -> SegmentationMap {
        let values = mask.values.map { selected.contains(Int($0)) ? $0 : Mask.ignore }
        return SegmentationMap(mask: Mask(width: mask.width, height: mask.height, values: values), labels: labels)
    }

    /// Full where one of the classes is, and empty elsewhere.
    public func matte(of selected: Set<Int>) -> Matte {
        Matte(
            alpha: Mask(
                width: mask.width, height: mask.height,
                values: mask.values.map { selected.contains(Int($0)) ? 255 : 0 }))
    }
}

/// What a picture shows of one class.
public struct SegmentedClass: Sendable, Equatable {
    public var label: String
    /// Index into the labels of the network, from 0.
    public var classIndex: Int
    /// The part of the picture that it covers, 0 … 1.
    public var share: Double
    /// Around all of its pixels.
    public var box: Box

    public init(label: String, classIndex: Int, share: Double, box: Box) {
        self.label = label
        self.classIndex = classIndex
        self.share = share
        self.box = box
    }
}

extension SegmentedClass: Codable {
    /// As in a record: `{"label", "class", "share", "box": [left, top, right, bottom]}`.
    private enum CodingKeys: String, CodingKey {
        case label
        case classIndex = "class"
        case share, box
    }
}

extension SegmentationMap: Codable {
    private enum CodingKeys: CodingKey { case mask, labels }

    /// `{"mask", "labels"}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let labels = try container.decode(SegmentationLabels.self, forKey: .labels)
        guard labels.names.count <= Int(Mask.ignore) else {
            throw DecodingError.invalid(decoder, "\(labels.names.count) classes; a map tells at most 255 apart")
        }
        self.init(mask: try container.decode(Mask.self, forKey: .mask), labels: labels)
    }
}
