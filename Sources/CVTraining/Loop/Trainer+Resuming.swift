import CVCore
import CVNN

extension Trainer {
    /// Restores the state of a run from a checkpoint; nothing is changed if it does not fit.
    ///
    /// If the file of the best weights is missing, it is written again by `run`, or `lostBest` says that it is lost.
    ///
    /// - Parameter path: of a checkpoint of a run with the same settings.
    /// - Throws: `FileError`, `SafetensorsError`, or `TrainingError` with what differs.
    public func resume(from path: String) throws {
        let saved = try TrainingCheckpoint.read(path, stepsPerEpoch: configuration.stepsPerEpoch)
        if let before = saved.dataset, let now = configuration.dataset {
            let differences = before.differences(from: now)
            if !differences.isEmpty { throw TrainingError(.otherDataset(differences), in: path) }
        }
        do {
            try parameters.check(saved.network)
        } catch {
            throw TrainingError(.otherNetwork(error), in: path)
        }
        let differences = TrainingConfiguration.differences(saved.settings, configuration.settings(optimizer))
        if !differences.isEmpty { throw TrainingError(.otherConfiguration(differences), in: path) }
        if let best = saved.progress.best, !best.hasValue(of: configuration.selection) {
            let reason = "its best epoch has no \(quoted(configuration.selection.name))"
            throw TrainingError(.notACheckpoint(reason: reason), in: path)
        }
        let restored = configuration.averageDecay.map { WeightAverage(parameters, decay: $0) }
        do {
            try restored?.restore(saved.average)
            try optimizer.restore(saved.optimizer)
        } catch {
            throw TrainingError(.otherOptimizer(error), in: path)
        }
        try parameters.load(saved.network)
        average = restored
        progress = saved.progress
        checkBest()
    }

    func checkpoint(_ progress: TrainingProgress) -> TrainingCheckpoint {
        TrainingCheckpoint(
            network: parameters.stateDictionary, optimizer: optimizer.state, average: average?.state ?? [:],
            progress: progress, settings: configuration.settings(optimizer), dataset: configuration.dataset)
    }

    /// The best weights of a resumed run may not be there any more. At the end of the best epoch they are those of the
    /// checkpoint, and `run` writes them again; else they are lost, and the best of the epochs from now on counts.
    private func checkBest() {
        isBestMissing = false
        guard let path = files.best, let best = progress.best, FileSystem.kind(of: path) != .file else { return }
        if best.epoch == progress.epoch, progress.step == 0 {
            isBestMissing = true
        } else {
            lostBest = best
            progress.forgetBest()
        }
    }

    /// Writes the best weights again, if they are missing and can be had.
    func restoreBest(_ onEvent: (TrainingEvent) throws -> Void) throws {
        guard isBestMissing, let path = files.best, let best = progress.best else { return }
        try saveBest(best, to: path, onEvent)
        isBestMissing = false
    }
}
