import CVCore
import CVNN
import CVTensor

/// Trains any network on any kind of batch: steps, evaluations, checkpoints and early stopping.
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
/// With the same seed the losses are the same at any number of threads, and those of a run that was interrupted and
/// resumed are the same as of one that was not, to the last bit. One thread calls it.
public final class Trainer<Batch> {
    /// The parameters of the network.
    public let parameters: ParameterSet
    /// The optimizer of the trainable ones.
    public let optimizer: any Optimizer
    /// Length, learning rates and selection of the best epoch.
    public let configuration: TrainingConfiguration
    /// The files that are written.
    public let files: TrainingFiles
    /// The average of the weights; nil if none is configured.
    public internal(set) var average: WeightAverage?
    /// The best epoch before a resumption, if its weights were not there any more and could not be written again: the best
    /// of the epochs after that counts.
    public internal(set) var lostBest: EpochResult?
    /// Whether the best weights are those of the checkpoint, but their file is missing.
    var isBestMissing = false
    /// The state of the run.
    var progress = TrainingProgress()
    /// Whether a step of this run has shown that all batch normalizations have values enough.
    private var hasCheckedBatchNorm = false
    private let batches: (_ epoch: Int, _ step: Int) throws -> (() throws -> Batch?)
    private let loss: (Batch, Tape) throws -> TrainingLoss
    private let evaluate: () throws -> Metrics

    /// - Parameters:
    ///   - parameters: of the network.
    ///   - optimizer: of the trainable ones.
    ///   - configuration: length, learning rates and selection of the best epoch.
    ///   - files: what is written.
    ///   - batches: those of an epoch from a step on, both counted from 0, as a function that returns the next.
    ///   - loss: of a batch; the network must be run on the tape.
    ///   - evaluate: the metrics on validation with the present weights. If there are none, the best epoch is selected by
    ///     the mean training loss.
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
        average = configuration.averageDecay.map { WeightAverage(parameters, decay: $0) }
    }

    /// All epochs so far, including those before a resumption.
    public var rows: [EpochResult] { progress.rows }

    /// Trains to the end of the last epoch, or until it is stopped.
    ///
    /// - Parameters:
    ///   - shouldStop: asked before every step; if true, a checkpoint is written and the run ends.
    ///   - onEvent: called with what happens.
    /// - Returns: how the run ended.
    /// - Throws: `TrainingError`, what the closures throw, and `FileError` or `SafetensorsError` for files.
    @discardableResult
    public func run(
        shouldStop: () -> Bool = { false }, onEvent: (TrainingEvent) throws -> Void
    ) throws -> TrainingSummary {
        // Before the first epoch, not after it.
        for path in [files.checkpoint, files.best] {
            if let path { try FileOutput.checkWritable(path, overwrite: true) }
        }
        var clock = TrainingClock()
        try onEvent(.began(epoch: progress.epoch, step: progress.step))
        try restoreBest(onEvent)
        var reason = reasonToEnd
        while reason == nil {
            if try makeSteps(&clock, shouldStop, onEvent) {
                try endEpoch(&clock, onEvent)
                reason = reasonToEnd
            } else {
                reason = .interrupted
            }
            try saveCheckpoint(clock, onEvent)
        }
        let summary = TrainingSummary(reason: reason!, rows: progress.rows, best: progress.best)
        try onEvent(.stopped(summary))
        return summary
    }

    /// Trains to the end without events.
    ///
    /// - Returns: how the run ended.
    /// - Throws: as `run(shouldStop:onEvent:)`.
    @discardableResult
    public func run() throws -> TrainingSummary { try run { _ in } }

    private var reasonToEnd: TrainingSummary.Reason? {
        if progress.epoch >= configuration.epochs { return .completed }
        guard let patience = configuration.patience, progress.epochsWithoutImprovement >= patience else { return nil }
        return .earlyStopping
    }

    // MARK: Steps

    /// Makes the rest of the current epoch; false if it was stopped before its end.
    private func makeSteps(
        _ clock: inout TrainingClock, _ shouldStop: () -> Bool, _ onEvent: (TrainingEvent) throws -> Void
    ) throws -> Bool {
        clock.beginEpoch()
        if shouldStop() { return false }
        let next = try batches(progress.epoch, progress.step)
        while progress.step < configuration.stepsPerEpoch {
            if shouldStop() { return false }
            guard let batch = try next() else {
                throw TrainingError(
                    .tooFewBatches(
                        epoch: progress.epoch + 1, found: progress.step, expected: configuration.stepsPerEpoch))
            }
            let made = try step(batch)
            clock.stepEnded()
            try progress.sums.add(made, to: progress.step)
            try onEvent(
                .step(
                    TrainingStep(
                        epoch: progress.epoch, step: progress.step, stepsPerEpoch: configuration.stepsPerEpoch,
                        epochs: configuration.epochs, loss: made.loss.item, learningRate: optimizer.learningRate,
                        seconds: clock.seconds, timeRemaining: clock.timeRemaining(progress, configuration))))
            progress.step += 1
        }
        return true
    }

    /// One step: loss, gradients, new weights. If a number is not finite, weights and statistics stay as they were.
    private func step(_ batch: Batch) throws -> TrainingLoss {
        let position = progress.epoch * configuration.stepsPerEpoch + progress.step
        let seed = SplitMix64.first(seed: configuration.seed, stream: position)
        optimizer.learningRate = configuration.schedule(
            Double(progress.epoch) + Double(progress.step) / Double(configuration.stepsPerEpoch))
        let statistics = Statistics(of: parameters)
        parameters.clearGradients()
        defer { parameters.clearGradients() }
        let tape = Tape(.training, seed: seed)
        let result: TrainingLoss
        do {
            result = try hasCheckedBatchNorm ? loss(batch, tape) : checkingBatchNorm(tape) { try loss(batch, tape) }
        } catch {
            statistics.restore()
            throw error
        }
        hasCheckedBatchNorm = true
        let search = NonFiniteSearch(parameters: parameters)
        guard result.loss.isFinite else {
            statistics.restore()
            defer { statistics.restore() }
            throw try notFinite(result, search.cause(seed: seed) { try loss(batch, $0) })
        }
        tape.gradients(of: result.loss)
        let badGradients = search.badGradients
        guard badGradients.isEmpty else {
            statistics.restore()
            throw notFinite(result, .gradients(badGradients))
        }
        if let norm = configuration.gradientNorm { clipGradients(parameters, norm: norm) }
        optimizer.step()
        average?.update()
        return result
    }

    /// Batch normalization of one value of each channel gives the bias, whatever the image: as in PyTorch an error.
    private func checkingBatchNorm(_ tape: Tape, _ body: () throws -> TrainingLoss) throws -> TrainingLoss {
        var failure: TrainingError?
        let result = try tape.observing { step in
            guard failure == nil, case .batchNormTraining = step.operation else { return }
            let shape = step.result.shape.dimensions
            guard shape.count == 4, shape[0] * shape[2] * shape[3] == 1 else { return }
            let name = step.parameters.first ?? ""
            let layer = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
            failure = TrainingError(.oneValuePerChannel(layer: layer, shape: shape))
        } during: {
            try body()
        }
        if let failure { throw failure }
        return result
    }

    private func notFinite(_ result: TrainingLoss, _ cause: NonFiniteCause) -> TrainingError {
        TrainingError(
            .notFinite(epoch: progress.epoch + 1, step: progress.step + 1, loss: result.loss.item, cause))
    }

    // MARK: Epochs

    private func endEpoch(_ clock: inout TrainingClock, _ onEvent: (TrainingEvent) throws -> Void) throws {
        // The weights after the last step, before they replace the last good ones.
        let bad = NonFiniteSearch(parameters: parameters).badParameters
        let (loss, trainingMetrics) = progress.sums.means(configuration.stepsPerEpoch)
        guard bad.isEmpty else {
            throw TrainingError(
                .notFinite(epoch: progress.epoch + 1, step: progress.step, loss: Float(loss), .parameters(bad)))
        }
        let metrics = try withEvaluatedWeights(evaluate)
        clock.evaluationEnded()
        let row = EpochResult(
            epoch: progress.epoch + 1, learningRate: optimizer.learningRate, loss: loss,
            trainingMetrics: trainingMetrics, metrics: metrics,
            seconds: progress.secondsBefore + clock.epochSeconds)
        let selection = configuration.selection
        let previous = progress.best.map { $0.value(of: selection) }
        let isBest = selection.isBetter(row.value(of: selection), than: previous)
        progress.end(with: row, isBest: isBest)
        clock.beginEpoch()
        try onEvent(.epochEnded(row))
        guard isBest else { return }
        try onEvent(.improved(row, previous: previous))
        if let path = files.best { try saveBest(row, to: path, onEvent) }
    }

    func saveBest(_ row: EpochResult, to path: String, _ onEvent: (TrainingEvent) throws -> Void) throws {
        let bytes = try withEvaluatedWeights {
            let metadata = files.bestMetadata(row)
            let network = files.lossScope.map { parameters.omitting(scope: $0) } ?? parameters
            return try network.safetensors(
                storage: files.bestStorage, metadata: metadata, hashData: !metadata.isEmpty)
        }
        try FileOutput.write(bytes, to: path, overwrite: true)
        try onEvent(.saved(.best, path: path))
    }

    /// Calls `body` while the parameters have the values that are evaluated: the averages, if there are any.
    private func withEvaluatedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let average else { return try body() }
        return try average.applied(body)
    }

    private func saveCheckpoint(_ clock: TrainingClock, _ onEvent: (TrainingEvent) throws -> Void) throws {
        guard let path = files.checkpoint else { return }
        var progress = progress
        progress.secondsBefore += clock.epochSeconds
        try checkpoint(progress).write(to: path)
        try onEvent(.saved(.checkpoint, path: path))
    }
}

/// The values of the buffers of layers, such as running means, to undo a step.
private struct Statistics {
    private let values: [(parameter: Parameter, value: Tensor)]

    init(of parameters: ParameterSet) { values = parameters.filter(\.isBuffer).map { ($0, $0.value) } }

    func restore() {
        for (parameter, value) in values { parameter.value = value }
    }
}

extension SplitMix64 {
    /// The first number of a stream.
    fileprivate static func first(seed: UInt64, stream: Int) -> UInt64 {
        var numbers = SplitMix64(seed: seed, stream: stream)
        return numbers.next()
    }
}
