import CVCore
import CVModels
import CVNN
import CVWeights

/// A checkpoint from elsewhere as weights of a network of the registry.
///
/// ```swift
/// let checkpoint = try Checkpoint(path: "resnet50.pth")
/// let conversion = try CheckpointConversion(checkpoint, to: ModelRegistry.spec(named: "resnet50"))
/// let bytes = try conversion.safetensors(preprocessing: conversion.defaultPreprocessing, labels: names)
/// ```
public struct CheckpointConversion: Sendable {
    /// The network that the weights are converted for.
    public let spec: ModelSpec
    /// As many as the checkpoint's last layer has, if they were not given.
    public let classes: Int
    /// What the network takes; its channels are those of the checkpoint.
    public let input: ModelSpec.Input
    /// Whether the head is left out.
    public let isHeadless: Bool
    /// A prefix that only some names had, and that was taken off to make them fit; empty for none.
    public let droppedPrefix: String
    /// The names of tensors that are not of the network.
    public let leftOut: [String]
    /// The tensors that are kept, with their names in the network, in the order of the checkpoint.
    public var tensors: [(entry: Checkpoint.Entry, name: String)] {
        checkpoint.entries.compactMap { entry in names[entry.name].map { (entry, $0) } }
    }
    private let checkpoint: Checkpoint
    /// By the name in the checkpoint.
    private let names: [String: String]

    /// Compares keys and shapes.
    ///
    /// - Parameters:
    ///   - checkpoint: what is converted.
    ///   - spec: the network that its weights are of.
    ///   - classes: nil takes what the checkpoint's shapes say.
    ///   - channels: nil takes what the checkpoint's shapes say.
    ///   - size: height and width in pixels; nil for the network's own.
    ///   - isHeadless: whether the head is left out, for weights that are a backbone of others.
    ///   - mapping: changes of names.
    /// - Throws: `ConversionError` with all differences; `ArchitectureError` for a size or number of classes that the
    ///   network cannot have.
    public init(
        _ checkpoint: Checkpoint, to spec: ModelSpec, classes: Int? = nil, channels: Int? = nil,
        size: (height: Int, width: Int)? = nil, isHeadless: Bool = false, mapping: KeyMapping = .none
    ) throws {
        func failure(_ problem: ConversionError.Problem) -> ConversionError {
            ConversionError(checkpoint.path, problem)
        }
        if isHeadless, spec.headScopes.isEmpty { throw failure(.noHead(model: spec.name)) }
        let own = spec.defaultInput
        // Those that take colors or gray say which by the shape of their first convolution.
        let possible =
            channels.map { [$0] } ?? [own.channels, own.channels == 3 ? 1 : 3].filter(spec.limits.channels.contains)
        let targets = possible.map { channels in
            CheckpointFit.Target(
                spec: spec, classes: classes,
                input: .init(channels: channels, height: size?.height ?? own.height, width: size?.width ?? own.width),
                isHeadless: isHeadless)
        }
        let search = ConversionSearch(checkpoint, targets: targets)
        let found: ConversionSearch.Found
        do {
            found = try search.found(mapping)
        } catch let problem as ConversionError.Problem {
            throw failure(problem)
        }
        (self.checkpoint, self.spec, self.isHeadless) = (checkpoint, spec, isHeadless)
        (self.classes, input) = (found.classes, found.input)
        (droppedPrefix, names) = (found.prefix, found.names)
        leftOut = checkpoint.entries.map(\.name).filter { found.names[$0] == nil }
    }

    /// What the metadata of the weights says that they do.
    public var task: VisionTask { isHeadless ? .features : spec.task }

    /// How torchvision's evaluation prepares images for networks of ImageNet; for the others see `ModelSpec.preparation`.
    public var defaultPreprocessing: Preprocessing { spec.preprocessing(for: input) }

    /// How many labels the weights need.
    public var labelCount: Int { task == .features ? 0 : classes }

    /// The bytes of the weight file.
    ///
    /// - Parameters:
    ///   - preprocessing: how an image becomes the input.
    ///   - labels: one for each class; nil calls them by their numbers.
    ///   - storage: the type of the numbers.
    ///   - source: where the weights come from.
    ///   - sha256: of the file that is converted.
    ///   - progress: called with the tensors read so far.
    /// - Returns: the content of a `.safetensors` file.
    /// - Throws: `ConversionError`, `SafetensorsError`, `PyTorchError`, `FileError`, `MemoryError`, or what `progress` throws.
    public func safetensors(
        preprocessing: Preprocessing, labels: [String]? = nil, storage: SafetensorsTensor.Storage = .f32,
        source: String? = nil, sha256: String? = nil, progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        if let labels, labels.count != labelCount {
            throw ConversionError(checkpoint.path, .wrongLabels(expected: labelCount, found: labels.count))
        }
        let numbers = spec.hasClasses ? (0..<labelCount).map(String.init) : []
        let metadata = WeightsMetadata(
            model: spec.name, task: task.rawValue, preprocessing: preprocessing, labels: labels ?? numbers,
            source: source, sha256: sha256)
        do {
            _ = try WeightsMetadata(metadata.dictionary)
        } catch {
            throw ConversionError(checkpoint.path, .metadata(error))
        }
        // All values, and the file that is made of them.
        let values = self.tensors.reduce(0.0) { $0 + $1.entry.shape.reduce(8) { $0 * Double($1) } }
        try requireMemory(Int(clamping: values), for: "converting \(checkpoint.path.escapedForDisplay)")
        var tensors: [SafetensorsTensor] = []
        for (entry, name) in self.tensors {
            tensors.append(
                SafetensorsTensor(
                    name, shape: entry.shape, values: try checkpoint.floats(entry.name), storage: storage))
            try progress(tensors.count)
        }
        let bytes = try Safetensors.encode(tensors, metadata: metadata.dictionary, hashData: true)
        try Safetensors(bytes, file: checkpoint.path).checkValues()
        return bytes
    }
}
