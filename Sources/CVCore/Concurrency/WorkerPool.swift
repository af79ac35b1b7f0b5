import CKernels
import Dispatch
import Synchronization

/// A thread pool that runs one parallel region at a time, together with the calling thread.
///
/// A training step has hundreds of regions, most shorter than the time it takes to wake a thread. So the threads spin
/// for a moment before they sleep. They are never ended: a sleeping thread costs nothing and does not keep the process
/// alive.
package final class WorkerPool: Sendable {
    /// The pools of the process, in the order in which they are tried. The first serves a program that does one thing
    /// at a time; the others, whose threads start when they are first needed, serve concurrent callers.
    static let all = [WorkerPool()] + (1..<4).map { _ in WorkerPool(spins: false) }

    /// How long a thread spins before it sleeps, in nanoseconds: longer than it takes to wake one.
    private static let spinDuration: UInt64 = 50_000

    private let isOwned = Atomic<Bool>(false)
    private let state = Atomic<State>(State(rawValue: 0))
    /// The next index of the region.
    private let next = Atomic<Int>(0)
    /// Threads that sleep or are about to, and for which `bell` has not been signaled.
    private let sleepers = Atomic<Int>(0)
    private let bell = DispatchSemaphore(value: 0)
    /// Wakes the owner when the last thread has left the region.
    private let isDone = DispatchSemaphore(value: 0)

    // Written by the owner while no thread is in the region; read by threads that have entered it.
    nonisolated(unsafe) private var region: UnsafePointer<Region>?
    nonisolated(unsafe) private var threads = 0

    /// Whether threads without work spin before they sleep.
    private let spins: Bool

    /// - Parameter spins: false for a pool of many, whose spinning threads would delay those of the others.
    package init(spins: Bool = true) { self.spins = spins }

    /// Calls `body` with every index of `0..<count` on up to `workers` threads, including this one.
    ///
    /// - Returns: false, without any call, if another thread owns the pool.
    package func run(_ count: Int, workers: Int, _ body: (Int) -> Void) -> Bool {
        guard !isOwned.exchange(true, ordering: .acquiring) else { return false }
        defer { isOwned.store(false, ordering: .releasing) }
        while threads < workers - 1, startThread({ self.serve() }) { threads += 1 }
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

    /// Not inlined, so that no reference to the region outlives the call.
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
        var current = state.load(ordering: .relaxed)
        while true {
            let desired = changed(current)
            let result = state.weakCompareExchange(
                expected: current, desired: desired, ordering: .acquiringAndReleasing)
            if result.exchanged { return desired }
            current = result.original
        }
    }

    /// Spins until `isMet` is true, as long as spinning is cheaper than sleeping. Returns whether it is true.
    private func spin(until isMet: () -> Bool) -> Bool {
        if isMet() { return true }
        // With more threads than processors, a spinning thread delays a working one.
        guard spins, Parallel.threadCount <= Parallel.availableCores else { return false }
        let end = DispatchTime.now().uptimeNanoseconds + Self.spinDuration
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

/// Which threads may enter the region and how many are inside, packed in one atomic word.
private struct State: RawRepresentable, AtomicRepresentable {
    var rawValue: UInt64

    /// Threads in the region, not counting the owner: bits 0 to 15.
    var inside: UInt64 { rawValue & 0xFFFF }
    /// Threads that may still enter: bits 16 to 31. 0 once the owner has found no index left.
    var slots: UInt64 { rawValue >> 16 & 0xFFFF }
    /// Whether the owner sleeps until the last thread leaves: bit 32.
    var isAwaited: Bool { rawValue & Self.awaited != 0 }
    /// Sequence number of the region: the bits above, so that no thread enters a region twice.
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
        // Sequentially consistent with `sleepers`: either the owner observes the thread that goes to sleep, or that
        // thread observes the region. While no slots are free, only the owner changes the state.
        state.store(state.load(ordering: .relaxed).opened(slots: slots), ordering: .sequentiallyConsistent)
        wake(slots - (threads - sleepers.load(ordering: .sequentiallyConsistent)))
    }

    /// Wakes up to `count` sleeping threads.
    private func wake(_ count: Int) {
        for _ in 0..<max(count, 0) {
            guard claimSleeper() else { return }
            bell.signal()
        }
    }

    /// Admits no more threads, and waits for those inside.
    private func close() {
        change(\.closed)
        if spin(until: { state.load(ordering: .acquiring).inside == 0 }) { return }
        var current = state.load(ordering: .acquiring)
        while current.inside > 0 {
            let result = state.weakCompareExchange(
                expected: current, desired: current.awaitedByOwner, ordering: .acquiringAndReleasing)
            if result.exchanged { return isDone.wait() }
            current = result.original
        }
    }
}

// A thread's side.
extension WorkerPool {
    /// The main loop of a thread.
    private func serve() -> Never {
        Parallel.onThisThread {
            var last: UInt64 = 0
            while true {
                if let entered = enter(after: last) {
                    last = entered
                    work(region!)
                    if change(\.left).isLastOfAwaited { isDone.signal() }
                } else if !spin(until: { state.load(ordering: .relaxed).isOpen(after: last) }) {
                    sleep(after: last)
                }
            }
        }
    }

    /// Enters a region that this thread has not been in. Returns its number, or nil if there is no free slot.
    private func enter(after last: UInt64) -> UInt64? {
        var current = state.load(ordering: .relaxed)
        while current.isOpen(after: last) {
            let result = state.weakCompareExchange(
                expected: current, desired: current.entered, ordering: .acquiringAndReleasing)
            if result.exchanged { return current.region }
            current = result.original
        }
        return nil
    }

    private func sleep(after last: UInt64) {
        sleepers.add(1, ordering: .sequentiallyConsistent)
        let isNeeded = state.load(ordering: .sequentiallyConsistent).isOpen(after: last)
        // If the owner has already claimed this sleeper, the signal is on its way and must be consumed.
        if isNeeded, claimSleeper() { return }
        bell.wait()
    }

    private func claimSleeper() -> Bool {
        var current = sleepers.load(ordering: .sequentiallyConsistent)
        while current > 0 {
            let result = sleepers.weakCompareExchange(
                expected: current, desired: current - 1, ordering: .sequentiallyConsistent)
            if result.exchanged { return true }
            current = result.original
        }
        return false
    }
}
