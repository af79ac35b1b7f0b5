import CVCore
import Dispatch
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    /// Concurrent callers, tiny regions and a varying number of threads: each index is visited once before the call
    /// returns, or the pool reports that it is in use.
    @Test("worker pool: concurrent callers do not interfere") func callersDoNotDisturbEachOther() {
        let pool = WorkerPool()
        let wrong = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 3) { caller in
            var visits = [Int](repeating: 0, count: 12)
            for region in 0..<20_000 {
                let count = (region + caller) % visits.count
                let isDone = visits.withUnsafeMutableBufferPointer { visits in
                    nonisolated(unsafe) let visits = visits
                    return pool.run(count, workers: 2 + region / 50 % 5) { visits[$0] += $0 + region }
                }
                if !isDone { refused.add(1, ordering: .relaxed) }
                for index in visits.indices {
                    let expected = isDone && index < count ? index + region : 0
                    if visits[index] != expected { wrong.add(1, ordering: .relaxed) }
                    visits[index] = 0
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(refused.load(ordering: .relaxed) < 60_000)
    }

    /// Regions that need two threads to finish, after pauses of which some are long enough for the other thread to
    /// sleep.
    @Test("worker pool: sleeping threads wake up for every region") func everyRegionIsHeard() {
        let pool = WorkerPool()
        let pauses: [UInt64] = [0, 20, 45, 50, 52, 55, 60, 100, 5000]
        for pause in pauses.flatMap({ [UInt64](repeating: $0, count: 20) }) {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .microseconds(pause) {}
            let present = Atomic<Int>(0)
            let isDone = pool.run(2, workers: 2) { _ in
                present.add(1, ordering: .relaxed)
                while present.load(ordering: .relaxed) < 2, ContinuousClock.now - start < .seconds(10) {}
            }
            #expect(isDone && ContinuousClock.now - start < .seconds(10), "after \(pause) microseconds")
        }
    }

    @Test("worker pool: a nested region is refused") func aRegionInsideAnotherIsRefused() {
        let pool = WorkerPool()
        let refused = Atomic<Int>(0)
        let isDone = pool.run(8, workers: 3) { _ in
            if !pool.run(2, workers: 2, { _ in }) { refused.add(1, ordering: .relaxed) }
        }
        #expect(isDone && refused.load(ordering: .relaxed) == 8)
    }
}
