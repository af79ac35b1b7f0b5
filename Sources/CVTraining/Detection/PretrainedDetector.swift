import CVCore
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Weights that the training of a detector is initialized from: those of the network itself, trained on other images or other classes,
/// or those of the classifier whose backbone its encoder is.
public struct PretrainedDetector: Sendable {
    /// The network.
    public let spec: ModelSpec
    /// The name that was given: a path, or a name that `WeightsLocator` finds.
    public let name: String
    /// The SHA-256 of the values, if the file has it.
    public let checksum: String?
    /// The names of its classes.
    public let labels: [String]
    /// How the network takes its images.
    public let preprocessing: Preprocessing
    private let path: String
    private let state: StateDictionary
    /// Whether the weights are a classifier's.
    private let isEncoder: Bool

    /// Reads weights.
    ///
    /// - Parameters:
    ///   - name: of the weights, or a path; nil for the weights of the encoder that come with this library.
    ///   - spec: the network that is to be initialized.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError`
    ///   for weights of another network.
    public init(_ name: String? = nil, for spec: ModelSpec) throws {
        guard let name = name ?? spec.encoder?.weights else {
            throw ModelFileError(spec.name, .nothingToInitializeFrom)
        }
        let file = try ModelFile(name)
        isEncoder = file.spec.name != spec.name
        guard !isEncoder || file.spec.name == spec.encoder?.model else {
            throw ModelFileError(
                file.path,
                .otherNetwork(
                    found: file.metadata.model, expected: [spec.name] + (spec.encoder.map { [$0.model] } ?? [])))
        }
        guard isEncoder || file.metadata.preprocessing.resize == .letterbox,
            file.metadata.preprocessing.channels != .gray
        else {
            throw ModelFileError(file.path, .preprocessing(expected: "an input in color that is letterboxed"))
        }
        (self.spec, self.name, path) = (spec, name, file.path)
        checksum = file.metadata.dataSHA256
        labels = file.labels
        var preprocessing = file.metadata.preprocessing
        if isEncoder {
            let usual = spec.preprocessing()
            preprocessing = Preprocessing(
                width: usual.width, height: usual.height, resize: .letterbox, fill: usual.fill,
                channels: preprocessing.channels, mean: preprocessing.mean, std: preprocessing.std)
        }
        self.preprocessing = preprocessing
        state = try file.state()
    }

    /// Loads these weights; where the classes are others, all but the layers that predict classes.
    ///
    /// - Parameters:
    ///   - parameters: of the network.
    ///   - classes: the names of its classes.
    /// - Returns: the names of the parameters that keep their random values; none for weights of a classifier, which give the encoder
    ///   alone.
    /// - Throws: `ModelFileError` with keys and shapes that do not fit; nothing is changed then.
    func load(into parameters: ParameterSet, classes: [String]) throws -> [String] {
        if isEncoder {
            do throws(ParameterMismatch) {
                try parameters.load(encoder: state)
            } catch {
                throw ModelFileError(path, .otherParameters(error))
            }
            return []
        }
        let prefixes = classes == labels ? [] : spec.headScopes.map { $0 + "." }
        // Weights without anchors are for those that the network has from the start.
        let anchors = YOLOv3Tiny.anchorScope + "."
        let hasAnchors = state.keys.contains { $0.hasPrefix(anchors) }
        do throws(ParameterMismatch) {
            try parameters.load(state, omitting: prefixes + (hasAnchors ? [] : [anchors]))
        } catch {
            throw ModelFileError(path, .otherParameters(error))
        }
        return parameters.map(\.name).filter { name in prefixes.contains { name.hasPrefix($0) } }
    }
}
