import CVImage

extension TrainingLog {
    /// The losses in one panel; below them a panel for the other metrics, such as the accuracy, if there are any.
    public func curves(title: String = "") -> LinePlot {
        var lines = [LinePlot.Line("training", points { $0.loss })]
        if Self.names(rows.map(\.metrics)).contains("loss") {
            lines.append(.init("held back", points { $0.metrics["loss"] }))
        }
        return LinePlot(
            title: title, xLabel: "epoch", panels: [LinePlot.Panel(yLabel: "loss", lines: lines)] + metricPanels)
    }

    /// A metric that training and evaluation both give has the colours that their losses have.
    private var metricPanels: [LinePlot.Panel] {
        let training = Self.names(rows.map(\.trainingMetrics))
        let all = (Self.names(rows.map(\.metrics)) + training).filter { $0 != "loss" }
        let names = all.enumerated().filter { all.firstIndex(of: $1) == $0 }.map(\.element)
        let held = names.enumerated().map { index, name in
            LinePlot.Line(
                names.count > 1 ? "\(name), held back" : "held back", points { $0.metrics[name] },
                color: LinePlot.colors[(2 * index + 1) % LinePlot.colors.count])
        }
        let trained = names.enumerated().filter { training.contains($1) }.map { index, name in
            LinePlot.Line(
                names.count > 1 ? "\(name), training" : "training", points { $0.trainingMetrics[name] },
                color: LinePlot.colors[2 * index % LinePlot.colors.count])
        }
        guard !names.isEmpty else { return [] }
        return [LinePlot.Panel(yLabel: names.count == 1 ? names[0] : "metrics", lines: trained + held)]
    }

    private func points(_ value: (TrainingRow) -> Double?) -> [(x: Double, y: Double)] {
        rows.map { (Double($0.epoch), value($0) ?? .nan) }
    }
}
