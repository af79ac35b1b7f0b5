import CVCore
import CVModels
import CVNN
import CVSegmentation
import CVTask
import CVTensor
import CVWeights

/// Weights that a training is initialized from: those of the classifier whose backbone the encoder is, or those of the network
/// itself, trained on other images.
public struct PretrainedEncoder: Sendable {
    /// The network that is initialized.
    public let spec: ModelSpec
    /// The name that was given: a path, or a name that `WeightsLocator` finds.
    public let name: String
    /// The SHA-256 of the values, if the file has it.
    public let checksum: String?
    private let path: String
    private let state: StateDictionary
    /// Whether the weights are a classifier's.
    private let isEncoder: Bool
    /// With the mean and the deviation that these weights expect.
    private let preprocessing: Preprocessing

    /// Reads weights.
    ///
    /// - Parameters:
    ///   - name: nil for the weights of the encoder that come with this library.
    ///   - spec: the network that is to be initialized.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError`
    ///   for weights of another network.
    public init(_ name: String? = nil, for spec: ModelSpec) throws {
        guard let name = name ?? spec.encoder?.weights else {
            throw ModelFileError(spec.name, .nothingToInitializeFrom)
        }
        let file = try ModelFile(name)
        guard file.spec.name == spec.name || file.spec.name == spec.encoder?.model else {
            throw ModelFileError(
                file.path,
                .otherNetwork(found: file.metadata.model, expected: [spec.encoder?.model ?? spec.name]))
        }
        guard file.metadata.preprocessing.channels == .rgb else {
            throw ModelFileError(file.path, .preprocessing(expected: "an input of red, green and blue"))
        }
        (self.spec, self.name, path) = (spec, name, file.path)
        checksum = file.metadata.dataSHA256
        preprocessing = file.metadata.preprocessing
        isEncoder = file.spec.name != spec.name
        state = try file.state()
    }

    /// The preprocessing of these weights for images that are resized.
    ///
    /// - Parameters:
    ///   - width: in pixels.
    ///   - height: in pixels.
    /// - Returns: stretched to this size, with the mean and deviation that these weights expect.
    package func preprocessing(width: Int, height: Int) -> Preprocessing {
        Preprocessing(
            width: width, height: height, resize: .stretch, channels: .rgb, mean: preprocessing.mean,
            std: preprocessing.std)
    }

    /// Loads these weights, except for the layer that outputs the classes.
    ///
    /// - Parameter parameters: of the network.
    /// - Throws: `ModelFileError` with keys and shapes that do not fit; nothing is changed then.
    package func load(into parameters: ParameterSet) throws {
        do throws(ParameterMismatch) {
            guard isEncoder else { return try parameters.load(state, omitting: spec.headScopes.map { $0 + "." }) }
            try parameters.load(encoder: state)
        } catch {
            throw ModelFileError(path, .otherParameters(error))
        }
    }
}

extension ParameterSet {
    /// Loads the weights of a classifier into the encoder that is its backbone.
    ///
    /// - Parameter state: of the classifier, which has more: its last layers.
    /// - Throws: `ParameterMismatch` if something of the encoder is missing, or of another shape; nothing is changed then.
    func load(encoder state: StateDictionary) throws(ParameterMismatch) {
        let prefix = ModelSpec.Encoder.scope + "."
        let keys = Set(lazy.map(\.name).filter { $0.hasPrefix(prefix) })
        let mine = state.filter { keys.contains(prefix + $0.key) }
        let renamed = Dictionary(uniqueKeysWithValues: mine.map { (prefix + $0.key, $0.value) })
        let others = Set(
            lazy.map(\.name).filter { !$0.hasPrefix(prefix) }.compactMap { $0.split(separator: ".").first })
        try load(renamed, omitting: others.map { "\($0)." })
    }
}
