import CVCore
import CVImage

/// The label format of YOLO tools: a text file beside the picture, one line an object.
public enum YOLOText {
    /// Lines of `class x y w h` or `class x y w h confidence`: centre and size as fractions of the picture, 6 decimals.
    ///
    /// Empty for no detections. width, height: of the picture, in pixels.
    public static func text(
        _ detections: [Detection], width: Int, height: Int, includeConfidence: Bool = false
    ) -> String {
        precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels has no pixels")
        return detections.map { detection in
            let confidence = includeConfidence ? " " + fraction(Double(detection.confidence)) : ""
            return line(detection.box, label: detection.classIndex, width: width, height: height) + confidence + "\n"
        }.joined()
    }

    /// The same for boxes that are known rather than found.
    public static func text(_ boxes: [LabeledBox], width: Int, height: Int) -> String {
        precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels has no pixels")
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

    /// 6 decimals of a number of 0 to 1, whatever the locale; 0 for NaN.
    private static func fraction(_ value: Double) -> String {
        decimal(value.isNaN ? 0 : min(max(value, 0), 1), 6)
    }
}
