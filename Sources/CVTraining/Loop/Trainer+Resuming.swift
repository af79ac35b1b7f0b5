import CVCore
import CVNN

extension Trainer {
    /// Restores the state of a run from a checkpoint; nothing is changed if it does not fit.
    ///
    /// - Parameter path: of a checkpoint of a run with the same settings.
    /// - Throws: `FileError`, `SafetensorsError`, or `TrainingError` with what differs.
    public func resume(from path: String) throws {
        let saved = try TrainingCheckpoint.read(path, stepsPerEpoch: configuration.stepsPerEpoch)
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
    }

    func checkpoint(_ progress: TrainingProgress) -> TrainingCheckpoint {
        TrainingCheckpoint(
            network: parameters.stateDictionary, optimizer: optimizer.state, average: average?.state ?? [:],
            progress: progress, settings: configuration.settings(optimizer))
    }
}
