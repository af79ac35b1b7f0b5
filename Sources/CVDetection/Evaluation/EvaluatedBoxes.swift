import CVImage

/// A box as annotations and results in COCO's format have it, in pixels from the top left of the image.
///
/// In double precision: the scores are compared with those of pycocotools, which computes so.
public struct EvaluatedBox: Sendable, Equatable {
    /// The left edge.
    public var x: Double
    /// The top edge.
    public var y: Double
    /// At least 0.
    public var width: Double
    /// At least 0.
    public var height: Double

    /// Creates a box from its corner and its size.
    ///
    /// - Parameters:
    ///   - x: the left edge.
    ///   - y: the top edge.
    ///   - width: at least 0.
    ///   - height: at least 0.
    public init(x: Double, y: Double, width: Double, height: Double) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    /// Takes a box in single precision.
    ///
    /// - Parameter box: in pixels of the image.
    public init(_ box: Box) {
        self.init(
            x: Double(box.minX), y: Double(box.minY), width: Double(box.width), height: Double(box.height)
        )
    }

    /// Its width times its height.
    public var area: Double { width * height }

    /// The area of the intersection over that of the union, from 0 to 1.
    ///
    /// - Parameters:
    ///   - other: the box of the truth.
    ///   - isCrowd: whether that is a region of many objects: the area of this box then stands for the union.
    /// - Returns: 0 for boxes that do not meet, also of an empty one.
    public func overlap(_ other: EvaluatedBox, isCrowd: Bool = false) -> Double {
        let w = min(x + width, other.x + other.width) - max(x, other.x)
        guard w > 0 else { return 0 }
        let h = min(y + height, other.y + other.height) - max(y, other.y)
        guard h > 0 else { return 0 }
        let intersection = w * h
        return intersection / (isCrowd ? area : area + other.area - intersection)
    }
}

/// An object that an image shows, as annotations have it.
public struct TruthBox: Sendable, Equatable {
    /// The number of the image.
    public var imageID: Int
    /// The number of the class.
    public var categoryID: Int
    /// Where the object is.
    public var box: EvaluatedBox
    /// What decides whether the object is small, medium or large, in square pixels: of a mask, or else of the box.
    public var area: Double
    /// A region of many objects: it is found by any number of boxes, and nobody must find it.
    public var isCrowd: Bool
    /// Never counts as found, as pycocotools treats the annotation of the number 0.
    var isNeverFound = false

    /// Describes an object.
    ///
    /// - Parameters:
    ///   - imageID: the number of the image.
    ///   - categoryID: the number of the class.
    ///   - box: where the object is.
    ///   - area: in square pixels; nil for that of the box.
    ///   - isCrowd: whether it is a region of many objects.
    public init(
        imageID: Int, categoryID: Int, box: EvaluatedBox, area: Double? = nil, isCrowd: Bool = false
    ) {
        (self.imageID, self.categoryID, self.box, self.isCrowd) = (imageID, categoryID, box, isCrowd)
        self.area = area ?? box.area
    }
}

/// An object that a detector says to have found.
public struct ResultBox: Sendable, Equatable {
    /// The number of the image.
    public var imageID: Int
    /// The number of the class.
    public var categoryID: Int
    /// Where the object is.
    public var box: EvaluatedBox
    /// How sure the detector is: whoever has a greater score counts first. Any finite number.
    public var score: Double

    /// Describes a result.
    ///
    /// - Parameters:
    ///   - imageID: the number of the image.
    ///   - categoryID: the number of the class.
    ///   - box: where the object is.
    ///   - score: a finite number.
    public init(imageID: Int, categoryID: Int, box: EvaluatedBox, score: Double) {
        (self.imageID, self.categoryID, self.box, self.score) = (imageID, categoryID, box, score)
    }
}
