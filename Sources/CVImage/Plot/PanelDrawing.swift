import CVCore

/// Draws one panel of a plot: heading and legend, grid, and lines.
struct PanelDrawing {
    private let panel: LinePlot.Panel
    private let frame: Box
    private let xAxis, yAxis: PlotAxis
    private let style: PlotStyle

    init(_ panel: LinePlot.Panel, frame: Box, xAxis: PlotAxis, style: PlotStyle) {
        self.panel = panel
        self.frame = frame
        self.xAxis = xAxis
        self.style = style
        yAxis = PlotAxis(
            panel.lines.lazy.flatMap(\.points).map(\.y), count: max(2, Int(clamping: frame.height / style.text / 2.6)),
            isPadded: true, isLogarithmic: panel.isLogarithmic)
    }

    func draw(on image: inout Image, isLast: Bool) {
        guard frame.width > 0, frame.height > 0 else { return }
        drawGrid(on: &image, isLast: isLast)
        for (index, line) in panel.lines.enumerated() { draw(line, color(index), on: &image) }
        drawHeading(on: &image)
    }

    private func color(_ index: Int) -> Color {
        panel.lines[index].color ?? LinePlot.colors[index % LinePlot.colors.count]
    }

    // MARK: Axes

    private func drawGrid(on image: inout Image, isLast: Bool) {
        let size = style.text * 0.9
        for tick in yAxis.ticks {
            let y = self.y(yAxis.position(tick)).rounded()
            image.fill(Box(minX: frame.minX, minY: y, maxX: frame.maxX, maxY: y + 1), color: style.grid)
            let width = TextMetrics(tick.text, size: size).width
            image.drawText(
                tick.text, x: frame.minX - style.text * 0.6 - width, baseline: y + size * 0.33, size: size,
                color: style.faint)
        }
        for tick in xAxis.ticks {
            let x = self.x(xAxis.position(tick)).rounded()
            image.fill(Box(minX: x, minY: frame.minY, maxX: x + 1, maxY: frame.maxY), color: style.grid)
            guard isLast else { continue }
            let width = TextMetrics(tick.text, size: size).width
            image.drawText(
                tick.text, x: x - width / 2, baseline: frame.maxY + size * 1.2, size: size, color: style.faint)
        }
        image.fill(
            Box(minX: frame.minX, minY: frame.maxY, maxX: frame.maxX, maxY: frame.maxY + max(1, style.text / 14)),
            color: style.axis)
    }

    // MARK: Marks

    /// Draws vertical lines, and their labels at the top of the panel.
    func draw(_ marks: [LinePlot.Mark], withLabels: Bool, on image: inout Image) {
        guard frame.width > 0, frame.height > 0 else { return }
        let shown = marks.compactMap { mark in xAxis.position(mark.x).map { (x: x($0).rounded(), label: mark.label) } }
        let size = style.text * 0.8
        for (index, mark) in shown.enumerated() {
            let width = max(1, style.text / 14)
            image.fill(
                Box(minX: mark.x, minY: frame.minY, maxX: mark.x + width, maxY: frame.maxY), color: style.axis)
            let end = index + 1 < shown.count ? shown[index + 1].x : frame.maxX
            let start = mark.x + size * 0.4
            guard withLabels, start + TextMetrics(mark.label, size: size).width <= end else { continue }
            image.drawText(mark.label, x: start, baseline: frame.minY + size * 1.1, size: size, color: style.faint)
        }
    }

    private func x(_ position: Double) -> Float { frame.minX + Float(position) * frame.width }
    private func y(_ position: Double) -> Float { frame.maxY - Float(position) * frame.height }

    // MARK: Lines

    private func draw(_ line: LinePlot.Line, _ color: Color, on image: inout Image) {
        let runs = runs(line)
        for run in runs {
            image.strokePolyline(run, width: run.count == 1 ? style.line * 2.4 : style.line, color: color)
        }
        // Mark the points if there are few.
        guard line.points.count <= 24 else { return }
        for point in runs.joined() { image.fillCircle(center: point, radius: style.line * 1.2, color: color) }
    }

    /// The points split at gaps.
    private func runs(_ line: LinePlot.Line) -> [[Point]] {
        var runs: [[Point]] = [[]]
        for (x, y) in line.points {
            if let across = xAxis.position(x), let up = yAxis.position(y) {
                runs[runs.count - 1].append(Point(x: self.x(across), y: self.y(up)))
            } else if !runs[runs.count - 1].isEmpty {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }

    // MARK: Heading

    /// The label of the y axis on the left, the legend on the right.
    private func drawHeading(on image: inout Image) {
        let baseline = frame.minY - style.text * 0.75
        image.drawText(panel.yLabel, x: frame.minX, baseline: baseline, size: style.text * 1.05, color: style.ink)
        let least = frame.minX + TextMetrics(panel.yLabel, size: style.text * 1.05).width + style.text * 1.5
        let names = panel.lines.map { Tag.shortened($0.name, size: style.text, widest: style.text * 16) }
        let scale = legendScale(names, room: frame.maxX - least)
        let (text, dash, gap) = (style.text * scale, style.text * scale * 1.4, style.text * scale * 0.5)
        var right = frame.maxX
        for (index, name) in names.enumerated().reversed() where !name.isEmpty {
            let start = right - TextMetrics(name, size: text).width
            guard start - gap - dash >= least else {
                let rest = TextMetrics("…", size: text).width
                image.drawText("…", x: right - rest, baseline: baseline, size: text, color: style.ink)
                return
            }
            image.drawText(name, x: start, baseline: baseline, size: text, color: style.ink)
            let middle = baseline - text * 0.27
            image.strokeLine(
                from: Point(x: start - gap - dash, y: middle), to: Point(x: start - gap, y: middle),
                width: style.line * 1.3, color: color(index))
            right = start - gap - dash - dash
        }
    }

    /// How much smaller than other text the names of the legend are, so that all have room; at most to half.
    private func legendScale(_ names: [String], room: Float) -> Float {
        func width(_ scale: Float) -> Float {
            let text = style.text * scale
            // Nothing stands between the last name and the edge.
            return names.filter { !$0.isEmpty }.reduce(-text * 1.4) {
                $0 + TextMetrics($1, size: text).width + text * 3.3
            }
        }
        let scales = stride(from: Float(1), through: 0.5, by: -0.05)
        return scales.first { width($0) <= room } ?? 0.5
    }
}
