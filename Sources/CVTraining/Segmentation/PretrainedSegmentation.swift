import CVCore
import CVModels
import CVNN
import CVSegmentation
import CVTensor
import CVWeights

/// Weights that a training begins from: those of the classifier whose backbone the encoder is, or those of the network itself,
/// which learnt from other pictures.
public struct PretrainedSegmentation: Sendable {
    public let architecture: SegmentationArchitecture
    /// As it was asked for: a path, or a name that `WeightsLocator` finds.
    public let name: String
    /// SHA-256 of the values, where the file has it.
    public let checksum: String?
    private let path: String
    private let state: StateDictionary
    /// Whether the weights are a classifier's.
    private let isEncoder: Bool
    /// With the mean and the deviation that these weights expect.
    private let preprocessing: Preprocessing

    /// - Parameter name: nil for the weights of the encoder that come with this library.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `SegmenterError`
    ///   for weights of something else.
    public init(_ name: String? = nil, for architecture: SegmentationArchitecture) throws {
        guard let name = name ?? architecture.encoder?.weights else {
            throw SegmenterError(architecture.name, .nothingToInitializeFrom)
        }
        path = try WeightsLocator().find(name)
        let file = try Safetensors(path: path)
        let metadata = try WeightsMetadata(file.metadata, file: path)
        guard metadata.model == architecture.name || metadata.model == architecture.encoder?.model else {
            throw SegmenterError(
                path, .otherNetwork(metadata.model, expected: architecture.encoder?.model ?? architecture.name))
        }
        guard metadata.preprocessing.channels == .rgb else { throw SegmenterError(path, .otherChannels) }
        try file.checkFinite()
        (self.architecture, self.name) = (architecture, name)
        checksum = metadata.dataSHA256
        preprocessing = metadata.preprocessing
        isEncoder = metadata.model != architecture.name
        state = try file.stateDictionary()
    }

    /// For pictures that are brought to this size.
    package func preprocessing(width: Int, height: Int) -> Preprocessing {
        Preprocessing(
            width: width, height: height, resize: .stretch, channels: .rgb, mean: preprocessing.mean,
            std: preprocessing.std)
    }

    /// Gives the parameters these values, but for what makes the classes.
    ///
    /// - Throws: `SegmenterError` with keys and shapes that do not fit; nothing is changed then.
    package func load(into parameters: ParameterSet) throws {
        let prefix = SegmentationArchitecture.Encoder.scope + "."
        do throws(ParameterMismatch) {
            guard isEncoder else { return try parameters.load(state, omitting: ["out."]) }
            // The classifier has more: its last convolution, and its head.
            let keys = Set(parameters.lazy.map(\.name).filter { $0.hasPrefix(prefix) })
            let mine = state.filter { keys.contains(prefix + $0.key) }
            let renamed = Dictionary(uniqueKeysWithValues: mine.map { (prefix + $0.key, $0.value) })
            try parameters.load(renamed, omitting: ["decoder.", "out."])
        } catch {
            throw SegmenterError(path, .otherParameters(error))
        }
    }
}
