import CVCore
import CVNN
import CVTensor
import CVWeights

/// The state of an unfinished run: a safetensors file of the weights, the state of the optimizer and the averages.
///
/// Tensors: `network.*`, `optimizer.*`, `average.*`, all in 32 bits. Metadata: the format, the progress of the run, and
/// the settings and images that the losses depend on.
struct TrainingCheckpoint {
    var network: StateDictionary
    var optimizer: StateDictionary
    /// Empty if no average is kept.
    var average: StateDictionary
    var progress: TrainingProgress
    var settings: [String: String]
    /// Nil if the images are not compared.
    var dataset: DatasetFingerprint?

    private static let format = "training checkpoint", version = "2"
    private static let network = "network.", optimizer = "optimizer.", average = "average."

    /// - Throws: `FileError` or `SafetensorsError`; a file that was there before then stays.
    func write(to path: String) throws {
        var tensors: [SafetensorsTensor] = []
        for (prefix, state) in [(Self.network, network), (Self.optimizer, optimizer), (Self.average, average)] {
            tensors += state.map { name, tensor in
                SafetensorsTensor(prefix + name, shape: tensor.shape.dimensions, values: tensor.values)
            }
        }
        var metadata = [
            "format": Self.format, "version": Self.version, "progress": progress.json.text,
            "settings": JSONValue.object(settings.sorted { $0.key < $1.key }.map { JSONMember($0, .string($1)) }).text,
        ]
        metadata["dataset"] = dataset?.json.text
        try FileOutput.write(Safetensors.encode(tensors, metadata: metadata), to: path, overwrite: true)
    }

    /// - Throws: `FileError`, `SafetensorsError`, or `TrainingError` for a file that is not a checkpoint.
    static func read(_ path: String, stepsPerEpoch: Int) throws -> TrainingCheckpoint {
        let file = try Safetensors(path: path)
        func failure(_ reason: String) -> TrainingError { TrainingError(.notACheckpoint(reason: reason), in: path) }
        guard file.metadata["format"] == format else {
            throw failure("it holds weights, but its metadata does not say \"format\": \"\(format)\"")
        }
        guard file.metadata["version"] == version else {
            let found = quoted(file.metadata["version"] ?? "")
            throw failure("its version is \(found), \"\(version)\" expected: another version of this program wrote it")
        }
        guard let settings = settings(file.metadata["settings"]) else { throw failure("its settings cannot be read") }
        guard let progress = progress(file.metadata["progress"], settings, stepsPerEpoch) else {
            throw failure("its progress cannot be read")
        }
        let dataset = file.metadata["dataset"].map { (try? JSONValue.parse($0.utf8)).flatMap(DatasetFingerprint.init) }
        if case .some(nil) = dataset { throw failure("its list of images cannot be read") }
        let state = try file.stateDictionary()
        func part(_ prefix: String) -> StateDictionary {
            let names = state.keys.filter { $0.hasPrefix(prefix) }
            return Dictionary(uniqueKeysWithValues: names.map { (String($0.dropFirst(prefix.count)), state[$0]!) })
        }
        return TrainingCheckpoint(
            network: part(network), optimizer: part(optimizer), average: part(average), progress: progress,
            settings: settings, dataset: dataset ?? nil)
    }

    private static func settings(_ text: String?) -> [String: String]? {
        guard let text, let members = (try? JSONValue.parse(text.utf8))?.object else { return nil }
        let pairs = members.compactMap { member in member.value.string.map { (member.key, $0) } }
        return pairs.count == members.count ? Dictionary(pairs) { first, _ in first } : nil
    }

    /// The run's own number of steps an epoch counts here: another one is found when the settings are compared.
    private static func progress(
        _ text: String?, _ settings: [String: String], _ stepsPerEpoch: Int
    ) -> TrainingProgress? {
        guard let text, let json = try? JSONValue.parse(text.utf8) else { return nil }
        let steps = settings[TrainingConfiguration.stepsKey].flatMap { Int($0) } ?? stepsPerEpoch
        return TrainingProgress(json, stepsPerEpoch: steps)
    }
}

extension TrainingConfiguration {
    static let stepsKey = "steps per epoch"

    private static let epochsKey = "epochs", ratePrefix = "learning rate at epoch "
    /// What the learning rates depend on.
    private static let rateKeys: Set = [epochsKey, stepsKey, "learning_rate", "schedule", "warmup", "steps_per_epoch"]

    /// All that the losses depend on, except the data and the network, as texts.
    ///
    /// Not the patience: a run may be continued for longer. So it may with more epochs, if that leaves the learning rates as
    /// they are, which are compared at some times.
    func settings(_ optimizer: any Optimizer) -> [String: String] {
        var settings = details.merging(optimizer.settings) { _, own in own }
        settings[Self.stepsKey] = "\(stepsPerEpoch)"
        settings["seed"] = "\(seed)"
        settings["gradient norm"] = gradientNorm.map { "\($0)" }
        settings["average decay"] = averageDecay.map { "\($0)" }
        settings["selection"] = "\(selection)"
        settings[Self.epochsKey] = "\(epochs)"
        for epoch in [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0] {
            settings[Self.ratePrefix + "\(epoch)"] = "\(schedule(epoch))"
        }
        return settings
    }

    /// The settings that differ, in the order of their names.
    ///
    /// Learning rates are only named where no setting explains why they differ.
    static func differences(_ saved: [String: String], _ present: [String: String]) -> [TrainingError.Difference] {
        let all = Set(saved.keys).union(present.keys).sorted().compactMap { name in
            saved[name] == present[name]
                ? nil : TrainingError.Difference(name: name, saved: saved[name], present: present[name])
        }
        let areOtherRates = all.contains { $0.name.hasPrefix(ratePrefix) }
        let settings = all.filter { !$0.name.hasPrefix(ratePrefix) && ($0.name != epochsKey || areOtherRates) }
        return areOtherRates && !settings.contains { rateKeys.contains($0.name) } ? all : settings
    }
}
