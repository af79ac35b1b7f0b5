import CVCore
import CVFaceDatabase
import CVTensor

/// Exact searches for the nearest of many faces, in memory: of one face, and of a group of faces as a matrix product.
struct FaceSearchBenchmark {
    private let index: FaceIndex
    private let queries: [[Float]]

    private static let dimension = 128
    private static let groupSize = 48

    /// - Parameter faces: how many there are, with pseudo-random embeddings.
    /// - Throws: `MemoryError`.
    init(faces: Int) throws {
        try requireMemory(
            FaceIndex.byteCount(of: faces, dimension: Self.dimension), for: "an index of \(faces) faces")
        var numbers = SplitMix64(seed: 1)
        func embedding() -> [Float] { (0..<Self.dimension).map { _ in numbers.uniform() - 0.5 } }
        let model = EmbeddingModel(name: "random", sha256: "", dimension: Self.dimension, metric: .cosine)
        index = FaceIndex(model, count: faces) { _ in embedding() }
        queries = (0..<Self.groupSize).map { _ in embedding() }
    }

    func report(runs: Int) -> BenchmarkReport {
        BenchmarkReport(
            network: "search for faces", input: "\(index.count)×\(Self.dimension)",
            facts: [
                JSONMember("faces", .integer(index.count)), JSONMember("dimension", .integer(Self.dimension)),
                JSONMember("groupSize", .integer(Self.groupSize)),
            ], runs: runs,
            steps: [
                BenchmarkStep("one", runs: runs) { _ = index.neighbors(of: queries[0], limit: 1) },
                BenchmarkStep("group", runs: runs) { _ = index.neighbors(of: queries, limit: 1) },
            ])
    }
}
