import CVCore
import CVImage

extension YOLOText {
    /// Reads the boxes of a label file.
    ///
    /// A line is `class x y w h`, with center and size from 0 to 1; a confidence may follow. Blank lines are skipped.
    ///
    /// - Parameters:
    ///   - bytes: the contents of the file.
    ///   - name: the name of the file in errors.
    ///   - width: the width of the image in pixels.
    ///   - height: the height of the image in pixels.
    /// - Returns: the boxes in pixels, clipped to the image.
    /// - Throws: `YOLOLabelError` for the first malformed line.
    public static func boxes(
        in bytes: [UInt8], name: String, width: Int, height: Int
    ) throws(YOLOLabelError) -> [LabeledBox] {
        precondition(width > 0 && height > 0, "an image of \(width)×\(height) pixels has no pixels")
        var boxes: [LabeledBox] = []
        let lines = TextInput.withoutMark(bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            let values = words.dropFirst().compactMap { Double($0) }
            guard (5...6).contains(words.count), let label = Int(words[0]), label >= 0,
                values.count == words.count - 1, values.allSatisfy({ (0...1).contains($0) })
            else { throw YOLOLabelError(name: name, line: index + 1, found: text) }
            let (w, h) = (Double(width), Double(height))
            let box = Box(
                minX: Float((values[0] - values[2] / 2) * w), minY: Float((values[1] - values[3] / 2) * h),
                maxX: Float((values[0] + values[2] / 2) * w), maxY: Float((values[1] + values[3] / 2) * h))
            boxes.append(LabeledBox(box.clipped(width: width, height: height), label: label))
        }
        return boxes
    }
}

/// A malformed line of a label file.
public struct YOLOLabelError: ToolkitError, Equatable {
    /// The name of the file.
    public let name: String
    /// The line number, from 1.
    public let line: Int
    /// The text of the line.
    public let found: String

    public var description: String {
        "\(name.escapedForDisplay): line \(line) should be 'class x y w h', a whole number and four fractions from 0 to 1, "
            + "found \"\(String(found.prefix(80)).escapedForDisplay)\""
    }
}

extension YOLOLabelError {
    public var category: ErrorCategory { .invalid }
}
