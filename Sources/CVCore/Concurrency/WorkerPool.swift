import CKernels
import Dispatch
import Synchronization

/// Threads that share the work of the thread that calls: one region of work at a time.
///
/// A step of a network has hundreds of regions, most shorter than a thread takes to wake up. So the threads look out for
/// the next one for a moment, and only then go to sleep. They are never ended: asleep they cost nothing, and do not keep
/// the process alive.
package final class WorkerPool: Sendable {
    static let shared = WorkerPool()

    /// How long a thread looks out before it sleeps, in nanoseconds: longer than it takes to wake one.
    private static let patience: UInt64 = 50_000

    private let isOwned = Atomic<Bool>(false)
    private let state = Atomic<State>(State(rawValue: 0))
    /// The next index of the region.
    private let next = Atomic<Int>(0)
    /// Threads that sleep, or are about to, and for which `bell` has not been rung.
    private let sleepers = Atomic<Int>(0)
    private let bell = DispatchSemaphore(value: 0)
    /// Wakes the owner when the last thread has left the region.
    private let isDone = DispatchSemaphore(value: 0)

    // Written by the owner while no thread is in the region, and read by those that have entered it.
    nonisolated(unsafe) private var region: UnsafePointer<Region>?
    nonisolated(unsafe) private var threads = 0

    package init() {}

    /// Calls `body` with every index of `0..<count` on up to `workers` threads, this one among them.
    ///
    /// - Returns: false, and nothing has been done, where another thread's region has the pool.
    package func run(_ count: Int, workers: Int, _ body: (Int) -> Void) -> Bool {
        guard !isOwned.exchange(true, ordering: .acquiring) else { return false }
        defer { isOwned.store(false, ordering: .releasing) }
        while threads < workers - 1, startThread() { threads += 1 }
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: Region(count: count, body: body)) { region in
                self.region = region
                open(slots: workers - 1)
                Parallel.onThisThread { work(region) }
                close()
                self.region = nil
            }
        }
        return true
    }

    /// Not inlined, so that nothing of the region is held after it returns.
    @inline(never) private func work(_ region: UnsafePointer<Region>) {
        let count = region.pointee.count
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if index >= count { return }
            region.pointee.body(index)
        }
    }

    /// Returns the state after the change.
    @discardableResult private func change(_ changed: (State) -> State) -> State {
        var seen = state.load(ordering: .relaxed)
        while true {
            let desired = changed(seen)
            let result = state.weakCompareExchange(expected: seen, desired: desired, ordering: .acquiringAndReleasing)
            if result.exchanged { return desired }
            seen = result.original
        }
    }

    /// Calls `isMet` until it is true, for as long as it pays to wait awake.
    private func lookOut(until isMet: () -> Bool) -> Bool {
        if isMet() { return true }
        // With more threads than processors, one that waits awake holds up one that works.
        guard Parallel.threadCount <= Parallel.availableCores else { return false }
        let end = DispatchTime.now().uptimeNanoseconds + Self.patience
        repeat {
            for _ in 0..<16 {
                cvk_pause()
                if isMet() { return true }
            }
        } while DispatchTime.now().uptimeNanoseconds < end
        return false
    }
}

/// A loop that is split over the threads.
private struct Region {
    let count: Int
    let body: (Int) -> Void
}

/// Who may enter the region, and who is in it, as one number that changes at once.
private struct State: RawRepresentable, AtomicRepresentable {
    var rawValue: UInt64

    /// Threads in the region, beside the owner: bits 0 to 15.
    var inside: UInt64 { rawValue & 0xFFFF }
    /// Threads that may still enter: bits 16 to 31. None once the owner has found no index left.
    var slots: UInt64 { rawValue >> 16 & 0xFFFF }
    /// Whether the owner sleeps until the last thread leaves: bit 32.
    var isAwaited: Bool { rawValue & Self.awaited != 0 }
    /// Number of the region: the bits above, so that a thread does not enter one twice.
    var region: UInt64 { rawValue >> 33 }

    static let slot: UInt64 = 1 << 16
    static let awaited: UInt64 = 1 << 32

    func isOpen(after last: UInt64) -> Bool { slots > 0 && region != last }
    func opened(slots: Int) -> State { State(rawValue: (region &+ 1) << 33 | UInt64(slots) << 16) }
    var closed: State { State(rawValue: rawValue & ~(0xFFFF << 16)) }
    var entered: State { State(rawValue: rawValue - Self.slot + 1) }
    var left: State { State(rawValue: rawValue - 1) }
    var awaitedByOwner: State { State(rawValue: rawValue | Self.awaited) }
    var isLastOfAwaited: Bool { inside == 0 && isAwaited }
}

// The owner's side.
extension WorkerPool {
    private func open(slots: Int) {
        next.store(0, ordering: .relaxed)
        // In one order for all threads with `sleepers`: either the owner sees who goes to sleep, or that thread sees the
        // region. While no places are free, only the owner changes the state.
        state.store(state.load(ordering: .relaxed).opened(slots: slots), ordering: .sequentiallyConsistent)
        wake(slots - (threads - sleepers.load(ordering: .sequentiallyConsistent)))
    }

    /// Rings for up to `wanted` of those that sleep.
    private func wake(_ wanted: Int) {
        for _ in 0..<max(wanted, 0) {
            guard takeSleeper() else { return }
            bell.signal()
        }
    }

    /// Lets nobody in any more, and waits for those that are inside.
    private func close() {
        change(\.closed)
        if lookOut(until: { state.load(ordering: .acquiring).inside == 0 }) { return }
        var seen = state.load(ordering: .acquiring)
        while seen.inside > 0 {
            let result = state.weakCompareExchange(
                expected: seen, desired: seen.awaitedByOwner, ordering: .acquiringAndReleasing)
            if result.exchanged { return isDone.wait() }
            seen = result.original
        }
    }
}

// A thread's side.
extension WorkerPool {
    private func startThread() -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        guard pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) == 0 else { return false }
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let pool = Unmanaged.passUnretained(self).toOpaque()
        let result = pthread_create(
            &thread, &attributes,
            {
                // Optional on some systems only.
                let pool: UnsafeMutableRawPointer? = $0
                Unmanaged<WorkerPool>.fromOpaque(pool!).takeUnretainedValue().serve()
            }, pool)
        // Held for ever, as the thread is.
        if result == 0 { _ = Unmanaged.passRetained(self) }
        return result == 0
    }

    /// What a thread does all its life.
    private func serve() -> Never {
        Parallel.onThisThread {
            var last: UInt64 = 0
            while true {
                if let entered = enter(after: last) {
                    last = entered
                    work(region!)
                    if change(\.left).isLastOfAwaited { isDone.signal() }
                } else if !lookOut(until: { state.load(ordering: .relaxed).isOpen(after: last) }) {
                    sleep(after: last)
                }
            }
        }
    }

    /// Takes a place in a region that this thread was not in. Returns its number, or nil where there is no place.
    private func enter(after last: UInt64) -> UInt64? {
        var seen = state.load(ordering: .relaxed)
        while seen.isOpen(after: last) {
            let result = state.weakCompareExchange(
                expected: seen, desired: seen.entered, ordering: .acquiringAndReleasing)
            if result.exchanged { return seen.region }
            seen = result.original
        }
        return nil
    }

    private func sleep(after last: UInt64) {
        sleepers.add(1, ordering: .sequentiallyConsistent)
        let isNeeded = state.load(ordering: .sequentiallyConsistent).isOpen(after: last)
        // Where the owner has taken this sleeper already, the bell rings for it at once and must be heard.
        if isNeeded, takeSleeper() { return }
        bell.wait()
    }

    private func takeSleeper() -> Bool {
        var seen = sleepers.load(ordering: .sequentiallyConsistent)
        while seen > 0 {
            let result = sleepers.weakCompareExchange(
                expected: seen, desired: seen - 1, ordering: .sequentiallyConsistent)
            if result.exchanged { return true }
            seen = result.original
        }
        return false
    }
}
