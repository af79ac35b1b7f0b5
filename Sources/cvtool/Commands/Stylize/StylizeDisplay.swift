import CLISupport
import CVCore
import CVStyle

/// Shows the progress on standard error: a line for each scale, and on a terminal another for the current step.
///
/// ```
/// 5 sizes from 128 × 128 to 512 × 512, 1200 steps, about 640 MB of memory
/// 128 × 128  400 steps  content 0.2114  style 0.0132  smoothness 0.0021  8.1 s
/// 181 × 181  [#####               ] 52/200  content 0.2170  style 0.0148  smoothness 0.0019  1:48 left
/// ```
final class StylizeDisplay {
    private let line: StatusLine
    private let start = ContinuousClock.now
    private var scaleStart = 0.0

    init(_ plan: StylePlan, _ options: StyleOptions, quiet: Bool) {
        line = StatusLine(quiet: quiet)
        let last = plan.scales[plan.scales.count - 1]
        let first = plan.scales[0]
        let sizes =
            plan.scales.count == 1
            ? "\(last.width) × \(last.height)"
            : "\(plan.scales.count) sizes from \(first.width) × \(first.height) to \(last.width) × \(last.height)"
        line.say("\(sizes), \(pluralized(plan.steps, "step")), about \(readableBytes(plan.bytes)) of memory")
    }

    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    func show(_ step: StyleStep) {
        let (now, size) = (seconds, "\(step.width) × \(step.height)")
        if step.step == step.steps {
            line.say("\(size)  \(step.steps) steps  \(step.losses.columns)  \(decimal(now - scaleStart, 1)) s")
            scaleStart = now
            return
        }
        line.show(at: now) {
            let left = step.progress > 0 ? now / step.progress * (1 - step.progress) : 0
            return "\(size)  \(StatusLine.bar(step.step, of: step.steps))  \(step.losses.columns)  \(clock(left)) left"
        }
    }

    func finish() { line.clear() }
}

extension StyleLosses {
    private var numbers: [String] {
        [("content", content), ("style", style), ("smoothness", variation)].map { "\($0) \(decimal(Double($1), 4))" }
    }
    fileprivate var columns: String { numbers.joined(separator: "  ") }
    /// `content 0.2114, style 0.0132, smoothness 0.0021`.
    var text: String { numbers.joined(separator: ", ") }
}
