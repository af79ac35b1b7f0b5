import CVCore
import CVGraph
import CVImage
import CVModels
import CVTask
import CVTensor
import CVWeights

/// One network that makes vectors of aligned faces, with what its weights say about their use.
public struct FaceNetwork: Sendable {
    /// The network, and how its vectors are compared.
    public let model: EmbeddingModel
    /// How faces are aligned for it.
    public let template: FaceTemplate
    /// The distance up to which two faces count as one person.
    public let threshold: FaceThreshold
    /// How much it counts beside others in a `FaceEmbedder`.
    let weight: Float

    private let preprocessing: Preprocessing
    private let engine: InferenceEngine

    /// Loads a network by its name or by the path of a `.safetensors` file.
    ///
    /// The metadata of weights may say how faces are aligned (`alignment`: `arcface`, `dlib` or `tight`), how vectors are compared
    /// (`metric`: `cosine` or `euclidean`), and up to which distance two are of one person (`threshold`, with
    /// `threshold_origin`, or `dev_threshold` of the people whom a training held out).
    ///
    /// - Parameter model: `sface`, `dlib-face`, or weights of another network that makes vectors.
    /// - Throws: what `ModelFile` throws; `FaceError` for metadata that are not understood.
    public init(_ model: String) throws {
        let file = try ModelFile(model, task: .embed)
        guard case .embedding(let network) = try file.network() else {
            preconditionFailure("\(file.spec.name) makes no embeddings")
        }
        if let siamese = network as? SiameseNet, siamese.comparison != .distance {
            throw FaceError(file.path, .trainedHead(model: file.spec.name))
        }
        let usual = Calibration(model: file.spec.name)
        let named = try FaceTemplate(alignment: file.texts["alignment"], of: file.path)
        guard let template = named ?? usual?.template else {
            throw FaceError(file.path, .noAlignment)
        }
        guard let threshold = try file.threshold() ?? usual?.threshold else {
            throw FaceError(file.path, .noThreshold)
        }
        (self.template, self.threshold, weight) = (template, threshold, usual?.weight ?? 0.5)
        preprocessing = file.metadata.preprocessing
        engine = InferenceEngine { [network($0)] }
        self.model = EmbeddingModel(
            name: file.spec.name, sha256: try file.metadata.dataSHA256 ?? Safetensors(path: file.path).dataSHA256(),
            dimension: network.dimension,
            metric: try file.setting("metric", EmbeddingModel.Metric.allCases.map { ($0.rawValue, $0) })
                ?? usual?.metric ?? .euclidean)
    }

    /// The network's input for aligned faces.
    ///
    /// - Parameter aligned: images of faces, aligned to `template`; other sizes than the template's are resized.
    /// - Returns: [N, 3, height, width].
    public func prepare(_ aligned: [Image]) -> Tensor { preprocessing.batch(aligned) }

    /// Runs the network.
    ///
    /// - Parameter input: [N, 3, height, width], preprocessed.
    /// - Returns: [N, dimension], as the network computes it.
    /// - Throws: `NonFiniteOutput` if it is NaN or infinite.
    public func run(_ input: Tensor) throws(NonFiniteOutput) -> Tensor {
        try NonFiniteOutput.checking(input) { engine($0)[0] }
    }

    /// The embedding of an aligned face.
    ///
    /// - Parameters:
    ///   - aligned: an image of a face, aligned to `template`.
    ///   - averagesMirrorImage: whether it is the mean of that of the image and of its mirror image.
    /// - Returns: of length 1 where the metric is the cosine.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func embed(_ aligned: Image, averagesMirrorImage: Bool = true) throws(NonFiniteOutput) -> FaceEmbedding {
        let images = [aligned] + (averagesMirrorImage ? [aligned.flippedHorizontally()] : [])
        let vectors = try run(prepare(images)).values
        let mean = (0..<model.dimension).map { index in
            images.indices.reduce(Float(0)) { $0 + vectors[$1 * model.dimension + index] } / Float(images.count)
        }
        return FaceEmbedding(mean, model: model)
    }

    /// The threshold for the length of the difference of two embeddings: for vectors of length 1, its square is twice the
    /// distance by the cosine.
    var euclideanThreshold: Float {
        model.metric == .cosine ? (2 * threshold.distance).squareRoot() : threshold.distance
    }
}

extension ImageEmbedder {
    /// How faces are aligned that the network was trained on.
    ///
    /// - Parameter path: of the weights, for the message.
    /// - Returns: nil for images as they are.
    /// - Throws: `FaceError` for a template that is not known.
    public func faceTemplate(path: String) throws(FaceError) -> FaceTemplate? {
        try FaceTemplate(alignment: alignment, of: path)
    }
}

/// What is known of the published networks.
private struct Calibration {
    let template: FaceTemplate
    let metric: EmbeddingModel.Metric
    let threshold: FaceThreshold
    let weight: Float

    /// Nil for networks that were not published with a threshold.
    init?(model: String) {
        switch model {
        case "dlib-face":
            (template, metric, weight) = (.dlib, .euclidean, 0.3)
            threshold = FaceThreshold(
                distance: 0.6, origin: "published with dlib's network, for Labeled Faces in the Wild")
        case "sface":
            (template, metric, weight) = (.arcFace, .cosine, 0.7)
            threshold = FaceThreshold(
                distance: 0.637, origin: "published with OpenCV's SFace (cosine 0.363), for Labeled Faces in the Wild")
        default: return nil
        }
    }
}

extension ModelFile {
    /// A setting of the metadata that is one of several names; nil where there is none.
    fileprivate func setting<Value>(_ key: String, _ known: [(name: String, value: Value)]) throws(FaceError) -> Value?
    {
        guard let text = texts[key] else { return nil }
        if let found = known.first(where: { $0.name == text }) { return found.value }
        throw FaceError(path, .setting(key: key, found: text, expected: known.map(\.name).joined(separator: " or ")))
    }

    fileprivate func threshold() throws(FaceError) -> FaceThreshold? {
        guard let text = texts["threshold"] ?? texts["dev_threshold"] else { return nil }
        guard let distance = Float(text), distance.isFinite, distance > 0 else {
            throw FaceError(path, .setting(key: "threshold", found: text, expected: "a number above 0"))
        }
        let usual =
            texts["threshold"] == nil
            ? "where both errors are the same for the people held out in its training" : "the metadata of the weights"
        return FaceThreshold(distance: distance, origin: texts["threshold_origin"] ?? usual)
    }
}
