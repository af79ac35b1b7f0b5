import Dispatch
import Synchronization

/// Batches in their order, made in the background ahead of their use.
///
/// At most `ahead` are made or waiting at a time: taking one starts another. Nothing waits in the background, so
/// dropping the stream early ends its work with the pictures at hand.
public final class BatchStream<Batch: Sendable> {
    /// A batch to be.
    private final class Slot: Sendable {
        let isDone = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Batch, any Error>?>(nil)
    }

    /// Asked between pictures.
    package final class Stop: Sendable {
        private let flag = Atomic(false)
        package var isSet: Bool { flag.load(ordering: .relaxed) }
        func set() { flag.store(true, ordering: .relaxed) }
    }

    private let make: @Sendable (_ step: Int, Stop) throws -> Batch
    private let ahead: Int
    private let queues: [DispatchQueue]
    private let stop = Stop()
    private var steps: Range<Int>
    private var slots: [Slot] = []

    package init(
        steps: Range<Int>, ahead: Int, workers: Int, make: @escaping @Sendable (_ step: Int, Stop) throws -> Batch
    ) {
        (self.steps, self.ahead, self.make) = (steps, ahead, make)
        queues = (0..<workers).map { DispatchQueue(label: "batches \($0)") }
        startWork()
    }

    deinit { stop.set() }

    /// The next batch; nil after the last, and after an error.
    ///
    /// - Throws: `FileError` or `ImageError` of a picture that is not in memory, when its file has changed since it was
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
            queues[step % queues.count].async { [make, stop] in
                let result = Result { try make(step, stop) }
                slot.result.withLock { $0 = result }
                slot.isDone.signal()
            }
        }
    }
}
