import CVCore
import CVTensor

/// Trains any network on any kind of batch: steps, evaluations, checkpoints, and knowing when to stop.
///
/// ```swift
/// let trainer = Trainer<ImageBatch>(
///     parameters, optimizer: optimizer, configuration: configuration, files: files,
///     batches: { epoch, step in
///         let loader = loader(epoch: epoch, from: step)
///         return { try loader.next() }
///     },
///     loss: { batch, tape in TrainingLoss(crossEntropy(network(tape.watch(batch.images)), batch.labels)) },
///     evaluate: { ["loss": …, "accuracy": …] })
/// let summary = try trainer.run { event in show(event) }
/// ```
public final class Trainer<Batch> {
    public let parameters: ParameterSet
    public let optimizer: any Optimizer
    public let configuration: TrainingConfiguration
    public let files: TrainingFiles
    let batches: (_ epoch: Int, _ step: Int) throws -> (() throws -> Batch?)
    let loss: (Batch, Tape) throws -> TrainingLoss
    let evaluate: () throws -> Metrics

    /// - Parameters:
    ///   - batches: those of an epoch from a step on, both from 0, as a function that gives the next.
    ///   - loss: of a batch; the network is to be run on the tape.
    ///   - evaluate: metrics of the held-back part with the present weights; none will do.
    public init(
        _ parameters: ParameterSet, optimizer: any Optimizer, configuration: TrainingConfiguration,
        files: TrainingFiles = .none,
        batches: @escaping (_ epoch: Int, _ step: Int) throws -> (() throws -> Batch?),
        loss: @escaping (Batch, Tape) throws -> TrainingLoss, evaluate: @escaping () throws -> Metrics = { [:] }
    ) {
        self.parameters = parameters
        self.optimizer = optimizer
        self.configuration = configuration
        self.files = files
        self.batches = batches
        self.loss = loss
        self.evaluate = evaluate
    }

    /// Goes on where the checkpoint at `path` was written; nothing is changed if it does not fit.
    ///
    /// - Throws: `FileError`, `SafetensorsError`, or `TrainingError` with what differs.
    public func resume(from path: String) throws {
    }

    /// Trains to the end of the last epoch, or until it is to stop.
    ///
    /// shouldStop: asked before every step; when true, a checkpoint is written and the run ends.
    /// - Throws: `TrainingError`, what the closures throw, and `FileError` or `SafetensorsError` for files.
    @discardableResult
    public func run(
        shouldStop: () -> Bool = { false }, onEvent: (TrainingEvent) throws -> Void = { _ in }
    ) throws -> TrainingSummary {
        TrainingSummary(reason: .completed, rows: [], best: nil)
    }
}
