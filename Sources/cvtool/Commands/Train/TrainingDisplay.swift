import CLISupport
import CVCore
import CVNN
import CVTraining

/// Shows a training on standard error: a line for each epoch, and on a terminal below them one for the current step.
///
/// ```
/// epoch  3/36  rate 0.1987  loss 1.1034  accuracy 0.6012  val loss 1.0021  val accuracy 0.6450  63 s, 44:12 left
/// epoch  4/36  [####            ] 120/351  loss 1.0312  43:50 left
/// ```
final class TrainingDisplay {
    private let quiet: Bool
    /// Shown before the line of the current step.
    private let title: String
    private let line: StatusLine
    private var epochs = 0
    private var timeRemaining: Double?

    init(quiet: Bool, title: String = "") {
        self.quiet = quiet
        self.title = title
        line = StatusLine(quiet: quiet)
    }

    func show(_ event: TrainingEvent) {
        if quiet { return }
        switch event {
        case .began(let epoch, let step) where (epoch, step) != (0, 0):
            line.say("resuming in epoch \(epoch + 1), after step \(step)")
        case .step(let step): show(step)
        case .epochEnded(let row): line.say(text(row))
        case .began, .improved, .saved, .stopped: break
        }
    }

    /// Removes the line of the current step from the screen.
    func finish() { line.clear() }

    private func show(_ step: TrainingStep) {
        epochs = step.epochs
        timeRemaining = step.timeRemaining
        line.show(at: step.seconds) {
            "\(title)epoch \(number(step.epoch + 1))  "
                + StatusLine.bar(step.step + 1, of: step.stepsPerEpoch)
                + "  loss \(decimal(Double(step.loss), 4))\(left)"
        }
    }

    private func text(_ row: EpochResult) -> String {
        let metrics =
            row.trainingMetrics.map { ($0.name, $0.value) } + row.metrics.map { ("val " + $0.name, $0.value) }
        let texts = metrics.map { "  \($0) \(decimal($1, 4))" }.joined()
        return "epoch \(number(row.epoch))  rate \(decimal(Double(row.learningRate), 5))  "
            + "loss \(decimal(row.loss, 4))\(texts)  \(decimal(row.seconds, 1)) s\(row.epoch < epochs ? left : "")"
    }

    /// `  3/36`, as wide for the first epoch as for the last.
    private func number(_ epoch: Int) -> String { "\(epoch)".padded(to: "\(epochs)".count, left: true) + "/\(epochs)" }

    private var left: String { timeRemaining.map { "  \(clock($0)) left" } ?? "" }
}
