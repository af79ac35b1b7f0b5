import CVCore
import CVModels
import CVNN
import CVTensor
import CVWeights

/// A weight file, found and read, with the network that its metadata names: the one way to load a network.
///
/// ```swift
/// let file = try ModelFile("efficientnet-lite0", task: .classify)
/// print(file.spec.summary, file.labels.count)
/// guard case .classifier(let network) = try file.network() else { … }
/// ```
/// `init` reads the header alone and checks what it says; `state` and `network` read the values.
public struct ModelFile: Sendable {
    /// Where it was found.
    public let path: String
    /// The network that the weights are of.
    public let spec: ModelSpec
    /// What the file says about itself.
    public let metadata: WeightsMetadata
    /// All texts of its metadata, also those that only some tasks know.
    public let texts: [String: String]
    private let content: Content

    private enum Content: Sendable {
        case safetensors(SafetensorsHeader)
        case darknet(DarknetNetwork)
    }

    /// Finds and reads a `.safetensors` file.
    ///
    /// - Parameters:
    ///   - nameOrPath: a name that `WeightsLocator` finds, or a path.
    ///   - task: what the weights must be for; nil for any.
    ///   - locator: where names are looked for.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError` for weights
    ///   of another task, of a network that is not known, or for an input that it cannot take.
    public init(_ nameOrPath: String, task: VisionTask? = nil, locator: WeightsLocator = WeightsLocator()) throws {
        path = try locator.find(nameOrPath)
        let header = try SafetensorsHeader.read(path)
        metadata = try WeightsMetadata(header.metadata, file: path)
        if let task, metadata.task != task.rawValue {
            throw ModelFileError(path, .otherTask(model: metadata.model, task: metadata.task, expected: task))
        }
        do {
            spec = try ModelRegistry.spec(named: metadata.model, task: task)
            try spec.check(ModelSpec.Input(metadata.preprocessing))
        } catch {
            throw ModelFileError(path, .architecture(error))
        }
        texts = header.metadata
        content = .safetensors(header)
    }

    /// Reads a darknet `.cfg` and its `.weights`.
    ///
    /// - Parameters:
    ///   - configuration: path of the `.cfg`.
    ///   - weights: path of the `.weights`.
    ///   - names: path of a file with the labels, one a line.
    ///   - usual: without such a file, the labels of a network of as many classes; others are called "class 0" and so on.
    /// - Throws: `FileError`, `DarknetError`, or `ModelFileError` where the names are not as many as the classes.
    public init(darknet configuration: String, weights: String, names: String? = nil, usual: [String] = []) throws {
        let parsed = try DarknetConfiguration(contentsOf: configuration)
        let network = try DarknetNetwork(parsed, weights: FileInput.read(weights), weightsName: weights)
        let labels: [String]
        if let names {
            labels = try LabelFile.read(names)
            guard labels.count == network.classCount else {
                throw ModelFileError(names, .wrongNames(expected: network.classCount, found: labels.count))
            }
        } else if network.classCount == usual.count {
            labels = usual
        } else {
            labels = (0..<network.classCount).map { "class \($0)" }
        }
        path = configuration
        spec = try ModelSpec(parsed, network: network)
        metadata = WeightsMetadata(
            model: configuration, task: VisionTask.detect.rawValue,
            preprocessing: .darknet(width: network.width, height: network.height), labels: labels)
        texts = [:]
        content = .darknet(network)
    }

    /// The names of the classes, by index.
    public var labels: [String] { metadata.labels }
    /// What the weights take.
    public var input: ModelSpec.Input { ModelSpec.Input(metadata.preprocessing) }
    /// How many classes, or styles, the weights have; 1 where they have none.
    public var classes: Int { spec.hasClasses ? labels.count : max(labels.count, 1) }
    /// Whether the weights lack the head, as those of a classifier for the task `features` do.
    public var isHeadless: Bool { metadata.task == VisionTask.features.rawValue && spec.task != .features }

    // MARK: Values

    /// The values by key, all of them finite.
    ///
    /// - Returns: the tensors by their keys.
    /// - Throws: `FileError`, `MemoryError`, or `SafetensorsError` for values that are NaN or infinite.
    /// - Precondition: it is no darknet network.
    public func state() throws -> StateDictionary {
        guard case .safetensors(let header) = content else {
            preconditionFailure("\(path): a darknet network has no keys")
        }
        // The file and its values are in memory together.
        let values = header.entries.reduce(0.0) { $0 + 4 * Double($1.elementCount) }
        try requireMemory(Int(clamping: Double(header.fileBytes) + values), for: path.escapedForDisplay)
        let file = try Safetensors(path: path)
        try file.checkFinite()
        return try file.stateDictionary()
    }

    /// The network with its values, which are frozen: threads that look for gradients with respect to an image must not
    /// write to the weights. Of weights for several styles, the network for the mixture of all.
    ///
    /// - Returns: the network, by what its results are.
    /// - Throws: what `state` throws, `MemoryError`, or `ModelFileError` where classes, keys or shapes are not the
    ///   network's.
    public func network() throws -> ModelNetwork {
        if case .darknet(let network) = content { return .detector(network) }
        try checkClasses()
        try checkMemory(input)
        let state = try state()
        do throws(ParameterMismatch) {
            if let variant = ImageTransformNet.Variant(spec.name) {
                // Of several styles, all the same.
                let share = 1 / Float(classes)
                return .dense(try variant.network(state, mixing: [Float](repeating: share, count: classes)))
            }
            let (network, parameters) = try ParameterSet.load(
                { spec.make(classes: classes, input: input, $0) }, from: state)
            parameters.setTrainable(false)
            return network
        } catch {
            throw ModelFileError(path, .otherParameters(error))
        }
    }

    /// Compares the number of classes, and then keys and shapes, with those of the network. No value is read.
    ///
    /// - Throws: `ModelFileError`.
    public func check() throws(ModelFileError) {
        guard case .safetensors(let header) = content else { return }
        if !isHeadless { try checkClasses() }
        do {
            try spec.check(header, classes: classes, input: input, isHeadless: isHeadless)
        } catch let error as ParameterMismatch {
            throw ModelFileError(path, .otherParameters(error))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Checks that there is memory for the network and a forward pass.
    ///
    /// - Parameters:
    ///   - input: the size of an image.
    ///   - batch: how many images go through at a time.
    /// - Throws: `MemoryError`.
    public func checkMemory(_ input: ModelSpec.Input, batch: Int = 1) throws(MemoryError) {
        // A network for segmentation computes tiles of an image.
        let side = spec.task == .segment ? Self.longestTile : .max
        let part = ModelSpec.Input(
            channels: input.channels, height: min(input.height, side), width: min(input.width, side))
        try spec.checkInferenceMemory(classes: isHeadless ? nil : classes, input: part, batch: batch)
    }

    /// In pixels.
    private static let longestTile = 1024

    private func checkClasses() throws(ModelFileError) {
        guard spec.hasClasses else { return }
        let allowed = spec.task == .segment ? ModelSpec.Limits.maskClasses : spec.limits.classes
        if classes == 0, allowed.lowerBound == 1 { throw ModelFileError(path, .noLabels) }
        guard allowed.contains(classes) else {
            throw ModelFileError(
                path, .architecture(.classes(architecture: spec.name, found: classes, allowed: allowed)))
        }
    }
}

extension ModelFile {
    /// Whether a weight file is whole and fits the network that it names: every check, and what came of it.
    ///
    /// - Parameter path: of a `.safetensors` file.
    /// - Returns: each check and its result.
    /// - Throws: `FileError` for a file that cannot be read at all.
    public static func verify(path: String) throws(FileError) -> WeightsVerification {
        try WeightsVerification(path: path) { metadata, keys in
            ModelRegistry.shapes(
                of: metadata.model, classes: metadata.labels.count, input: .init(metadata.preprocessing),
                headless: metadata.task == VisionTask.features.rawValue, offered: keys)
        }
    }
}
