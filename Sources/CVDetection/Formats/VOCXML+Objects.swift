import CVImage

extension VOCXML {
    /// An object of an annotation.
    public struct Object: Sendable, Equatable {
        /// The name of the class.
        public var label: String
        /// In pixels of the image.
        public var box: Box
        /// Whether it is hard to recognize.
        public var isDifficult: Bool

        /// Describes an object.
        ///
        /// - Parameters:
        ///   - label: the name of the class.
        ///   - box: in pixels of the image.
        ///   - isDifficult: whether it is hard to recognize.
        public init(label: String, box: Box, isDifficult: Bool = false) {
            (self.label, self.box, self.isDifficult) = (label, box, isDifficult)
        }
    }

    /// The annotation of one image.
    ///
    /// VOC counts whole pixels from 1 and includes both ends: edges are rounded.
    ///
    /// - Parameters:
    ///   - objects: in pixels of the image.
    ///   - fileName: the name of the image without folders.
    ///   - width: the width of the image in pixels.
    ///   - height: the height of the image in pixels.
    /// - Returns: the XML text.
    public static func text(objects: [Object], fileName: String, width: Int, height: Int) -> String {
        let elements = objects.map { object in
            element(
                object.label, object.box, isDifficult: object.isDifficult, confidence: nil, width: width, height: height
            )
        }
        return document(elements, fileName: fileName, width: width, height: height)
    }
}
