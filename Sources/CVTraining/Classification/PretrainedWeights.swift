import CVClassification
import CVCore
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Weights that were learned before, to initialize a training on other classes from.
///
/// ```swift
/// let pretrained = try PretrainedWeights("efficientnet-lite0")
/// let recipe = ClassificationRecipe(pretrained, frozen: .backbone)
/// ```
public struct PretrainedWeights: Sendable {
    /// The file that they were found in.
    public let path: String
    /// The network that they belong to.
    public let spec: ModelSpec
    /// The input that they were trained for.
    public let input: ModelSpec.Input
    /// How an image becomes their input.
    public let preprocessing: Preprocessing
    /// The SHA-256 of the values, if the file has it: distinguishes files of the same name.
    public let checksum: String?
    private let state: StateDictionary

    /// Reads weights; those of a backbone alone, without a classification head, suffice.
    ///
    /// - Parameters:
    ///   - weights: the name of a model, or the path of a `.safetensors` file.
    ///   - model: the network that they must belong to; nil for any.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError` if they
    ///   do not belong to a classifier, or to another than is expected.
    public init(_ weights: String, expecting model: String? = nil) throws {
        let file = try ModelFile(weights)
        path = file.path
        if let model, file.metadata.model != model {
            throw ModelFileError(path, .otherNetwork(found: file.metadata.model, expected: [model]))
        }
        do {
            spec = try ModelRegistry.spec(named: file.metadata.model, task: .classify)
        } catch {
            throw ModelFileError(path, .architecture(error))
        }
        input = file.input
        preprocessing = file.metadata.preprocessing
        checksum = file.metadata.dataSHA256
        state = try file.state()
    }

    /// `efficientnet-lite0`: the name of the file.
    public var name: String { FileSystem.stem(of: path) }

    /// Loads these weights into a network, except for its head and auxiliary heads, which stay as they are.
    ///
    /// - Parameters:
    ///   - parameters: of the network.
    ///   - network: whose heads are left out.
    /// - Throws: `ModelFileError` with all keys that do not fit.
    func load(into parameters: ParameterSet, of network: any ClassifierNetwork) throws(ModelFileError) {
        let heads = [network.headScope] + ((network as? any AuxiliaryClassifier)?.auxiliaryScopes ?? [])
        do {
            try parameters.load(state, omitting: heads.map { $0 + "." })
        } catch {
            throw ModelFileError(path, .otherParameters(error))
        }
    }

    /// How an image becomes an input of another size.
    ///
    /// - Parameter input: the size.
    /// - Returns: the preprocessing of these weights for it.
    func preprocessing(for input: ModelSpec.Input) -> Preprocessing {
        var preprocessing = preprocessing
        (preprocessing.width, preprocessing.height) = (input.width, input.height)
        // The margin that is cropped stays the same fraction of the image.
        preprocessing.shorterSide = preprocessing.shorterSide.map {
            $0 * min(input.width, input.height) / min(self.input.width, self.input.height)
        }
        return preprocessing
    }
}
