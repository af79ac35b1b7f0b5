import CVCore
import Dispatch
import Synchronization
import Testing

@Suite("Background threads", .timeLimit(.minutes(10))) struct BackgroundThreadsTests {
    @Test("The cooperative pool goes on while more work than cores is held up") func poolGoesOn() async throws {
        let count = 4 * Parallel.availableCores + 4
        let threads = BackgroundThreads(limit: count)
        let begun = Counter()
        let gate = DispatchSemaphore(value: 0)
        let ticks = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<count {
                group.addTask {
                    try await threads.run { _ in
                        begun.add(1)
                        gate.wait()
                        return 0
                    }
                }
            }
            // All pieces of work are held up at a time. On the pool, this task would never run again.
            group.addTask {
                // Also where the test runs out of its time, which cancels the sleep: nothing else lets the work end.
                defer { for _ in 0..<count { gate.signal() } }
                var ticks = 0
                while begun.value < count || ticks < 100 {
                    try await Task.sleep(for: .milliseconds(1))
                    ticks += 1
                }
                return ticks
            }
            return try await group.reduce(0, +)
        }
        #expect(ticks >= 100)
        #expect(begun.value == count)
    }

    @Test("No more pieces of work run at a time than allowed") func limit() async throws {
        let threads = BackgroundThreads(limit: 2)
        let (running, most) = (Counter(), Counter())
        let results = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try await threads.run { _ in
                        most.raise(to: running.add(1))
                        usleep(2000)
                        running.add(-1)
                        return index * index
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.sorted() == (0..<20).map { $0 * $0 })
        #expect(most.value == 2)
    }

    @Test("Errors arrive where the work is awaited") func errors() async throws {
        await #expect(throws: FileError("x", .exists)) {
            try await BackgroundThreads.shared.run { _ in throw FileError("x", .exists) }
        }
    }

    @Test("Work that has not begun is canceled at once, running work is notified") func cancellation() async throws {
        let threads = BackgroundThreads(limit: 1)
        let gate = DispatchSemaphore(value: 0)
        let hasBegun = Counter()
        let first = Task {
            try await threads.run { isCanceled in
                hasBegun.add(1)
                gate.wait()
                return isCanceled()
            }
        }
        while hasBegun.value == 0 { try await Task.sleep(for: .milliseconds(1)) }
        let hasRun = Counter()
        let second = Task { try await threads.run { _ in hasRun.add(1) } }
        try await Task.sleep(for: .milliseconds(5))
        second.cancel()
        // Ends although the one thread is held up.
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        gate.signal()
        #expect(try await first.value)
        // The next one finds the queue empty.
        #expect(try await threads.run { _ in 7 } == 7)
        #expect(hasRun.value == 0)
    }
}

/// A number that many threads change.
private final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .relaxed) }

    @discardableResult func add(_ change: Int) -> Int { number.add(change, ordering: .relaxed).newValue }
    func raise(to least: Int) { number.max(least, ordering: .relaxed) }
}
