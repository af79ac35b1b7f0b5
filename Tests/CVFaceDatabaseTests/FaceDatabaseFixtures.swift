import CVFaceDatabase
import TestSupport

extension EmbeddingModel {
    /// A network that exists only in tests.
    static func fixture(_ name: String = "test", dimension: Int, _ metric: Metric = .cosine) -> EmbeddingModel {
        let digits = name.utf8.reduce(into: "") { $0 += String($1, radix: 16) }
        return EmbeddingModel(
            name: name, sha256: String((digits + String(repeating: "0", count: 64)).prefix(64)), dimension: dimension,
            metric: metric)
    }
}

/// Random embeddings, always the same for a seed.
func embeddings(_ count: Int, dimension: Int, seed: UInt64 = 1) -> [[Float]] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) } }
}

/// Faces of people called "0", "1", …, a few of each.
func faces(_ embeddings: [[Float]], of people: Int) -> [EnrolledFace] {
    embeddings.enumerated().map { index, embedding in
        EnrolledFace(
            person: "\(index % people)", source: "image \(index).jpg", box: [1, 2, 30, 40], embedding: embedding)
    }
}

/// The problem of what `body` throws; nil if it throws nothing.
func problem<Result>(_ body: () throws(FaceDatabaseError) -> Result) -> FaceDatabaseError.Problem? {
    do throws(FaceDatabaseError) {
        _ = try body()
        return nil
    } catch {
        return error.problem
    }
}
