import CVCore
import CVDetection
import CVImage
import Foundation
import TestSupport
import Testing

@Suite("Detection in tasks", .timeLimit(.minutes(5))) struct DetectorAsyncTests {
    @Test("detect: many tasks find what one finds, and the cooperative pool goes on") func manyAtATime() async throws {
        let detector = try Detector()
        let image = try Image(contentsOf: packageFolder.appending(path: "SampleImages/room.jpg"))
        let expected = try { try detector.detect(image) }()
        #expect(!expected.isEmpty)
        let count = 3 * Parallel.availableCores + 2
        // On the pool itself there would be a tick for each round of its threads at most. Other tests use the pool as well,
        // so it may take some tries to see it free.
        var ticks = 0
        for attempt in 0..<100 where ticks <= count {
            if attempt > 0 { try await Task.sleep(for: .milliseconds(20)) }
            let ticker = Task { await Self.ticks() }
            let equal = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<count { group.addTask { try await detector.detect(image) == expected } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            ticker.cancel()
            #expect(equal == count)
            ticks = await ticker.value
        }
        #expect(ticks > count)
    }

    /// How often a task of the cooperative pool has its turn until it is canceled, once a millisecond at most.
    private static func ticks() async -> Int {
        var ticks = 0
        while !Task.isCancelled {
            ticks += 1
            try? await Task.sleep(for: .milliseconds(1))
        }
        return ticks
    }

    @Test("detect: a canceled task detects nothing") func cancellation() async throws {
        let detector = try Detector().resized(width: 32, height: 32)
        let image = Image(width: 8, height: 8, fill: .white)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await detector.detect(image)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
