import CVCore
import Dispatch
import Synchronization

/// Batches in their order, made in the background ahead of their use.
///
/// At most `ahead` are made or waiting at a time: taking one starts another. Where the system has no thread, they are made
/// when they are asked for. Nothing waits in the background, so
/// dropping the stream early ends its work after the current images.
public final class BatchStream<Batch: Sendable> {
    /// The slot of a batch that is being made.
    private final class Slot: Sendable {
        let isDone = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Batch, any Error>?>(nil)
    }

    /// Checked between images.
    package final class Stop: Sendable {
        private let flag = Atomic(false)
        /// Whether nobody waits for batches any more.
        package var isSet: Bool { flag.load(ordering: .relaxed) }
        func set() { flag.store(true, ordering: .relaxed) }
    }

    private let make: @Sendable (_ step: Int, Stop) throws -> Batch
    private let ahead: Int
    private let workers: BackgroundThreads
    private let stop = Stop()
    private var steps: Range<Int>
    private var slots: [Slot] = []

    /// - Parameters:
    ///   - steps: of the batches that are made.
    ///   - ahead: the number of batches made ahead of their use, at most.
    ///   - workers: the number of threads that make them.
    ///   - make: a batch; may end early with an error if it is stopped.
    package init(
        steps: Range<Int>, ahead: Int, workers: Int, make: @escaping @Sendable (_ step: Int, Stop) throws -> Batch
    ) {
        (self.steps, self.ahead, self.make) = (steps, ahead, make)
        self.workers = BackgroundThreads(limit: workers)
        startWork()
    }

    deinit { stop.set() }

    /// Waits for the next batch.
    ///
    /// - Returns: nil after the last, and after an error.
    /// - Throws: `FileError` or `ImageError` of an image that is not in memory, if its file has changed since it was
    ///   first decoded.
    public func next() throws -> Batch? {
        guard !slots.isEmpty else { return nil }
        let slot = slots.removeFirst()
        startWork()
        slot.isDone.wait()
        switch slot.result.withLock({ $0 }) {
        case .success(let batch): return batch
        case .failure(let error):
            stop.set()
            slots = []
            steps = steps.upperBound..<steps.upperBound
            throw error
        case nil: preconditionFailure("a batch was said to be done, and is not there")
        }
    }

    private func startWork() {
        while slots.count < ahead, let step = steps.first {
            steps = step + 1..<steps.upperBound
            let slot = Slot()
            slots.append(slot)
            workers.submit { [make, stop] in
                let result = Result { try make(step, stop) }
                slot.result.withLock { $0 = result }
                slot.isDone.signal()
            }
        }
    }
}
