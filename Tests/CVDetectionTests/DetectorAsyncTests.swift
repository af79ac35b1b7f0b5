import CVCore
import CVDetection
import CVImage
import Foundation
import TestSupport
import Testing

@Suite("Detection in tasks", .timeLimit(.minutes(5))) struct DetectorAsyncTests {
    @Test("Many at a time find what one finds, and other tasks go on meanwhile") func manyAtATime() async throws {
        let detector = try Detector()
        let image = try Image(contentsOf: packageFolder.appending(path: "SampleImages/retriever.jpg"))
        let expected = { detector.detect(image) }()
        #expect(!expected.isEmpty)
        let start = ContinuousClock.now
        let count = 3 * Parallel.availableCores + 2
        let ticker = Task { await Self.longestPause(from: start) }
        let equal = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<count { group.addTask { try await detector.detect(image) == expected } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let total = ContinuousClock.now - start
        ticker.cancel()
        #expect(equal == count)
        // On the pool itself, all but the last detections would have come before its first tick.
        let pause = await ticker.value
        #expect(pause < total / 2, "\(pause) of \(total)")
    }

    /// How long a task of the cooperative pool waited at most for its turn, until it is canceled.
    private static func longestPause(from start: ContinuousClock.Instant) async -> Duration {
        var (longest, last) = (Duration.zero, start)
        while !Task.isCancelled {
            let now = ContinuousClock.now
            longest = max(longest, now - last)
            last = now
            try? await Task.sleep(for: .milliseconds(1))
        }
        return longest
    }

    @Test("A task that was canceled detects nothing") func cancellation() async throws {
        let detector = try Detector().resized(width: 32, height: 32)
        let image = Image(width: 8, height: 8, fill: .white)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await detector.detect(image)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
