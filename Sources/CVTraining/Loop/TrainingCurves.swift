import CVImage

extension TrainingLog {
    /// Plots the losses in one panel and below it the other metrics, such as the accuracy, if there are any.
    ///
    /// - Parameters:
    ///   - title: above the panels.
    ///   - isAugmented: whether the training metrics are those of augmented images, which a note then says: they are often
    ///     worse than those on validation.
    /// - Returns: a plot over the epochs.
    public func curves(title: String = "", isAugmented: Bool = false) -> LinePlot {
        var lines = [LinePlot.Line("training", points { $0.loss })]
        if Self.names(rows.map(\.metrics)).contains("loss") {
            lines.append(.init("validation", points { $0.metrics["loss"] }))
        }
        return LinePlot(
            title: title, xLabel: isAugmented ? "epoch (training: measured on augmented images)" : "epoch",
            panels: [LinePlot.Panel(yLabel: "loss", lines: lines)] + metricPanels)
    }

    /// Fractions, and what goes beyond 1, have a panel each.
    private var metricPanels: [LinePlot.Panel] {
        let (held, training) = (Self.names(rows.map(\.metrics)), Self.names(rows.map(\.trainingMetrics)))
        let names = (held + training.filter { !held.contains($0) }).filter { $0 != "loss" }
        func isLarge(_ name: String) -> Bool {
            rows.contains { abs($0.metrics[name] ?? 0) > 1 || abs($0.trainingMetrics[name] ?? 0) > 1 }
        }
        return [names.filter { !isLarge($0) }, names.filter(isLarge)].compactMap { metricPanel($0, held, training) }
    }

    /// Each name has two colors of its own; a single one has those of the losses.
    private func metricPanel(_ names: [String], _ held: [String], _ training: [String]) -> LinePlot.Panel? {
        guard !names.isEmpty else { return nil }
        func line(_ name: String, _ part: String, _ color: Int, _ value: (EpochResult) -> Double?) -> LinePlot.Line {
            LinePlot.Line(
                names.count > 1 ? "\(name), \(part)" : part, points(value),
                color: LinePlot.colors[color % LinePlot.colors.count])
        }
        let lines = names.enumerated().flatMap { index, name in
            (training.contains(name) ? [line(name, "training", 2 * index) { $0.trainingMetrics[name] }] : [])
                + (held.contains(name) ? [line(name, "validation", 2 * index + 1) { $0.metrics[name] }] : [])
        }
        return LinePlot.Panel(yLabel: names.count == 1 ? names[0] : "metrics", lines: lines)
    }

    private func points(_ value: (EpochResult) -> Double?) -> [(x: Double, y: Double)] {
        rows.map { (Double($0.epoch), value($0) ?? .nan) }
    }
}
