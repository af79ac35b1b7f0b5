import CVModels
import CVNN
import CVWeights

/// A weight file, found and read, whose metadata says what network it is for.
package struct ClassifierFile {
    package let path: String
    package let metadata: WeightsMetadata
    private let file: Safetensors

    package init(_ weights: String) throws {
        path = try WeightsLocator().find(weights)
        file = try Safetensors(path: path)
        metadata = try WeightsMetadata(file.metadata, file: path)
    }

    package var input: ClassifierArchitecture.Input {
        ClassifierArchitecture.Input(
            channels: metadata.preprocessing.channels.count, height: metadata.preprocessing.height,
            width: metadata.preprocessing.width)
    }

    package func architecture(classes: Int) throws(ClassifierError) -> ClassifierArchitecture {
        do {
            let architecture = try ClassifierArchitecture.named(metadata.model)
            try architecture.check(classes: classes, input: input)
            return architecture
        } catch {
            throw ClassifierError(path, .architecture(error))
        }
    }

    /// The values, all of them numbers.
    package func state() throws -> StateDictionary {
        try file.checkFinite()
        return try file.stateDictionary()
    }
}
