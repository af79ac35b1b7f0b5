import Synchronization

/// Threads for long synchronous work that a task awaits.
///
/// Swift's cooperative pool has one thread for each core and expects that none is held up: a server that ran networks on
/// it would answer nothing meanwhile. So the work runs here, on as many threads at a time as there are cores; what comes
/// beyond that waits in a queue, which bounds the memory of the activations. A thread ends when the queue is empty.
package final class BackgroundThreads: Sendable {
    package static let shared = BackgroundThreads(limit: Parallel.availableCores)

    private struct Job: Sendable {
        let id: UInt64
        let run: @Sendable () -> Void
        let cancel: @Sendable () -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var threads = 0
        var lastID: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())
    private let start: @Sendable (@escaping @Sendable () -> Void) -> Bool

    /// - Parameters:
    ///   - limit: how many pieces of work run at a time; the others wait.
    ///   - start: starts a thread; false where the system has none left.
    package init(limit: Int, start: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool = startThread) {
        (self.limit, self.start) = (max(1, limit), start)
    }

    /// Runs `work` on a thread outside the cooperative pool.
    ///
    /// - Parameter work: called once; its `isCanceled` returns whether the task has been canceled, to stop early.
    /// - Returns: what `work` returns.
    /// - Throws: what `work` throws; `CancellationError` if the task is canceled before `work` has begun.
    package func run<Result: Sendable>(
        _ work: @escaping @Sendable (_ isCanceled: @Sendable () -> Bool) throws -> Result
    ) async throws -> Result {
        let isCanceled = Flag()
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // Else a thread could take up the job before it is canceled.
                if isCanceled.value { return continuation.resume(throwing: CancellationError()) }
                add(
                    Job(id: id) {
                        continuation.resume(with: Swift.Result { try work { isCanceled.value } })
                    } cancel: {
                        continuation.resume(throwing: CancellationError())
                    })
                // Cancellation may have come before the job was there to be found.
                if isCanceled.value { cancel(id) }
            }
        } onCancel: {
            isCanceled.set()
            cancel(id)
        }
    }

    /// Runs `work` on one of the threads, in the order of the calls.
    ///
    /// Where the system has no thread for it, `work` runs before this function returns.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        add(Job(id: 0, run: work, cancel: {}))
    }

    private func add(_ job: Job) {
        let needsThread = state.withLock { state in
            state.waiting.append(job)
            guard state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        guard needsThread, !start({ self.work() }) else { return }
        // The system has no thread left. If none of ours runs either, nobody would ever take the job.
        let orphans = state.withLock { state in
            state.threads -= 1
            guard state.threads == 0 else { return [Job]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in orphans { job.run() }
    }

    /// What a thread does: job after job, in the order in which they came.
    private func work() {
        while true {
            let job = state.withLock { state -> Job? in
                if state.waiting.isEmpty {
                    state.threads -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let job else { return }
            job.run()
        }
    }

    /// Takes a job out of the queue; one that has begun is left alone.
    private func cancel(_ id: UInt64) {
        let job = state.withLock { state -> Job? in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
        }
        job?.cancel()
    }
}

/// False, until it is set.
private final class Flag: Sendable {
    private let isSet = Atomic<Bool>(false)
    var value: Bool { isSet.load(ordering: .acquiring) }
    func set() { isSet.store(true, ordering: .releasing) }
}
