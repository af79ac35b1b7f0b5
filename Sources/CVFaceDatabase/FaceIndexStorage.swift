import CVCore
import CVTask

/// Where the numbers of an index stand in its bytes: a header, the embeddings, half their squared lengths, and the numbers of
/// the faces, each part from a multiple of 64 on.
struct FaceIndexLayout {
    let dimension, count: Int

    /// A page: the embeddings begin at the next.
    static let headerBytes = 4096

    private var halfSquares: Int { Self.aligned(Self.headerBytes + 4 * dimension * count) }
    private var ids: Int { Self.aligned(halfSquares + 4 * count) }
    /// All bytes.
    var byteCount: Int { ids + 8 * count }

    private static func aligned(_ offset: Int) -> Int { (offset + 63) / 64 * 64 }

    /// The parts in bytes that have this layout.
    func pointers(
        in bytes: UnsafeRawBufferPointer
    ) -> (embeddings: UnsafePointer<Float>, halfSquares: UnsafePointer<Float>, ids: UnsafeBufferPointer<Int>) {
        precondition(bytes.count == byteCount, "\(bytes.count) bytes are no index of \(byteCount)")
        let start = bytes.baseAddress!
        return (
            (start + Self.headerBytes).assumingMemoryBound(to: Float.self),
            (start + halfSquares).assumingMemoryBound(to: Float.self),
            UnsafeBufferPointer(start: (start + ids).assumingMemoryBound(to: Int.self), count: count)
        )
    }

    /// What an index of a state of a database begins with, from its first byte to the last of the header.
    ///
    /// - Parameters:
    ///   - model: the network.
    ///   - generation: the state of the database.
    /// - Returns: `headerBytes` bytes.
    func header(_ model: EmbeddingModel, generation: [UInt8]) -> [UInt8] {
        let text = "CVFaceIndex 1\n\(dimension) \(count) \(model.metric.rawValue) \(model.sha256)\n"
        let bytes = Array((Array(text.utf8) + generation).prefix(Self.headerBytes))
        return bytes + [UInt8](repeating: 0, count: Self.headerBytes - bytes.count)
    }
}

/// The numbers of an index, in memory of its own or in a mapped file. Nobody changes them.
final class FaceIndexStorage: @unchecked Sendable {
    /// count × dimension; for the cosine each row has length 1.
    let embeddings: UnsafePointer<Float>
    /// Half the squared length of each row, subtracted from its dot product: what is greatest is then nearest.
    let halfSquares: UnsafePointer<Float>
    /// The numbers of the faces in the database, in ascending order.
    let ids: UnsafeBufferPointer<Int>
    /// The file that holds them; nil if memory does.
    let mapped: MappedFile?
    private let memory: UnsafeMutableRawBufferPointer?

    /// Uses a file that has this layout.
    init(_ layout: FaceIndexLayout, in mapped: MappedFile) {
        (embeddings, halfSquares, ids) = layout.pointers(in: mapped.bytes)
        (self.mapped, memory) = (mapped, nil)
    }

    /// Memory of this layout, to be filled by `set` before it is shared. Whether there is enough must be known.
    init(_ layout: FaceIndexLayout) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.byteCount, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        (embeddings, halfSquares, ids) = layout.pointers(in: UnsafeRawBufferPointer(bytes))
        (mapped, memory) = (nil, bytes)
    }

    /// Fills in a row of memory of its own.
    func set(_ row: Int, to embedding: [Float], id: Int, _ model: EmbeddingModel) {
        precondition(memory != nil && ids.indices.contains(row) && embedding.count == model.dimension)
        let stored = model.metric == .cosine ? embedding.normalized : embedding
        UnsafeMutablePointer(mutating: embeddings + row * model.dimension).update(from: stored, count: stored.count)
        UnsafeMutablePointer(mutating: halfSquares)[row] = stored.reduce(0) { $0 + $1 * $1 } / 2
        UnsafeMutablePointer(mutating: ids.baseAddress!)[row] = id
    }

    deinit { memory?.deallocate() }

    /// The numbers of one embedding.
    func row(_ row: Int, _ dimension: Int) -> UnsafePointer<Float> { embeddings + row * dimension }

    /// All bytes, for a file; only of memory.
    var bytes: [UInt8]? { memory.map { Array($0) } }
}
