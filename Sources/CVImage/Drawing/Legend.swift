import CVCore

/// An entry of a legend: a color and its name.
public struct LegendEntry: Sendable, Equatable {
    /// The name.
    public var text: String
    /// The color.
    public var color: Color

    /// An entry.
    ///
    /// - Parameters:
    ///   - text: the name.
    ///   - color: the color.
    public init(_ text: String, color: Color) {
        self.text = text
        self.color = color
    }
}

extension Image {
    /// Draws a legend on a dark panel in the lower left corner. Entries that do not fit are counted in the last line.
    /// Nothing is drawn on an image too small to be legible.
    ///
    /// - Parameters:
    ///   - entries: from top to bottom.
    ///   - textSize: the height of a line in pixels; nil for ``defaultTextSize``.
    public mutating func drawLegend(_ entries: [LegendEntry], textSize: Float? = nil) {
        // At most about half the image is covered, in either direction.
        let size = min(textSize ?? defaultTextSize, Float(height) * 0.12)
        let line = (size * 1.35).rounded(.up)
        let margin = (size * 0.6).rounded(.up)
        let room = Int(clamping: (Float(height) - 2 * margin) / line)
        let widest = Float(width) * 0.6 - 4 * margin - size
        guard size >= 8, room > 0, widest > 2 * size, !entries.isEmpty else { return }
        var shown = entries
        if entries.count > room {
            shown = Array(entries.prefix(max(room - 1, 0)))
            shown.append(LegendEntry("and \(entries.count - shown.count) more", color: Color(0, 0, 0, 0)))
        }
        let texts = shown.map { Tag.shortened($0.text, size: size, widest: widest) }
        let swatch = (size * 0.8).rounded()
        let textWidth = texts.map { TextMetrics($0, size: size).width }.max() ?? 0
        let panel = Box(
            minX: margin, minY: Float(height) - margin - Float(texts.count) * line - margin,
            maxX: margin + margin + swatch + margin + textWidth.rounded(.up) + margin, maxY: Float(height) - margin)
        fillRounded(panel, radius: margin * 0.5, color: Color(20, 20, 20, 205))
        for (index, (entry, text)) in zip(shown, texts).enumerated() {
            let top = panel.minY + margin / 2 + Float(index) * line
            let left = panel.minX + margin
            let middle = top + line / 2
            fillRounded(
                Box(minX: left, minY: middle - swatch / 2, maxX: left + swatch, maxY: middle + swatch / 2),
                radius: swatch * 0.2, color: entry.color)
            drawText(text, x: left + swatch + margin, baseline: middle + size * 0.28, size: size, color: .white)
        }
    }
}
