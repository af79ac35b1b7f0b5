/// A picture with all that is known about it, to be augmented as one: what moves the picture moves the rest with it.
public struct Sample: Sendable, Equatable {
    public var image: Image
    public var boxes: [LabeledBox]
    /// Each as large as the picture: classes, instances … as the task has it.
    public var masks: [Mask]
    /// One list for each object, its points in the order of the data set (left eye, right eye …).
    public var keypoints: [[Keypoint]]

    /// A box is dropped when less than this part of it is left inside the picture, or less than a pixel in width or
    /// height. Counted anew at every step. 0.1, as detectors of the YOLO family have it.
    public var leastVisiblePart: Float = 0.1

    public init(
        _ image: Image, boxes: [LabeledBox] = [], masks: [Mask] = [], keypoints: [[Keypoint]] = []
    ) {
        for mask in masks {
            precondition(
                mask.width == image.width && mask.height == image.height,
                "a mask of \(mask.width)×\(mask.height) does not fit a picture of \(image.width)×\(image.height)")
        }
        self.image = image
        self.boxes = boxes
        self.masks = masks
        self.keypoints = keypoints
    }
}

/// Where an object is, and what it is.
public struct LabeledBox: Sendable, Equatable, Hashable {
    /// In pixels of the picture.
    public var box: Box
    /// The number of its class, from 0.
    public var label: Int

    public init(_ box: Box, label: Int) {
        self.box = box
        self.label = label
    }
}

/// A place that has a name, such as the tip of the nose.
public struct Keypoint: Sendable, Equatable, Hashable {
    /// In pixels of the picture; of a point that is not visible, possibly outside.
    public var position: Point
    /// False for a point that is outside the picture or was covered up. Never becomes true again.
    public var isVisible: Bool

    public init(_ position: Point, isVisible: Bool = true) {
        self.position = position
        self.isVisible = isVisible
    }
}

/// A value for each pixel of a picture: the index of a class, or 0 and 255 for no and yes where no pixel is ignored.
public struct Mask: Sendable, Equatable {
    /// What pixels get that show nothing of the original picture, as in Pascal VOC: losses and metrics pass over it.
    public static let ignore: UInt8 = 255

    public let width: Int
    public let height: Int
    /// height × width, row by row.
    public internal(set) var values: [UInt8]

    public init(width: Int, height: Int, values: [UInt8]) {
        precondition(width > 0 && height > 0, "a mask of \(width)×\(height) has no pixels")
        precondition(
            values.count == width * height, "\(width)×\(height) values of a mask expected, found \(values.count)")
        self.width = width
        self.height = height
        self.values = values
    }

    public subscript(x: Int, y: Int) -> UInt8 {
        precondition(
            (0..<width).contains(x) && (0..<height).contains(y), "pixel (\(x), \(y)) is outside \(width)×\(height)")
        return values[y * width + x]
    }
}
