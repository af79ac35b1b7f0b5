import Dispatch
import Synchronization

/// Work split over threads, in one place, so that nothing is ever split twice.
///
/// Results must not depend on the number of threads: split over *outputs*, never over a sum.
public enum Parallel {
    /// How many threads one call may use, 1 to 1024. Starts as `availableCores`; `--threads` sets it.
    public static var threadCount: Int {
        get { threads.load(ordering: .relaxed) }
        set { threads.store(min(max(1, newValue), 1024), ordering: .relaxed) }
    }

    private static let threads = Atomic<Int>(availableCores)

    /// True while the current thread works inside `forEach`: a nested call then runs on this thread alone.
    @TaskLocal private static var isInside = false

    /// Calls `body` with every index of `0..<count`, each once, on up to `threadCount` threads.
    ///
    /// Threads take the next index as they become free. Returns when all calls have returned.
    public static func forEach(_ count: Int, _ body: (Int) -> Void) {
        let workers = min(threadCount, count)
        if workers <= 1 || isInside {
            for index in 0..<max(count, 0) { body(index) }
            return
        }
        if WorkerPool.shared.run(count, workers: workers, body) { return }
        // Another thread has the pool, and may have it for long: this one does not wait for it.
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { body in
            // The calls run at the same time and end before this function returns; what they share is the
            // caller's care, as with any loop over pointers.
            nonisolated(unsafe) let work = body
            DispatchQueue.concurrentPerform(iterations: workers) { _ in
                $isInside.withValue(true) {
                    while true {
                        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        if index >= count { return }
                        work(index)
                    }
                }
            }
        }
    }

    /// Calls `body`, and keeps on this thread all that it would split.
    ///
    /// For work in the background of other work: its threads are not to stand in the way of that one's.
    package static func onThisThread<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $isInside.withValue(true, operation: body)
    }

    /// Cuts `0..<count` into contiguous ranges of at least `grain` indices and calls `body` with each.
    ///
    /// For work where an index is too little for a call of its own, such as one row of pixels.
    public static func forRanges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        guard count > 0 else { return }
        // A few ranges a thread, so that a thread that is held up does not hold up the rest.
        let pieces = max(1, min(count / max(grain, 1), threadCount == 1 ? 1 : threadCount * 4))
        forEach(pieces) { piece in
            let start = count * piece / pieces
            let end = count * (piece + 1) / pieces
            if start < end { body(start..<end) }
        }
    }

    /// The processors that this process may use: its affinity mask, cut by the CPU limit of its cgroup.
    public static let availableCores: Int = {
        var cores = max(1, activeProcessorCount())
        if let limit = cgroupLimit() { cores = min(cores, limit) }
        return cores
    }()

    /// The CPU limit of a container, in whole processors, from cgroup v2 (`cpu.max`) or v1.
    private static func cgroupLimit() -> Int? {
        func numbers(_ path: String) -> [Double]? {
            guard let bytes = try? FileInput.read(path, maxBytes: 4096) else { return nil }
            let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            let values = words.compactMap { Double($0) }
            return values.count == words.count && !values.isEmpty ? values : nil
        }
        if let max = numbers("/sys/fs/cgroup/cpu.max"), max.count == 2, max[0] > 0, max[1] > 0 {
            return Swift.max(1, Int((max[0] / max[1]).rounded(.up)))
        }
        if let quota = numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?.first, quota > 0,
            let period = numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us")?.first, period > 0
        {
            return Swift.max(1, Int((quota / period).rounded(.up)))
        }
        return nil
    }
}
