import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor

/// A trained network for segmentation, with what its file says about it.
///
/// Immutable: many threads may use it at the same time.
public struct SegmentationWeights: Sendable {
    /// The classes, by number, with their colours.
    public let labels: SegmentationLabels
    /// What the network is: a name of `SegmentationArchitecture`.
    public let name: String
    /// How a picture becomes the network's input.
    public let preprocessing: Preprocessing
    private let network: any Layer

    /// Loads weights by the name of a model or by the path of a `.safetensors` file, such as `cvtool train segment` writes.
    ///
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `SegmentationWeightsError`
    ///   for a file that belongs to something else.
    public init(_ weights: String) throws {
        let path = try WeightsLocator().find(weights)
        let file = try Safetensors(path: path)
        let metadata = try WeightsMetadata(file.metadata, file: path)
        guard metadata.task == "segment" else {
            throw SegmentationWeightsError(path, .otherTask(metadata.task, model: metadata.model))
        }
        try file.checkFinite()
        let input = ClassifierArchitecture.Input(
            channels: metadata.preprocessing.channels.count, height: metadata.preprocessing.height,
            width: metadata.preprocessing.width)
        let classes = metadata.labels.count
        do {
            let architecture = try SegmentationArchitecture.named(metadata.model)
            try architecture.check(classes: classes, input: input)
            network = try load(
                { architecture.make(classes: classes, channels: input.channels, $0) }, from: file.stateDictionary())
        } catch let error as ArchitectureError {
            throw SegmentationWeightsError(path, .architecture(error))
        } catch let mismatch as ParameterMismatch {
            throw SegmentationWeightsError(path, .otherParameters(mismatch))
        }
        labels = SegmentationLabels(metadata.labels, metadata: file.metadata)
        name = metadata.model
        preprocessing = metadata.preprocessing
    }

    /// The network's scores before softmax.
    ///
    /// input: [N, C, height, width], of any size -> [N, classes, height, width].
    public func logits(_ input: Tensor) -> Tensor { network(input) }

    /// The class of each pixel of a picture, row by row.
    ///
    /// The picture is brought to the size that the network was trained at, and the scores back to the picture's.
    public func classes(of image: Image) -> [UInt8] { CVSegmentation.classes(of: image, network, preprocessing) }

    /// How well it does on pictures whose masks are known, each in its own size.
    ///
    /// - Parameters:
    ///   - items: places in `pictures.items`.
    ///   - progress: called with the pictures done.
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile.
    public func evaluate(
        _ pictures: SegmentationPictures, items: [Int], progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> SegmentationMetrics {
        precondition(pictures.labels.names == labels.names, "classes \(pictures.labels.names) for \(labels.names)")
        return try CVSegmentation.evaluate(network, preprocessing, pictures, items: items, progress: progress)
    }
}

/// The class of each pixel of a picture, at its own size.
func classes(of image: Image, _ network: any Layer, _ preprocessing: Preprocessing) -> [UInt8] {
    let logits = network(preprocessing.tensor(image))
    let isSame = image.width == preprocessing.width && image.height == preprocessing.height
    return classesOfPixels(isSame ? logits : upsampleBilinear(logits, height: image.height, width: image.width))
}

/// Runs a network on pictures one by one, each scored at its own size.
func evaluate(
    _ network: any Layer, _ preprocessing: Preprocessing, _ pictures: SegmentationPictures, items: [Int],
    progress: (_ done: Int) throws -> Void = { _ in }
) throws -> SegmentationMetrics {
    var metrics = SegmentationMetrics(classes: pictures.labels.names)
    for (done, item) in items.enumerated() {
        let (image, mask) = try pictures.original(item)
        metrics.add(classes(of: image, network, preprocessing), mask)
        try progress(done + 1)
    }
    return metrics
}

/// Weights that cannot be used as asked.
public struct SegmentationWeightsError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        case otherTask(String, model: String)
        /// A network that is not known, or that cannot have this input.
        case architecture(ArchitectureError)
        /// Keys or shapes that are not the network's.
        case otherParameters(ParameterMismatch)

        // To begin a training from.
        case otherNetwork(String, expected: String)
        case otherChannels
        case nothingToBeginFrom
    }

    /// The file that it is about, or the network.
    public let path: String
    public let problem: Problem

    init(_ path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }

    public var description: String {
        let text =
            switch problem {
            case .otherTask(let task, let model):
                "holds weights of \(abbreviated(model)) for the task '\(abbreviated(task))'; those of a segmentation are "
                    + "expected, such as `cvtool train segment` writes"
            case .architecture(let error): error.description
            case .otherParameters(let mismatch): mismatch.description
            case .otherNetwork(let model, let expected):
                "holds weights of \(abbreviated(model)), but those of \(expected) are expected to begin from"
            case .otherChannels: "expects pictures of other channels than red, green and blue"
            case .nothingToBeginFrom: "has no encoder that pretrained weights are known for; leave --pretrained away"
            }
        return "\(path.escapedForDisplay): \(text)"
    }
}
