import CVCore
import CVImage

/// The label format of YOLO tools: one text file per image, one line per object.
public enum YOLOText {
    /// Formats detections as lines of `class x y w h` or `class x y w h confidence`.
    ///
    /// Center and size are fractions of the image with 6 decimals.
    ///
    /// - Parameters:
    ///   - detections: in pixels of the image.
    ///   - width: the width of the image in pixels.
    ///   - height: the height of the image in pixels.
    ///   - includeConfidence: whether the confidence is appended to each line.
    /// - Returns: one line per detection; empty without detections.
    public static func text(
        _ detections: [Detection], width: Int, height: Int, includeConfidence: Bool = false
    ) -> String {
        precondition(width > 0 && height > 0, "an image of \(width)×\(height) pixels has no pixels")
        return detections.map { detection in
            let confidence = includeConfidence ? " " + fraction(Double(detection.confidence)) : ""
            return line(detection.box, label: detection.classIndex, width: width, height: height) + confidence + "\n"
        }.joined()
    }

    /// Formats annotated boxes as lines of `class x y w h`.
    ///
    /// - Parameters:
    ///   - boxes: in pixels of the image.
    ///   - width: the width of the image in pixels.
    ///   - height: the height of the image in pixels.
    /// - Returns: one line per box.
    public static func text(_ boxes: [LabeledBox], width: Int, height: Int) -> String {
        precondition(width > 0 && height > 0, "an image of \(width)×\(height) pixels has no pixels")
        return boxes.map { line($0.box, label: $0.label, width: width, height: height) + "\n" }.joined()
    }

    private static func line(_ box: Box, label: Int, width: Int, height: Int) -> String {
        let values = [
            (Double(box.minX) + Double(box.maxX)) / 2 / Double(width),
            (Double(box.minY) + Double(box.maxY)) / 2 / Double(height),
            (Double(box.maxX) - Double(box.minX)) / Double(width),
            (Double(box.maxY) - Double(box.minY)) / Double(height),
        ]
        return "\(label) " + values.map(fraction).joined(separator: " ")
    }

    /// A number clamped to 0 to 1, with 6 decimals in any locale; 0 for NaN.
    private static func fraction(_ value: Double) -> String {
        decimal(value.isNaN ? 0 : min(max(value, 0), 1), 6)
    }
}
