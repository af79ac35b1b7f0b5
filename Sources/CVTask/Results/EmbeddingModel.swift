import CVCore

/// The network that embeddings are of. Those of two networks cannot be compared, nor those of two sets of weights.
public struct EmbeddingModel: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The display name of the network, such as "sface".
    public var name: String
    /// The SHA-256 of its weights, as 64 hexadecimal digits.
    public var sha256: String
    /// The numbers of an embedding.
    public var dimension: Int
    /// How two embeddings are compared.
    public var metric: Metric

    /// How two embeddings are compared.
    public enum Metric: String, Sendable, Codable, CaseIterable {
        /// 1 minus the cosine of the angle between them: from 0 to 2.
        case cosine
        /// The Euclidean distance.
        case euclidean
    }

    /// Describes a network.
    ///
    /// - Parameters:
    ///   - name: its display name.
    ///   - sha256: of its weights, as hexadecimal digits.
    ///   - dimension: the numbers of an embedding.
    ///   - metric: how two embeddings are compared.
    public init(name: String, sha256: String, dimension: Int, metric: Metric) {
        self.name = name
        self.sha256 = sha256
        self.dimension = dimension
        self.metric = metric
    }

    /// `sface (sha256 1b2c3d4e…)`.
    public var description: String { "\(abbreviated(name)) (sha256 \(abbreviated(String(sha256.prefix(8))))…)" }

    /// The distance of two embeddings, in double precision.
    ///
    /// - Parameters:
    ///   - a: `dimension` numbers.
    ///   - b: as many.
    /// - Returns: 0 for equal ones; for the cosine, 1 if one of them has no direction since it is zero.
    public func distance(_ a: [Float], _ b: [Float]) -> Float {
        precondition(a.count == b.count, "embeddings of \(a.count) and \(b.count) numbers cannot be compared")
        return a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in distance(a, b) } }
    }

    /// The same of numbers in memory.
    package func distance(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Float {
        var (dot, squaredA, squaredB, difference) = (0.0, 0.0, 0.0, 0.0)
        for index in a.indices {
            let (x, y) = (Double(a[index]), Double(b[index]))
            dot += x * y
            squaredA += x * x
            squaredB += y * y
            difference += (x - y) * (x - y)
        }
        guard metric == .cosine else { return Float(difference.squareRoot()) }
        let lengths = (squaredA * squaredB).squareRoot()
        return lengths > 0 ? Float(max(0, 1 - dot / lengths)) : 1
    }
}
