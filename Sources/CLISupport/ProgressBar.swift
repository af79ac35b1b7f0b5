import CVCore
import Synchronization

/// A progress bar on standard error for a job over several inputs.
///
/// ```
/// detect  34/340  10% [####                ] 4.2/s  1:13 left
/// ```
///
/// Shown only on a terminal, for more than one input: see ``init(title:total:quiet:)``. It has no colors, so `NO_COLOR`
/// changes nothing. All methods may be called from any thread.
public final class ProgressBar: Sendable {
    /// The minimum time between two updates, in seconds.
    private static let interval = 0.1

    private struct State {
        var done = 0
        var drawnAt: Double?
        /// The columns of the visible line; 0 if none is visible.
        var shown = 0
        /// The number of active calls of `hidden`.
        var hiders = 0
    }

    private let title: String
    private let total: Int
    private let isEnabled: Bool
    private let width: @Sendable () -> Int
    private let write: @Sendable (String) -> Void
    private let seconds: @Sendable () -> Double
    private let started: Double
    private let state = Mutex(State())

    /// A bar on standard error, if that is a terminal, there is more than one input and `quiet` is false.
    ///
    /// - Parameters:
    ///   - title: shown in front of the count.
    ///   - total: the number of inputs.
    ///   - quiet: whether to show nothing.
    public convenience init(title: String, total: Int, quiet: Bool) {
        let start = ContinuousClock.now
        self.init(
            title: title, total: total, isEnabled: !quiet && total > 1 && Terminal.isStandardErrorATerminal,
            width: { Terminal.width }, write: { StandardError.draw($0) },
            seconds: { (ContinuousClock.now - start) / .seconds(1) })
    }

    /// For tests: with all dependencies passed in.
    package init(
        title: String, total: Int, isEnabled: Bool, width: @escaping @Sendable () -> Int,
        write: @escaping @Sendable (String) -> Void, seconds: @escaping @Sendable () -> Double
    ) {
        self.title = title
        self.total = total
        self.isEnabled = isEnabled
        self.width = width
        self.write = write
        self.seconds = seconds
        started = seconds()
        state.withLock { draw(&$0) }
    }

    /// Counts one more input as done.
    public func advance() {
        state.withLock { state in
            state.done += 1
            draw(&state)
        }
    }

    /// Hides the bar while `body` prints, so that lines and bar do not mix.
    ///
    /// - Parameter body: called once.
    /// - Returns: the result of `body`.
    /// - Throws: the error of `body`.
    public func hidden<Result, Failure: Error>(during body: () throws(Failure) -> Result) throws(Failure) -> Result {
        state.withLock { state in
            clear(&state)
            state.hiders += 1
        }
        defer {
            state.withLock { state in
                state.hiders -= 1
                draw(&state, atOnce: true)
            }
        }
        return try body()
    }

    /// Removes the bar. To be called at the end, and before an exit.
    public func finish() {
        state.withLock { state in
            clear(&state)
            state.drawnAt = .infinity
        }
    }

    private func draw(_ state: inout State, atOnce: Bool = false) {
        guard isEnabled, state.hiders == 0 else { return }
        let now = seconds()
        if let last = state.drawnAt, last == .infinity || (!atOnce && now - last < Self.interval) { return }
        let line = line(done: state.done, elapsed: now - started)
        // Overwrite the rest of a longer line with spaces; that works also on terminals without escape codes.
        let rest = String(repeating: " ", count: max(0, state.shown - line.count))
        write("\r" + line + rest + (rest.isEmpty ? "" : "\r" + line))
        state.shown = line.count
        state.drawnAt = now
    }

    private func clear(_ state: inout State) {
        guard state.shown > 0 else { return }
        write("\r" + String(repeating: " ", count: state.shown) + "\r")
        state.shown = 0
    }

    /// The text, truncated so that it never reaches the last column, where some terminals wrap.
    private func line(done: Int, elapsed: Double) -> String {
        let columns = max(width() - 1, 0)
        let head = "\(title)  \(done)/\(total)  \(done * 100 / max(total, 1))%"
        var tail = ""
        if done > 0, elapsed > 0 {
            let rate = Double(done) / elapsed
            let left = min((Double(max(total - done, 0)) / rate).rounded(.up), 359_999)
            tail = " \(Self.short(rate))/s  \(clock(left)) left"
        }
        let room = min(columns - head.count - tail.count - 3, 30)
        if room >= 5 {
            let filled = min(room * done / max(total, 1), room)
            let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: room - filled)
            return head + " [" + bar + "]" + tail
        }
        return String((head + tail).prefix(columns))
    }

    /// Two significant digits below 10, whole numbers above.
    private static func short(_ value: Double) -> String {
        guard value < 1e9 else { return "many" }
        return decimal(value, value >= 10 ? 0 : value >= 0.05 ? 1 : 2)
    }
}
