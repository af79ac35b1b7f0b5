import CVClassification
import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import CVWeights

/// Weights that were learnt before, to begin a training of other classes from.
///
/// ```swift
/// let pretrained = try PretrainedWeights("efficientnet-lite0")
/// let recipe = ClassificationRecipe(pretrained, frozen: .backbone)
/// ```
public struct PretrainedWeights: Sendable {
    /// Where they were found.
    public let path: String
    /// The network that they are of.
    public let architecture: ClassifierArchitecture
    /// What they were trained for.
    public let input: ClassifierArchitecture.Input
    /// How a picture becomes their input.
    public let preprocessing: Preprocessing
    /// Of the values, where the file has it: tells files of one name apart.
    public let checksum: String?
    private let state: StateDictionary

    /// By the name of a model or by the path of a `.safetensors` file.
    ///
    /// Those of a backbone alone, without the layers that decide, will do.
    ///
    /// expecting: the network that they must be of; nil for any.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ClassifierError` for what is
    ///   not of a classifier's network, or of another than is expected.
    public init(_ weights: String, expecting model: String? = nil) throws {
        let file = try ClassifierFile(weights)
        path = file.path
        if let model, file.metadata.model != model {
            throw ClassifierError(path, .otherNetwork(found: file.metadata.model, expected: model))
        }
        architecture = try file.architecture(classes: 1)
        input = file.input
        preprocessing = file.metadata.preprocessing
        checksum = file.metadata.dataSHA256
        state = try file.state()
    }

    /// `efficientnet-lite0`: the name of the file.
    public var name: String { FileSystem.stem(of: path) }

    /// Gives a network these weights, but for its head, which stays as it is, and for auxiliary heads.
    ///
    /// - Throws: `ClassifierError` with all keys that do not fit.
    func load(into parameters: ParameterSet, of network: any ClassifierNetwork) throws(ClassifierError) {
        let heads = [network.headScope] + ((network as? any AuxiliaryClassifier)?.auxiliaryScopes ?? [])
        do {
            try parameters.load(state, omitting: heads.map { $0 + "." })
        } catch {
            throw ClassifierError(path, .otherParameters(error))
        }
    }

    /// How a picture becomes the input of another size.
    func preprocessing(for input: ClassifierArchitecture.Input) -> Preprocessing {
        var preprocessing = preprocessing
        (preprocessing.width, preprocessing.height) = (input.width, input.height)
        // The margin that is cut off keeps its part of the picture.
        preprocessing.shorterSide = preprocessing.shorterSide.map {
            $0 * min(input.width, input.height) / min(self.input.width, self.input.height)
        }
        return preprocessing
    }
}
