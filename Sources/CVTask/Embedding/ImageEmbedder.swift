import CVCore
import CVGraph
import CVImage
import CVModels
import CVNN
import CVTensor
import CVWeights

/// Embeds images, and compares them by their embeddings.
///
/// ```swift
/// let embedder = try ImageEmbedder("run/best.safetensors")
/// let distance = try embedder.distance(Image(contentsOf: "a.jpg"), Image(contentsOf: "b.jpg"))
/// print(distance <= threshold ? "same" : "different")
/// ```
/// Immutable: many threads may use one at the same time.
public struct ImageEmbedder: Sendable {
    /// The name of the architecture: a name of `ModelRegistry`.
    public let name: String
    /// Converts an image to the network's input.
    public let preprocessing: Preprocessing
    /// Computes embeddings [N, D] from images [N, C, height, width].
    public let network: any EmbeddingNetwork
    private let engine: InferenceEngine
    /// How faces are aligned that it was trained on: the name of a template, as the metadata of the weights have it; nil for images
    /// as they are. Whoever embeds images must align them; nothing here does.
    public let alignment: String?

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Parameter weights: the name of a model, or the path of a file.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError` or `ModelFileError`.
    public init(_ weights: String) throws {
        let file = try ModelFile(weights, task: .embed)
        guard case .embedding(let network) = try file.network() else {
            preconditionFailure("\(file.spec.name) makes no embeddings")
        }
        engine = InferenceEngine { [network($0)] }
        (self.network, name, preprocessing) = (network, file.metadata.model, file.metadata.preprocessing)
        alignment = file.texts["alignment"]
    }

    /// Wraps an existing network. Its weights must be frozen if several threads use it.
    package init(
        _ network: any EmbeddingNetwork, name: String, preprocessing: Preprocessing, alignment: String? = nil
    ) {
        // Operation by operation: the network may be one that is being trained.
        engine = InferenceEngine(nil) { [network($0)] }
        (self.network, self.name, self.preprocessing, self.alignment) = (network, name, preprocessing, alignment)
    }

    /// The embeddings of a batch.
    ///
    /// - Parameter input: [N, C, height, width], as produced by `preprocessing`.
    /// - Returns: [N, D].
    /// - Throws: `NonFiniteOutput` if they are NaN or infinite.
    public func embeddings(_ input: Tensor) throws(NonFiniteOutput) -> Tensor {
        try NonFiniteOutput.checking(input) { engine($0)[0] }
    }

    /// The embeddings of images.
    ///
    /// - Parameter images: of any sizes.
    /// - Returns: [N, D].
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity from one of them.
    public func embeddings(of images: [Image]) throws(NonFiniteOutput) -> Tensor {
        if images.isEmpty { return Tensor([], shape: [0, network.dimension]) }
        return try embeddings(preprocessing.batch(images))
    }

    /// How different two images are; what the number is, `network.measure` says.
    ///
    /// - Parameters:
    ///   - a: of any size.
    ///   - b: of any size.
    /// - Returns: small for images of the same person.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity from one of them.
    public func distance(_ a: Image, _ b: Image) throws(NonFiniteOutput) -> Double {
        let both = try embeddings(of: [a, b])
        return network.distances(selectRows(both, [0]), selectRows(both, [1]))[0]
    }
}

extension EmbeddingNetwork {
    /// The distances of pairs of rows.
    ///
    /// - Parameters:
    ///   - embeddings: [N, D].
    ///   - pairs: indices of rows.
    /// - Returns: one for each pair.
    public func distances(_ embeddings: Tensor, pairs: [(a: Int, b: Int)]) -> [Double] {
        stride(from: 0, to: pairs.count, by: Self.pairsAtATime).flatMap { start in
            let part = pairs[start..<min(start + Self.pairsAtATime, pairs.count)]
            return distances(selectRows(embeddings, part.map(\.a)), selectRows(embeddings, part.map(\.b)))
        }
    }

    /// The distances between all rows: of the first to all after it, then of the second, and so on, as `IdentityDistances`
    /// takes them.
    ///
    /// - Parameter embeddings: [N, D].
    /// - Returns: N (N - 1) / 2 distances.
    public func distancesOfAllPairs(_ embeddings: Tensor) -> [Double] {
        let rows = 0..<embeddings.shape[0]
        return rows.flatMap { row in distances(embeddings, pairs: rows[(row + 1)...].map { (row, $0) }) }
    }

    /// So that the copies of their rows stay small.
    private static var pairsAtATime: Int { 4096 }
}
