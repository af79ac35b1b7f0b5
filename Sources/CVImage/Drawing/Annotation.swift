import CVCore

/// A box to draw on an image, with an optional label.
public struct BoxAnnotation: Sendable, Equatable {
    /// In pixels of the image.
    public var box: Box
    /// The text of its tag; nil for none.
    public var label: String?
    /// The color of the outline and the tag.
    public var color: Color

    /// A box annotation.
    ///
    /// - Parameters:
    ///   - box: in pixels of the image.
    ///   - label: the text of its tag; nil for none.
    ///   - color: of the outline and the tag.
    public init(box: Box, label: String? = nil, color: Color) {
        self.box = box
        self.label = label
        self.color = color
    }
}

extension Image {
    /// The default text size: 2.8 % of the mean side, at least 12 pixels.
    public var defaultTextSize: Float { max(12, (Float(width + height) / 2 * 0.028).rounded()) }

    /// Draws the outlines of boxes and tags with their labels, as torchvision's `draw_bounding_boxes`.
    ///
    /// A tag is placed above the upper left corner of its box; if that leaves the image or hides another tag, inside
    /// the box or below it. It always lies inside the image (long labels are truncated with "…"); its text is black or
    /// white, whichever has more contrast.
    ///
    /// - Parameters:
    ///   - annotations: the boxes, drawn in order.
    ///   - lineWidth: in pixels; nil for ``defaultLineWidth``.
    ///   - textSize: the height of a line in pixels; nil for ``defaultTextSize``.
    public mutating func annotate(_ annotations: [BoxAnnotation], lineWidth: Int? = nil, textSize: Float? = nil) {
        let lineWidth = max(1, lineWidth ?? defaultLineWidth)
        for annotation in annotations { outline(annotation.box, color: annotation.color, lineWidth: lineWidth) }
        var placed: [Box] = []
        for annotation in annotations {
            guard let label = annotation.label, !label.isEmpty,
                let frame = OutlineFrame(annotation.box, lineWidth: lineWidth)
            else { continue }
            let tag = Tag(label, size: textSize ?? defaultTextSize, widest: Float(width))
            let position = tag.position(
                beside: frame.outer, inner: lineWidth, width: width, height: height,
                avoiding: placed.suffix(Self.tagsToAvoid))
            draw(tag, at: position, color: annotation.color)
            placed.append(position)
        }
    }

    /// Draws a tag, moved as far as needed to lie inside the image.
    ///
    /// - Parameters:
    ///   - text: its text, truncated to the width of the image.
    ///   - x: the left edge, in pixels.
    ///   - y: the top edge, in pixels.
    ///   - size: the height of a line in pixels; nil for ``defaultTextSize``.
    ///   - color: of the tag; its text is black or white.
    /// - Returns: the box of the tag.
    @discardableResult
    public mutating func drawTag(_ text: String, x: Float, y: Float, size: Float? = nil, color: Color) -> Box {
        let tag = Tag(text, size: size ?? defaultTextSize, widest: Float(width))
        let position = tag.moved(toX: x, y: y, width: width, height: height)
        draw(tag, at: position, color: color)
        return position
    }

    /// Each tag avoids at most this many earlier ones: among more there is no room, and the search would take minutes.
    private static var tagsToAvoid: Int { 500 }

    private mutating func draw(_ tag: Tag, at position: Box, color: Color) {
        fillRounded(position, radius: tag.padding * 0.5, color: color)
        drawText(
            tag.text, x: position.minX + tag.padding, baseline: position.minY + tag.baseline, size: tag.size,
            color: color.readableText)
    }
}

/// The layout and placement of a tag.
struct Tag {
    let text: String
    let size: Float
    /// Left and right of the text, in pixels.
    let padding: Float
    let width: Float
    let height: Float
    /// From the top of the tag.
    let baseline: Float

    /// - Parameter widest: the available width; longer text is truncated.
    init(_ label: String, size: Float, widest: Float) {
        let unit = Float(TextMetrics.unit(size))
        padding = (unit * 5.5).rounded()
        text = Self.shortened(label, size: size, widest: widest - 2 * padding)
        self.size = size
        let metrics = TextMetrics(text, size: size)
        width = (metrics.width + 2 * padding).rounded(.up)
        // As much room above the capitals as below the baseline: descenders are few, and may come near the edge.
        baseline = (metrics.ascent + unit * 3.2).rounded(.up)
        height = baseline + (metrics.descent + unit * 0.6).rounded(.up)
    }

    /// The text, truncated with "…" if it is too wide.
    static func shortened(_ label: String, size: Float, widest: Float) -> String {
        // No character is narrower than a gap: only so many characters of a label of any length need measuring.
        let most = Int(clamping: min(max(widest, 0) / Float(StrokeFont.gap * TextMetrics.unit(size)), 1e9)) + 1
        let characters = Array(label.prefix(most + 1))
        if characters.count <= most, TextMetrics(label, size: size).width <= widest { return label }
        // Binary search for the longest prefix that fits: the width grows with every character.
        var (fits, tooLong) = (0, characters.count)
        while tooLong - fits > 1 {
            let middle = (fits + tooLong) / 2
            let width = TextMetrics(String(characters[..<middle]) + "…", size: size).width
            if width <= widest { fits = middle } else { tooLong = middle }
        }
        return String(characters[..<fits]) + "…"
    }

    /// The first position beside `box` that hides no other tag, else the one that hides the least.
    func position(beside box: Box, inner line: Int, width: Int, height: Int, avoiding others: ArraySlice<Box>) -> Box {
        let line = Float(line)
        let candidates: [(x: Float, y: Float, fits: Bool)] = [
            (box.minX, box.minY - self.height, box.minY >= self.height),
            (box.minX, max(box.minY, 0), true),
            (box.minX, box.maxY, box.maxY + self.height <= Float(height)),
            (box.maxX - self.width, box.minY - self.height, box.minY >= self.height),
            (box.maxX - self.width, max(box.minY, 0), true),
            (box.minX, box.maxY - self.height - line, box.maxY <= Float(height)),
        ]
        var best: (position: Box, hidden: Float)?
        for candidate in candidates where candidate.fits {
            let position = moved(toX: candidate.x, y: candidate.y, width: width, height: height)
            let hidden = others.reduce(Float(0)) { sum, other in
                let x = min(position.maxX, other.maxX) - max(position.minX, other.minX)
                let y = min(position.maxY, other.maxY) - max(position.minY, other.minY)
                return sum + max(0, x) * max(0, y)
            }
            if hidden == 0 { return position }
            if hidden < best?.hidden ?? .infinity { best = (position, hidden) }
        }
        return best?.position ?? moved(toX: box.minX, y: box.minY, width: width, height: height)
    }

    /// At (x, y), or as close as the image allows; on whole pixels.
    func moved(toX x: Float, y: Float, width: Int, height: Int) -> Box {
        func inside(_ value: Float, _ room: Float) -> Float {
            value.isNaN ? 0 : max(0, min(value, room)).rounded(.down)
        }
        let left = inside(x, Float(width) - self.width)
        let top = inside(y, Float(height) - self.height)
        return Box(minX: left, minY: top, maxX: left + self.width, maxY: top + self.height)
    }
}
