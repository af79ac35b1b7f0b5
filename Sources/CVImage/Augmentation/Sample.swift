import CVCore

/// An image with its labels, to be augmented together: geometric transforms move both. Like torchvision's `tv_tensors`.
public struct Sample: Sendable, Equatable {
    /// The image.
    public var image: Image
    /// The objects' bounding boxes, in pixels.
    public var boxes: [LabeledBox]
    /// Masks of the size of the image: classes, instances …, depending on the task.
    public var masks: [Mask]
    /// The keypoints of each object, in the order of the data set (left eye, right eye …).
    public var keypoints: [[Keypoint]]
    /// The class of the whole image, counted from 0; nil if it has none. No change of the image moves it.
    public var label: Int?

    /// A box is dropped if less than this fraction of it stays inside the image, or less than a pixel in width or
    /// height. Applied at every step. The default 0.1 is that of the YOLO family.
    public var leastVisiblePart: Float = 0.1

    /// An image with labels.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - boxes: objects, in pixels of the image.
    ///   - masks: each of the size of the image.
    ///   - keypoints: a list for each object.
    ///   - label: the class of the whole image.
    public init(
        _ image: Image, boxes: [LabeledBox] = [], masks: [Mask] = [], keypoints: [[Keypoint]] = [], label: Int? = nil
    ) {
        for mask in masks {
            precondition(
                mask.width == image.width && mask.height == image.height,
                "a mask of \(mask.width)×\(mask.height) does not fit an image of \(image.width)×\(image.height)")
        }
        self.image = image
        self.boxes = boxes
        self.masks = masks
        self.keypoints = keypoints
        self.label = label
    }
}

/// A bounding box with its class.
public struct LabeledBox: Sendable, Equatable, Hashable {
    /// In pixels of the image.
    public var box: Box
    /// The class index, from 0.
    public var label: Int

    /// A labeled box.
    ///
    /// - Parameters:
    ///   - box: in pixels of the image.
    ///   - label: the class index, from 0.
    public init(_ box: Box, label: Int) {
        self.box = box
        self.label = label
    }
}

/// A named point of an object, such as the tip of the nose.
public struct Keypoint: Sendable, Equatable, Hashable {
    /// In pixels of the image; of a point that is not visible, possibly outside.
    public var position: Point
    /// False for a point that is outside the image or was covered up. Never becomes true again.
    public var isVisible: Bool

    /// A keypoint.
    ///
    /// - Parameters:
    ///   - position: in pixels of the image.
    ///   - isVisible: whether it is inside the image and not covered.
    public init(_ position: Point, isVisible: Bool = true) {
        self.position = position
        self.isVisible = isVisible
    }
}

/// An 8-bit mask: a class index for each pixel, or 0 and 255 for a binary mask without ignored pixels.
public struct Mask: Sendable, Equatable {
    /// The value of pixels outside the original image, as in Pascal VOC: losses and metrics skip it.
    public static let ignore: UInt8 = 255

    /// In pixels.
    public let width: Int
    /// In pixels.
    public let height: Int
    /// height × width, row by row.
    public internal(set) var values: [UInt8]

    /// A mask of existing values.
    ///
    /// - Parameters:
    ///   - width: in pixels, at least 1.
    ///   - height: in pixels, at least 1.
    ///   - values: height × width, row by row.
    public init(width: Int, height: Int, values: [UInt8]) {
        precondition(width > 0 && height > 0, "a mask of \(width)×\(height) has no pixels")
        precondition(
            values.count == width * height, "\(width)×\(height) values of a mask expected, found \(values.count)")
        self.width = width
        self.height = height
        self.values = values
    }

    /// The value of one pixel.
    ///
    /// - Parameters:
    ///   - x: the column, from the left.
    ///   - y: the row, from the top.
    public subscript(x: Int, y: Int) -> UInt8 {
        precondition(
            (0..<width).contains(x) && (0..<height).contains(y), "pixel (\(x), \(y)) is outside \(width)×\(height)")
        return values[y * width + x]
    }
}

extension Keypoint: Codable {
    private enum CodingKeys: String, CodingKey {
        case position
        case isVisible = "visible"
    }
}

extension Mask: Codable {
    private enum CodingKeys: CodingKey { case width, height, runs }

    /// `{"width", "height", "runs": [value, count, value, count, …]}`, row by row.
    public init(from decoder: any Swift.Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let width = try container.decode(Int.self, forKey: .width)
        let height = try container.decode(Int.self, forKey: .height)
        let (area, overflows) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflows, area <= DecodingOptions().maxPixels else {
            throw DecodingError.invalid(decoder, "a mask of \(width)×\(height) pixels is not possible")
        }
        var runs = try container.nestedUnkeyedContainer(forKey: .runs)
        var values: [UInt8] = []
        values.reserveCapacity(area)
        while !runs.isAtEnd {
            let (value, count) = (try runs.decode(UInt8.self), try runs.decode(Int.self))
            guard count > 0, count <= area - values.count else {
                throw DecodingError.invalid(decoder, "a run of \(count) pixels does not fit \(width)×\(height)")
            }
            values.append(contentsOf: repeatElement(value, count: count))
        }
        guard values.count == area else {
            throw DecodingError.invalid(decoder, "\(values.count) values for \(width)×\(height) pixels")
        }
        self.init(width: width, height: height, values: values)
    }

    /// `{"width", "height", "runs": [value, count, value, count, …]}`, row by row.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(width, forKey: .width)
        try container.encode(height, forKey: .height)
        var runs = container.nestedUnkeyedContainer(forKey: .runs)
        var start = 0
        while start < values.count {
            var end = start + 1
            while end < values.count, values[end] == values[start] { end += 1 }
            try runs.encode(values[start])
            try runs.encode(end - start)
            start = end
        }
    }
}
