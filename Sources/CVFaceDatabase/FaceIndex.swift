import CKernels
import CVCore
import CVTask
import Synchronization

/// All embeddings of a face database side by side, for exact nearest neighbors.
///
/// A search compares a given embedding with every one: no approximation misses the nearest. What limits it is how fast
/// memory is read: of a million embeddings of 128 numbers, 512 MB. Large databases keep them in a file beside the database,
/// which is mapped rather than read.
public final class FaceIndex: Sendable {
    /// The network of all embeddings.
    public let model: EmbeddingModel
    /// How many faces there are.
    public let count: Int
    /// Whether the embeddings stand in a file that is mapped into memory.
    public var isMapped: Bool { storage.mapped != nil }

    private let storage: FaceIndexStorage

    /// A face of an index, and how far it is.
    public struct Neighbor: Sendable, Equatable {
        /// The number of the face in the database.
        public var id: Int
        /// By the metric of the network.
        public var distance: Float

        /// Names a face and its distance.
        ///
        /// - Parameters:
        ///   - id: the number of the face in the database.
        ///   - distance: by the metric of the network.
        public init(id: Int, distance: Float) { (self.id, self.distance) = (id, distance) }
    }

    init(_ model: EmbeddingModel, _ storage: FaceIndexStorage) {
        self.model = model
        self.storage = storage
        count = storage.ids.count
    }

    /// An index of embeddings without a database, for measurements.
    ///
    /// - Parameters:
    ///   - model: the network whose embeddings they could be.
    ///   - count: how many there are.
    ///   - embedding: the one at each position, which is its number, too.
    package convenience init(_ model: EmbeddingModel, count: Int, embedding: (Int) -> [Float]) {
        let storage = FaceIndexStorage(FaceIndexLayout(dimension: model.dimension, count: count))
        for row in 0..<count { storage.set(row, to: embedding(row), id: row, model) }
        self.init(model, storage)
    }

    /// The bytes that an index takes.
    ///
    /// - Parameters:
    ///   - count: of its faces, at most 2^40.
    ///   - dimension: of the embeddings, at most 65,536.
    /// - Returns: a number of bytes.
    package static func byteCount(of count: Int, dimension: Int) -> Int {
        FaceIndexLayout(dimension: dimension, count: count).byteCount
    }

    /// The nearest faces.
    ///
    /// - Parameters:
    ///   - embedding: of the same network.
    ///   - limit: how many at most.
    /// - Returns: the nearest first; of equally near ones the one that was enrolled first.
    /// - Precondition: the embedding has as many numbers as the network gives.
    public func neighbors(of embedding: [Float], limit: Int) -> [Neighbor] {
        let query = prepared(embedding)
        let dimension = model.dimension
        return nearest(limit, queries: [query]) { rows, scores in
            query.withUnsafeBufferPointer { query in
                for row in rows {
                    scores[row - rows.lowerBound] = cvk_dot(
                        InstructionSet.current.cValue, storage.row(row, dimension), 0, query.baseAddress!, 0, dimension)
                }
            }
        }[0]
    }

    /// The nearest faces of many embeddings: a matrix product, which reads each enrolled one once for all of them.
    ///
    /// - Parameters:
    ///   - embeddings: of the same network.
    ///   - limit: how many at most for each.
    /// - Returns: for each the nearest first, as `neighbors(of:limit:)` gives them.
    public func neighbors(of embeddings: [[Float]], limit: Int) -> [[Neighbor]] {
        let width = cvk_panel_width(InstructionSet.current.cValue)
        return stride(from: 0, to: embeddings.count, by: width).flatMap { start in
            panel(embeddings[start..<min(start + width, embeddings.count)].map(prepared), width: width, limit: limit)
        }
    }

    private func panel(_ queries: [[Float]], width: Int, limit: Int) -> [[Neighbor]] {
        let dimension = model.dimension
        var transposed = [Float](repeating: 0, count: dimension * width)
        for (column, query) in queries.enumerated() {
            for (row, value) in query.enumerated() { transposed[row * width + column] = value }
        }
        let queryOffsets = (0..<dimension).map { $0 * width }
        let rowOffsets = (0..<Self.block).map { $0 * dimension }
        return nearest(limit, queries: queries) { rows, scores in
            cvk_gemm_panel(
                InstructionSet.current.cValue, rows.count, queries.count, dimension,
                storage.row(rows.lowerBound, dimension), rowOffsets, transposed, queryOffsets, scores, queries.count,
                false)
        }
    }

    /// Rows that are compared before their scores are looked at: their scores stay in the cache.
    private static let block = 512

    /// For the cosine of unit length, as the rows are.
    private func prepared(_ embedding: [Float]) -> [Float] {
        precondition(
            embedding.count == model.dimension,
            "an embedding of \(embedding.count) numbers; the index has \(model.dimension)")
        return model.metric == .cosine ? embedding.normalized : embedding
    }

    /// Scores all rows, keeps the best of each query, and gives them their distances.
    ///
    /// - Parameter score: fills in the dot product of each row with each query, rows × queries.
    private func nearest(
        _ limit: Int, queries: [[Float]], score: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) -> [[Neighbor]] {
        // The scores are rounded: a few more than asked for, whose distances are computed in double precision.
        let kept = min(count, limit + 8)
        guard limit > 0, kept > 0 else { return queries.map { _ in [] } }
        let parts = min(Parallel.threadCount, (count + Self.block - 1) / Self.block)
        let best = Mutex(queries.map { _ in BestScores(kept) })
        Parallel.forEach(parts) { part in
            var own = queries.map { _ in BestScores(kept) }
            let rows = count * part / parts..<count * (part + 1) / parts
            withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block * queries.count) { scores in
                for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.block) {
                    let block = start..<min(start + Self.block, rows.upperBound)
                    score(block, scores.baseAddress!)
                    for query in own.indices {
                        own[query].add(block, scores.baseAddress! + query, stride: queries.count, storage.halfSquares)
                    }
                }
            }
            best.withLock { best in for query in own.indices { best[query].merge(own[query]) } }
        }
        return zip(queries, best.withLock { $0 }).map { query, best in
            let found = best.rows.map { Neighbor(id: storage.ids[$0], distance: distance(of: query, to: $0)) }
            return Array(found.sorted { ($0.distance, $0.id) < ($1.distance, $1.id) }.prefix(limit))
        }
    }
    private func distance(of query: [Float], to row: Int) -> Float {
        query.withUnsafeBufferPointer { query in
            model.distance(query, UnsafeBufferPointer(start: storage.row(row, model.dimension), count: query.count))
        }
    }
}

/// The rows with the greatest scores, of equal ones the first.
struct BestScores {
    /// In descending order of the scores.
    private(set) var rows: [Int] = []
    private var scores: [Float] = []
    private let limit: Int

    init(_ limit: Int) { self.limit = limit }

    /// Adds the rows of a block, whose numbers are greater than all before.
    ///
    /// - Parameters:
    ///   - block: the rows.
    ///   - dots: their dot products, `stride` floats apart.
    ///   - stride: the number of queries.
    ///   - halfSquares: of all rows.
    mutating func add(
        _ block: Range<Int>, _ dots: UnsafePointer<Float>, stride: Int, _ halfSquares: UnsafePointer<Float>
    ) {
        var least = rows.count < limit ? -Float.infinity : scores[limit - 1]
        for (index, row) in block.enumerated() {
            let score = dots[index * stride] - halfSquares[row]
            guard score > least || rows.count < limit else { continue }
            insert(row, score)
            if rows.count == limit { least = scores[limit - 1] }
        }
    }

    /// Adds the rows of another part.
    mutating func merge(_ other: BestScores) {
        for (row, score) in zip(other.rows, other.scores) { insert(row, score) }
    }

    private mutating func insert(_ row: Int, _ score: Float) {
        let position = scores.indices.first { (scores[$0], -rows[$0]) < (score, -row) } ?? rows.count
        guard position < limit else { return }
        rows.insert(row, at: position)
        scores.insert(score, at: position)
        if rows.count > limit {
            rows.removeLast()
            scores.removeLast()
        }
    }
}

extension [Float] {
    /// Divided by its length; zero stays zero.
    var normalized: [Float] {
        let length = reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return length > 0 ? map { Float(Double($0) / length) } : self
    }
}
