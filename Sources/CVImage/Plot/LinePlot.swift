/// Lines over a common axis, in one panel or several below each other: the curves of a training, for instance.
///
/// ```swift
/// let plot = LinePlot(title: "resnet20", xLabel: "epoch", panels: [
///     .init(yLabel: "loss", lines: [.init("training", losses), .init("held back", devLosses)]),
///     .init(yLabel: "accuracy", lines: [.init("held back", accuracies)]),
/// ])
/// try plot.image(width: 1200, height: 900).write(to: "curves.png")
/// ```
/// Any numbers will do: NaN and infinity are gaps, and one point alone is a dot.
public struct LinePlot: Sendable {
    public struct Line: Sendable {
        public let name: String
        public let points: [(x: Double, y: Double)]
        /// Nil for the next of `LinePlot.colors`.
        public let color: Color?

        public init(_ name: String, _ points: [(x: Double, y: Double)], color: Color? = nil) {
            self.name = name
            self.points = points
            self.color = color
        }
    }

    /// Lines with a common vertical axis.
    public struct Panel: Sendable {
        public var yLabel: String
        public var lines: [Line]
        /// Whether the axis goes by powers of ten; values of 0 or less are then gaps.
        public var isLogarithmic: Bool

        public init(yLabel: String, lines: [Line], isLogarithmic: Bool = false) {
            self.yLabel = yLabel
            self.lines = lines
            self.isLogarithmic = isLogarithmic
        }
    }

    public var title: String
    public var xLabel: String
    public var panels: [Panel]

    public init(title: String = "", xLabel: String, panels: [Panel]) {
        self.title = title
        self.xLabel = xLabel
        self.panels = panels
    }

    /// Those of the palette that are dark enough for a thin line on white.
    public static let colors: [Color] = Array(
        (0..<64).lazy.map(Palette.color(forClass:)).filter { $0.luminance < 0.3 }.prefix(16))

    /// The plot as a picture, in pixels; at least 160 × 120, and text and lines grow with it.
    public func image(width: Int = 1200, height: Int = 900) -> Image {
        let (width, height) = (max(width, 160), max(height, 120))
        var image = Image(width: width, height: height, fill: .white)
        let style = PlotStyle(width: width, height: height)
        let xAxis = xAxis(style, width: width)
        let layout = PlotLayout(self, style, width: width, height: height)
        if !title.isEmpty {
            let size = style.text * 1.25
            let text = Tag.shortened(title, size: size, widest: layout.right - layout.left)
            image.drawText(text, x: layout.left, baseline: style.text * 1.9, size: size, color: style.ink)
        }
        for (index, panel) in panels.enumerated() {
            let drawing = PanelDrawing(panel, frame: layout.frame(index), xAxis: xAxis, style: style)
            drawing.draw(on: &image, isLast: index == panels.count - 1)
        }
        let metrics = TextMetrics(xLabel, size: style.text)
        image.drawText(
            xLabel, x: (layout.left + layout.right - metrics.width) / 2, baseline: Float(height) - style.text * 0.65,
            size: style.text, color: style.ink)
        return image
    }

    private func xAxis(_ style: PlotStyle, width: Int) -> PlotAxis {
        let values = panels.lazy.flatMap(\.lines).flatMap(\.points).map(\.x)
        return PlotAxis(
            values, count: max(2, Int(Float(width) / style.text / 5)), isPadded: false,
            isWhole: values.allSatisfy { !$0.isFinite || $0 == $0.rounded() })
    }
}

/// Sizes and colours of a plot.
struct PlotStyle {
    /// Height of a line of text, in pixels.
    let text: Float
    let line: Float
    let ink = Color(45, 48, 54), faint = Color(112, 117, 126), grid = Color(230, 232, 236), axis = Color(160, 165, 173)

    init(width: Int, height: Int) {
        text = min(max((Float(min(width, height * 4 / 3)) / 56).rounded(), 10), 60)
        line = max(text / 8, 1.5)
    }
}

/// Where the panels are.
private struct PlotLayout {
    let left, right: Float
    private let top, bottom, heading, gap: Float
    private let count: Int

    init(_ plot: LinePlot, _ style: PlotStyle, width: Int, height: Int) {
        left = style.text * 4
        right = Float(width) - style.text * 1.5
        top = plot.title.isEmpty ? style.text * 0.5 : style.text * 2.9
        bottom = Float(height) - style.text * 3.2
        heading = style.text * 2
        gap = style.text * 1.6
        count = plot.panels.count
    }

    /// Without its heading, which stands above it.
    func frame(_ index: Int) -> Box {
        let room = (bottom - top - gap * Float(count - 1)) / Float(count)
        let start = top + (room + gap) * Float(index)
        return Box(minX: left, minY: (start + heading).rounded(), maxX: right, maxY: (start + room).rounded())
    }
}
