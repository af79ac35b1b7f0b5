import CVCore
import CVImage

/// The annotation format of Pascal VOC: one XML file per image.
public enum VOCXML {
    /// The annotation of one image.
    ///
    /// VOC counts pixels from 1 and includes both ends, so a box that covers the first ten columns has xmin 1 and
    /// xmax 10. `confidence` is not an element of VOC; readers ignore it.
    ///
    /// - Parameters:
    ///   - detections: in pixels of the image.
    ///   - fileName: the name of the image without folders.
    ///   - width: the width of the image in pixels.
    ///   - height: the height of the image in pixels.
    /// - Returns: the XML text.
    public static func text(_ detections: [Detection], fileName: String, width: Int, height: Int) -> String {
        let elements = detections.map {
            element($0.label, $0.box, isDifficult: false, confidence: $0.confidence, width: width, height: height)
        }
        return document(elements, fileName: fileName, width: width, height: height)
    }

    static func document(_ elements: [[String]], fileName: String, width: Int, height: Int) -> String {
        let start = [
            "<annotation>",
            "  <filename>\(escaped(fileName))</filename>",
            "  <size>",
            "    <width>\(width)</width>",
            "    <height>\(height)</height>",
            "    <depth>3</depth>",
            "  </size>",
            "  <segmented>0</segmented>",
        ]
        return (start + elements.joined() + ["</annotation>", ""]).joined(separator: "\n")
    }

    static func element(
        _ label: String, _ box: Box, isDifficult: Bool, confidence: Float?, width: Int, height: Int
    ) -> [String] {
        let (xmin, xmax) = pixels(box.minX, box.maxX, limit: width)
        let (ymin, ymax) = pixels(box.minY, box.maxY, limit: height)
        var lines = [
            "  <object>",
            "    <name>\(escaped(label))</name>",
            "    <pose>Unspecified</pose>",
            "    <truncated>0</truncated>",
            "    <difficult>\(isDifficult ? 1 : 0)</difficult>",
        ]
        if let confidence { lines.append("    <confidence>\(confidence)</confidence>") }
        return lines + [
            "    <bndbox>",
            "      <xmin>\(xmin)</xmin>",
            "      <ymin>\(ymin)</ymin>",
            "      <xmax>\(xmax)</xmax>",
            "      <ymax>\(ymax)</ymax>",
            "    </bndbox>",
            "  </object>",
        ]
    }

    /// Converts continuous coordinates to pixel numbers from 1, both included; at least one pixel.
    private static func pixels(_ low: Float, _ high: Float, limit: Int) -> (Int, Int) {
        func whole(_ value: Float) -> Int {
            value.isNaN ? 0 : Int(clamping: min(max(Double(value.rounded()), 0), Double(limit)))
        }
        let last = max(whole(high), 1)
        return (min(whole(low) + 1, last), last)
    }

    /// Replaces characters that XML 1.0 cannot represent, such as most control characters, by U+FFFD.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result += "&#\(scalar.value);"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
