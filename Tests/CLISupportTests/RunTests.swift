import CLISupport
import Foundation
import Synchronization
import Testing

@Suite struct RunTests {
    // Testing also has a type of this name.
    typealias ExitStatus = CLISupport.ExitStatus

    @Test("run summary: the exit code follows successes and failures") func statusFollowsWhatBecameOfTheInputs() {
        func status(_ succeeded: Int, _ failed: Int, interrupted: Bool = false) -> ExitStatus {
            var summary = RunSummary(total: succeeded + failed)
            for _ in 0..<succeeded { summary.recordSuccess() }
            for index in 0..<failed { summary.recordFailure("\(index).jpg") }
            summary.isInterrupted = interrupted
            return summary.status
        }
        #expect(status(3, 0) == .success)
        #expect(status(0, 0) == .success)
        #expect(status(2, 1) == .partial)
        #expect(status(0, 1) == .failure)
        #expect(status(0, 3) == .failure)
        #expect(status(1, 1, interrupted: true) == .interrupted)
        #expect([ExitStatus.success, .failure, .partial, .usage, .interrupted].map(\.rawValue) == [0, 1, 2, 64, 130])
    }

    @Test("run summary: failures of several inputs are listed") func summaryListsFailuresOfSeveralInputs() {
        var summary = RunSummary(total: 30)
        summary.recordSuccess()
        #expect(summary.text == nil)
        summary.recordFailure("a\nb.jpg")
        #expect(summary.text == "1 of 30 inputs failed:\n  a\\nb.jpg\n")
        for index in 0..<24 { summary.recordFailure("\(index).jpg") }
        #expect(summary.text?.hasSuffix("  18.jpg\n  and 5 more\n") == true)
        summary.isInterrupted = true
        #expect(summary.text?.hasPrefix("interrupted: 26 of 30 inputs were worked on\n25 of 30") == true)
        var single = RunSummary(total: 1)
        single.recordFailure("a.jpg")
        #expect(single.text == nil)
    }

    @Test("interruption: SIGINT sets the flag, a closed pipe is an error")
    func interruptSetsTheFlagAndALostReaderIsAnError() throws {
        Interruption.install()
        #expect(!Interruption.isRequested)
        // To the process, not to this thread: pool threads block signals.
        kill(getpid(), SIGINT)
        for _ in 0..<2000 where !Interruption.isRequested { usleep(1000) }
        #expect(Interruption.isRequested)
        Interruption.install()
        #expect(!Interruption.isRequested)

        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        try StandardOutput.write("héllo\n", to: ends[1])
        var bytes = [UInt8](repeating: 0, count: 64)
        #expect(read(ends[0], &bytes, 64) == 7)
        #expect(String(decoding: bytes[..<7], as: UTF8.self) == "héllo\n")
        close(ends[0])
        #expect(throws: StreamError.closed) { try StandardOutput.write("x", to: ends[1]) }
        close(ends[1])
        #expect(throws: StreamError.failed(reason: "Bad file descriptor")) { try StandardOutput.write("x", to: -1) }
    }

    @Test("terminal: the width comes from COLUMNS, then from the terminal") func widthComesFromColumnsThenTheTerminal()
    {
        #expect(Terminal.width(columns: "120", ofTerminal: 90) == 120)
        #expect(Terminal.width(columns: nil, ofTerminal: 90) == 90)
        #expect(Terminal.width(columns: nil, ofTerminal: nil) == 80)
        for bad in ["", "0", "-5", "wide", "99999999999999999999"] {
            #expect(Terminal.width(columns: bad, ofTerminal: 90) == 90)
        }
    }
}

@Suite struct ProgressBarTests {
    /// A terminal that interprets carriage return and line feed, with a manual clock.
    final class Screen: Sendable {
        struct State {
            var lines = [[Character]()]
            var column = 0
            var widest = 0
            var writes = 0
            var now = 0.0
        }
        let state = Mutex(State())

        func write(_ text: String) {
            state.withLock { state in
                state.writes += 1
                for character in text {
                    switch character {
                    case "\r": state.column = 0
                    case "\n":
                        state.lines.append([])
                        state.column = 0
                    default:
                        let last = state.lines.count - 1
                        if state.column < state.lines[last].count {
                            state.lines[last][state.column] = character
                        } else {
                            state.lines[last].append(character)
                        }
                        state.column += 1
                        state.widest = max(state.widest, state.column)
                    }
                }
            }
        }

        /// The visible lines, without trailing spaces.
        var text: [String] {
            state.withLock { state in
                state.lines.map { line in
                    var line = line
                    while line.last == " " { line.removeLast() }
                    return String(line)
                }
            }
        }

        func wait(_ seconds: Double) { state.withLock { $0.now += seconds } }

        func bar(total: Int, width: Int = 80, isEnabled: Bool = true) -> ProgressBar {
            ProgressBar(
                title: "detect", total: total, isEnabled: isEnabled, width: { width }, write: { self.write($0) },
                seconds: { self.state.withLock { $0.now } })
        }
    }

    @Test("progress bar: shows count, percent, rate and time left") func saysCountPercentRateAndTimeLeft() {
        let screen = Screen()
        let bar = screen.bar(total: 40)
        #expect(screen.text == ["detect  0/40  0% [                              ]"])
        for _ in 0..<10 {
            screen.wait(0.5)
            bar.advance()
        }
        #expect(screen.text == ["detect  10/40  25% [#######                       ] 2.0/s  0:15 left"])
        bar.finish()
        #expect(screen.text == [""])
        bar.advance()
        #expect(screen.text == [""])
    }

    @Test("progress bar: updates at most ten times a second") func drawsAtMostTenTimesASecond() {
        let screen = Screen()
        let bar = screen.bar(total: 100_000)
        for _ in 0..<10_000 {
            screen.wait(0.001)
            bar.advance()
        }
        #expect(screen.state.withLock { $0.writes } <= 101)
        #expect(screen.state.withLock { $0.writes } > 80)
    }

    @Test("progress bar: printed lines do not mix with the bar") func printedLinesAreNotMixedWithTheBar() {
        let screen = Screen()
        let bar = screen.bar(total: 3)
        for name in ["a", "b"] {
            screen.wait(1)
            bar.hidden {
                screen.write(name)
                // Another thread's progress must not be drawn into the middle of the line.
                bar.advance()
                screen.write(".jpg\n")
            }
        }
        #expect(screen.text.count == 3)
        #expect(screen.text[..<2] == ["a.jpg", "b.jpg"])
        #expect(screen.text[2].hasPrefix("detect  2/3  66% ["))
        bar.finish()
        #expect(screen.text == ["a.jpg", "b.jpg", ""])
    }

    @Test(
        "progress bar: fits the width of the terminal",
        arguments: [1, 2, 10, 20, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 60, 200]) func fitsTheWidth(width: Int)
    {
        let screen = Screen()
        let bar = screen.bar(total: 1000, width: width)
        for _ in 0..<1000 {
            screen.wait(7)
            bar.advance()
        }
        #expect(screen.state.withLock { $0.widest } < width)
        bar.finish()
        #expect(screen.text == [""])
    }

    @Test("progress bar: writes nothing when disabled") func writesNothingWhenNotEnabled() {
        let screen = Screen()
        let bar = screen.bar(total: 10, isEnabled: false)
        screen.wait(9)
        bar.advance()
        bar.hidden {}
        bar.finish()
        #expect(screen.state.withLock { $0.writes } == 0)
        // Under a test runner without a terminal, or with one input: no bar either.
        ProgressBar(title: "x", total: 1, quiet: false).advance()
    }
}
