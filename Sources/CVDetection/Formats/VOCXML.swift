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
        var lines = [
            "<annotation>",
            "  <filename>\(escaped(fileName))</filename>",
            "  <size>",
            "    <width>\(width)</width>",
            "    <height>\(height)</height>",
            "    <depth>3</depth>",
            "  </size>",
            "  <segmented>0</segmented>",
        ]
        for detection in detections { lines += object(detection, width: width, height: height) }
        return (lines + ["</annotation>", ""]).joined(separator: "\n")
    }

    private static func object(_ detection: Detection, width: Int, height: Int) -> [String] {
        let (xmin, xmax) = pixels(detection.box.minX, detection.box.maxX, limit: width)
        let (ymin, ymax) = pixels(detection.box.minY, detection.box.maxY, limit: height)
        return [
            "  <object>",
            "    <name>\(escaped(detection.label))</name>",
            "    <pose>Unspecified</pose>",
            "    <truncated>0</truncated>",
            "    <difficult>0</difficult>",
            "    <confidence>\(detection.confidence)</confidence>",
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
