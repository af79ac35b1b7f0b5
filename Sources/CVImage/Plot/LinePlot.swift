import CVCore

/// A line plot with one or several panels over a common x axis, such as training curves.
///
/// ```swift
/// let plot = LinePlot(title: "resnet20", xLabel: "epoch", panels: [
/// .init(yLabel: "loss", lines: [.init("training", losses), .init("validation", validationLosses)]),
/// .init(yLabel: "accuracy", lines: [.init("validation", accuracies)]),
/// ])
/// try plot.image(width: 1200, height: 900).write(to: "curves.png")
/// ```
///
/// All values are allowed: NaN and infinity are gaps, and a single point is a dot.
public struct LinePlot: Sendable {
    /// A line with its name.
    public struct Line: Sendable {
        /// The name in the legend.
        public let name: String
        /// The points in drawing order, in units of the axes.
        public let points: [(x: Double, y: Double)]
        /// The color; nil for the next of ``LinePlot/colors``.
        public let color: Color?

        /// A line.
        ///
        /// - Parameters:
        ///   - name: in the legend.
        ///   - points: in units of the axes.
        ///   - color: nil for the next of ``LinePlot/colors``.
        public init(_ name: String, _ points: [(x: Double, y: Double)], color: Color? = nil) {
            self.name = name
            self.points = points
            self.color = color
        }
    }

    /// A panel: lines with a common y axis.
    public struct Panel: Sendable {
        /// The label of the y axis, above the panel.
        public var yLabel: String
        /// The lines, in drawing order.
        public var lines: [Line]
        /// Whether the y axis is logarithmic; values of 0 or less are then gaps.
        public var isLogarithmic: Bool

        /// A panel.
        ///
        /// - Parameters:
        ///   - yLabel: above the panel.
        ///   - lines: in drawing order.
        ///   - isLogarithmic: whether the y axis is logarithmic.
        public init(yLabel: String, lines: [Line], isLogarithmic: Bool = false) {
            self.yLabel = yLabel
            self.lines = lines
            self.isLogarithmic = isLogarithmic
        }
    }

    /// A vertical line through all panels, such as the begin of a phase.
    public struct Mark: Sendable {
        /// The position in units of the x axis.
        public let x: Double
        /// The text right of the line, in the first panel; left out where the next mark is too near.
        public let label: String

        /// A mark.
        ///
        /// - Parameters:
        ///   - x: in units of the x axis.
        ///   - label: right of the line.
        public init(x: Double, label: String) { (self.x, self.label) = (x, label) }
    }

    /// The title.
    public var title: String
    /// The label of the x axis.
    public var xLabel: String
    /// The panels, from top to bottom.
    public var panels: [Panel]
    /// Vertical lines, from left to right.
    public var marks: [Mark] = []

    /// A plot.
    ///
    /// - Parameters:
    ///   - title: above the panels.
    ///   - xLabel: of the common x axis.
    ///   - panels: from top to bottom.
    public init(title: String = "", xLabel: String, panels: [Panel]) {
        self.title = title
        self.xLabel = xLabel
        self.panels = panels
    }

    /// The default colors of lines: those of ``Palette`` that are dark enough on white.
    public static let colors: [Color] = Array(
        (0..<64).lazy.map(Palette.color(forClass:)).filter { $0.luminance < 0.3 }.prefix(16))

    /// Renders the plot; text and lines scale with the size.
    ///
    /// - Parameters:
    ///   - width: in pixels, at least 160.
    ///   - height: in pixels, at least 120.
    /// - Returns: an RGB image.
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
            drawing.draw(marks, withLabels: index == 0, on: &image)
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
            values, count: max(2, Int(clamping: Float(width) / style.text / 5)), isPadded: false,
            isWhole: values.allSatisfy { !$0.isFinite || $0 == $0.rounded() })
    }
}

/// The sizes and colors of a plot.
struct PlotStyle {
    /// The height of a line of text, in pixels.
    let text: Float
    let line: Float
    let ink = Color(45, 48, 54), faint = Color(112, 117, 126), grid = Color(230, 232, 236), axis = Color(160, 165, 173)

    init(width: Int, height: Int) {
        text = min(max((Float(min(width, height * 4 / 3)) / 56).rounded(), 10), 60)
        line = max(text / 8, 1.5)
    }
}

/// The layout of the panels.
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

    /// The frame of a panel, without the heading above it.
    func frame(_ index: Int) -> Box {
        let room = (bottom - top - gap * Float(count - 1)) / Float(count)
        let start = top + (room + gap) * Float(index)
        return Box(minX: left, minY: (start + heading).rounded(), maxX: right, maxY: (start + room).rounded())
    }
}
