import CVCore
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Weights of a detector that a training on other images or other classes is initialized from.
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

    /// Reads weights.
    ///
    /// - Parameters:
    ///   - name: of the weights, or a path.
    ///   - spec: the network that is to be initialized.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError`
    ///   for weights of another network.
    public init(_ name: String, for spec: ModelSpec) throws {
        let file = try ModelFile(name)
        guard file.spec.name == spec.name else {
            throw ModelFileError(file.path, .otherNetwork(found: file.metadata.model, expected: [spec.name]))
        }
        guard file.metadata.preprocessing.resize == .letterbox, file.metadata.preprocessing.channels != .gray else {
            throw ModelFileError(file.path, .preprocessing(expected: "an input in color that is letterboxed"))
        }
        (self.spec, self.name, path) = (spec, name, file.path)
        checksum = file.metadata.dataSHA256
        labels = file.labels
        preprocessing = file.metadata.preprocessing
        state = try file.state()
    }

    /// Loads these weights; where the classes are others, all but the layers that predict classes.
    ///
    /// - Parameters:
    ///   - parameters: of the network.
    ///   - classes: the names of its classes.
    /// - Returns: the names of the parameters that keep their random values.
    /// - Throws: `ModelFileError` with keys and shapes that do not fit; nothing is changed then.
    func load(into parameters: ParameterSet, classes: [String]) throws -> [String] {
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
