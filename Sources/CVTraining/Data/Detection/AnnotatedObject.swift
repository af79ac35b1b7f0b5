import CVCore
import CVImage

/// An object that an image of a data set for detection shows.
public struct AnnotatedObject: Sendable, Equatable {
    /// In pixels of the image, with its upper left corner at (0, 0); inside the image, and not empty.
    public var box: Box
    /// The index of its class.
    public var label: Int
    /// A region of many objects (`iscrowd` of COCO): nobody must find it, and it is not trained on.
    public var isCrowd = false
    /// Hard to recognize (`difficult` of Pascal VOC).
    public var isDifficult = false
    /// The area that COCO states, that of a mask, in square pixels; nil for that of the box.
    public var area: Double?
    /// The line of the file of annotations that it begins on, from 1; nil where that is not known.
    public var line: Int?

    /// Describes an object.
    ///
    /// - Parameters:
    ///   - box: in pixels of the image.
    ///   - label: the index of its class.
    public init(_ box: Box, label: Int) { (self.box, self.label) = (box, label) }
}

/// The objects of one image, and where they are written down.
struct AnnotatedObjects: Sendable {
    /// Of the image, with EXIF orientation applied.
    let size: DatasetDefect.Size
    let objects: [AnnotatedObject]
    /// The path of the file of annotations; nil for an image that has none.
    let file: String?
}

extension ImageDataset.Item {
    /// The objects of the image; empty for an image without any, and for images with other annotations.
    @inline(never)
    public var objects: [AnnotatedObject] { if case .objects(let found) = annotation { found.objects } else { [] } }

    /// The size of the image in pixels, in a data set for detection; nil in others, which do not know it before decoding.
    @inline(never)
    public var size: DatasetDefect.Size? { if case .objects(let found) = annotation { found.size } else { nil } }

    /// The path of the file that holds the objects of the image; nil if there is none.
    @inline(never)
    public var annotationFile: String? { if case .objects(let found) = annotation { found.file } else { nil } }
}

extension Sequence<AnnotatedObject> {
    /// What a detector learns: all objects but crowds.
    public var labeledBoxes: [LabeledBox] {
        compactMap { $0.isCrowd ? nil : LabeledBox($0.box, label: $0.label) }
    }
}
