import CVCore
import CVImage
import CVTask
import CVWeights

/// Makes vectors of faces, which are near each other for the same person: with one network, or with several that make up for
/// each other's errors.
///
/// ```swift
/// let (detector, embedder) = (try FaceDetector(), try FaceEmbedder())
/// let image = try Image(contentsOf: "a.jpg")
/// if let face = try detector.detect(image).first, let embedding = try embedder.embed(face, in: image) { … }
/// ```
/// Of several networks, the vectors stand one after another, scaled so that the square of the distance of two faces is the
/// weighted mean of the squares of their distances by each network, relative to that network's threshold: the threshold of all
/// is 1. Immutable: many threads may use one embedder at the same time.
public struct FaceEmbedder: Sendable {
    /// The model that `init(_:)` loads by default: two networks.
    public static let defaultModel = "sface+dlib-face"

    /// The networks; each aligns a face by its own template.
    public let networks: [FaceNetwork]
    /// The network or the networks, and how embeddings are compared.
    public let model: EmbeddingModel
    /// The distance up to which two faces count as one person.
    public let threshold: FaceThreshold
    /// Whether the embedding of a face is the mean of that of its image and of its mirror image, which makes it steadier and
    /// takes twice as long.
    public var averagesMirrorImage = true

    /// Loads networks by their names or by the paths of `.safetensors` files.
    ///
    /// - Parameter model: a name or a path as of `FaceNetwork`, or several with plus signs between, such as
    ///   `sface+dlib-face`.
    /// - Throws: what `FaceNetwork` throws.
    public init(_ model: String = FaceEmbedder.defaultModel) throws {
        self.init(try Self.names(in: model).map { try FaceNetwork($0) })
    }

    /// An embedder of networks that are loaded.
    ///
    /// - Parameter networks: one at least.
    public init(_ networks: [FaceNetwork]) {
        precondition(!networks.isEmpty, "an embedder without networks")
        self.networks = networks
        if networks.count == 1 {
            (model, threshold) = (networks[0].model, networks[0].threshold)
            return
        }
        model = EmbeddingModel(
            name: networks.map(\.model.name).joined(separator: "+"),
            sha256: SHA256.hexDigest(of: Array(networks.map(\.model.sha256).joined(separator: "+").utf8)),
            dimension: networks.reduce(0) { $0 + $1.model.dimension }, metric: .euclidean)
        threshold = FaceThreshold(
            distance: 1, origin: networks.map { "\($0.model.name): \($0.threshold.origin)" }.joined(separator: "; "))
    }

    /// The names of networks in the name of a model. A plus sign may also belong to the name of a file.
    package static func names(in model: String) -> [String] {
        let parts = model.split(separator: "+").map(String.init)
        return parts.count < 2 || (try? WeightsLocator().find(model)) != nil ? [model] : parts
    }

    /// The embedding of a face.
    ///
    /// - Parameters:
    ///   - face: in pixels of `image`.
    ///   - image: of any size.
    /// - Returns: nil for a face that cannot be aligned: it has fewer than two of a template's points, or they coincide.
    /// - Throws: `NonFiniteOutput` if a network computes NaN or infinity.
    public func embed(_ face: Face, in image: Image) throws(NonFiniteOutput) -> FaceEmbedding? {
        var parts: [FaceEmbedding] = []
        for network in networks {
            guard let aligned = network.template.aligned(face, in: image) else { return nil }
            parts.append(try network.embed(aligned, averagesMirrorImage: averagesMirrorImage))
        }
        return joined(parts)
    }

    /// One embedding of those of all networks.
    private func joined(_ parts: [FaceEmbedding]) -> FaceEmbedding {
        if parts.count == 1 { return parts[0] }
        let total = networks.reduce(0) { $0 + $1.weight }
        let values = zip(networks, parts).flatMap { network, part in
            let scale = (network.weight / total).squareRoot() / network.euclideanThreshold
            return part.values.map { $0 * scale }
        }
        return FaceEmbedding(values, model: model)
    }
}
