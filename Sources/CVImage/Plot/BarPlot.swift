import CVCore

/// A plot of horizontal bars, one below the other, such as the number of objects of each class.
///
/// ```swift
/// let plot = BarPlot(title: "objects", bars: [.init("cat", 12), .init("dog", 30, text: "30 (71 %)")])
/// try plot.image(width: 900).write(to: "objects.png")
/// ```
public struct BarPlot: Sendable {
    /// A bar with its name.
    public struct Bar: Sendable {
        /// The name on the left.
        public let label: String
        /// The length, in units of the axis; less than 0 and NaN are drawn as 0.
        public let value: Double
        /// The text behind the bar.
        public let text: String
        /// The color; nil for the first of ``LinePlot/colors``.
        public let color: Color?

        /// A bar.
        ///
        /// - Parameters:
        ///   - label: on the left.
        ///   - value: the length, in units of the axis.
        ///   - text: behind the bar; nil for the value.
        ///   - color: nil for the first of ``LinePlot/colors``.
        public init(_ label: String, _ value: Double, text: String? = nil, color: Color? = nil) {
            (self.label, self.value, self.color) = (label, value, color)
            self.text = text ?? (value == value.rounded() ? decimal(value, 0) : decimal(value, 4))
        }
    }

    /// The title above the bars.
    public var title: String
    /// From top to bottom.
    public var bars: [Bar]

    /// The most bars that are drawn; the title says so if there are more.
    public static let mostBars = 200

    /// A plot.
    ///
    /// - Parameters:
    ///   - title: above the bars.
    ///   - bars: from top to bottom.
    public init(title: String, bars: [Bar]) { (self.title, self.bars) = (title, bars) }

    /// Renders the plot; its height follows from the number of bars.
    ///
    /// - Parameters:
    ///   - width: in pixels, at least 240.
    ///   - textSize: the height of a line of text in pixels, 8 to 60.
    /// - Returns: an RGB image.
    public func image(width: Int = 900, textSize: Float = 16) -> Image {
        let width = max(width, 240)
        let size = min(max(textSize, 8), 60)
        let shown = bars.prefix(Self.mostBars)
        let row = size * 1.8
        let top = size * 2.9
        let height = Int(clamping: (top + row * Float(max(shown.count, 1)) + size).rounded(.up))
        var image = Image(width: width, height: height, fill: .white)
        let style = PlotStyle(width: width, height: height)
        let heading = bars.count > shown.count ? "\(title) (the first \(shown.count) of \(bars.count))" : title
        image.drawText(
            Tag.shortened(heading, size: size * 1.2, widest: Float(width) - size * 2), x: size, baseline: size * 1.8,
            size: size * 1.2, color: style.ink)
        let labels = shown.map { Tag.shortened($0.label, size: size, widest: Float(width) * 0.35) }
        let left = size * 1.6 + (labels.map { TextMetrics($0, size: size).width }.max() ?? 0)
        let room = Float(width) - left - size * 2.2 - (shown.map { TextMetrics($0.text, size: size).width }.max() ?? 0)
        let most = shown.map(\.value).filter(\.isFinite).max() ?? 0
        for (index, (bar, label)) in zip(shown, labels).enumerated() {
            let start = top + row * Float(index)
            let baseline = start + row * 0.5 + size * 0.33
            image.drawText(
                label, x: left - size * 0.6 - TextMetrics(label, size: size).width, baseline: baseline, size: size,
                color: style.ink)
            let part = most > 0 && bar.value.isFinite ? Float(max(0, bar.value) / most) : 0
            let end = left + max(1, part * max(room, 1))
            image.fill(
                Box(minX: left, minY: start + row * 0.18, maxX: end, maxY: start + row * 0.82),
                color: bar.color ?? LinePlot.colors[0])
            image.drawText(bar.text, x: end + size * 0.5, baseline: baseline, size: size, color: style.faint)
        }
        return image
    }
}
