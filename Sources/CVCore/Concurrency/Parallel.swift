import Synchronization

/// Loops over threads. All parallel code goes through it, so that work is never split twice.
///
/// Results must not depend on the number of threads: split over *outputs*, never over a sum.
public enum Parallel {
    /// The threads of one call, 1 to 1024. The default is `availableCores`.
    public static var threadCount: Int {
        get { threads.load(ordering: .relaxed) }
        set { threads.store(min(max(1, newValue), 1024), ordering: .relaxed) }
    }

    private static let threads = Atomic<Int>(availableCores)

    /// True while the current thread works inside `forEach`: nested calls then run on this thread alone.
    @TaskLocal private static var isInside = false

    /// Calls `body` once with every index of `0..<count`, on up to `threadCount` threads.
    ///
    /// Threads claim the next index as they become free. Returns when all calls have returned.
    ///
    /// - Parameters:
    ///   - count: the number of indices.
    ///   - body: called concurrently, with an index.
    public static func forEach(_ count: Int, _ body: (Int) -> Void) {
        let workers = min(threadCount, count)
        if workers <= 1 || isInside {
            for index in 0..<max(count, 0) { body(index) }
            return
        }
        // Another thread may own a pool, possibly for long: do not wait for it.
        for pool in WorkerPool.all { if pool.run(count, workers: workers, body) { return } }
        // There is more concurrent work than there are pools to share the processors.
        onThisThread { for index in 0..<count { body(index) } }
    }

    /// Calls `body` with all nested parallel calls confined to this thread.
    ///
    /// For background work, whose threads must not compete with those of the main work.
    package static func onThisThread<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $isInside.withValue(true, operation: body)
    }

    /// Splits `0..<count` into contiguous ranges of at least `grain` indices and calls `body` with each.
    ///
    /// For work where one index is too little for a call of its own, such as a row of pixels.
    ///
    /// - Parameters:
    ///   - count: the number of indices.
    ///   - grain: the minimum length of a range.
    ///   - body: called concurrently, with a range.
    public static func forRanges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        guard count > 0 else { return }
        // Several ranges per thread, so that one delayed thread does not delay the others.
        let pieces = max(1, min(count / max(grain, 1), threadCount == 1 ? 1 : threadCount * 4))
        forEach(pieces) { piece in
            let start = count * piece / pieces
            let end = count * (piece + 1) / pieces
            if start < end { body(start..<end) }
        }
    }

    /// The processors available to this process: its affinity mask, limited by the CPU quota of its cgroup.
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
            return Swift.max(1, Int(clamping: (max[0] / max[1]).rounded(.up)))
        }
        if let quota = numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?.first, quota > 0,
            let period = numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us")?.first, period > 0
        {
            return Swift.max(1, Int(clamping: (quota / period).rounded(.up)))
        }
        return nil
    }
}
