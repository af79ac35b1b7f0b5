/// Lines over a common axis, in one panel or several below each other: curves of a training, for instance.
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
        /// Nil for one that differs from those of the other lines.
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
        /// A logarithmic axis; values of 0 or less are gaps.
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

    /// The plot as a picture, in pixels.
    public func image(width: Int = 1200, height: Int = 900) -> Image {
        Image(width: width, height: height, fill: .white)
    }
}
