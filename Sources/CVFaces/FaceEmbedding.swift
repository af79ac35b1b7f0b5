import CVCore
import CVTask

/// A face as a vector: near those of the same person, far from those of others.
public struct FaceEmbedding: Sendable, Equatable, Codable {
    /// Of length 1 where the metric is the cosine.
    public let values: [Float]
    /// The network that made it; only embeddings of the same weights can be compared.
    public let model: EmbeddingModel

    /// An embedding.
    ///
    /// - Parameters:
    ///   - values: as the network computes them; divided by their length where the metric is the cosine.
    ///   - model: the network that made it.
    /// - Precondition: there are as many values as the model has dimensions.
    public init(_ values: [Float], model: EmbeddingModel) {
        precondition(values.count == model.dimension, "\(values.count) values of \(model.dimension)")
        self.model = model
        let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let isNormalized = model.metric == .cosine && length > 0
        self.values = isNormalized ? values.map { Float(Double($0) / length) } : values
    }

    /// The distance to another embedding, by the metric of the model: 0 for the same image of a face.
    ///
    /// - Parameter other: made by the same network.
    /// - Returns: from 0.
    /// - Throws: `FaceError` for an embedding of another network, or of other weights.
    public func distance(to other: FaceEmbedding) throws(FaceError) -> Float {
        guard model == other.model else {
            throw FaceError("embedding", .otherModel(first: model, second: other.model))
        }
        return model.distance(values, other.values)
    }
}

/// The largest distance at which two faces count as one person.
public struct FaceThreshold: Sendable, Equatable, Codable {
    /// In the units of the metric.
    public let distance: Float
    /// Where the number comes from.
    public let origin: String

    /// A threshold.
    ///
    /// - Parameters:
    ///   - distance: in the units of the metric.
    ///   - origin: where the number comes from.
    public init(distance: Float, origin: String) { (self.distance, self.origin) = (distance, origin) }
}
