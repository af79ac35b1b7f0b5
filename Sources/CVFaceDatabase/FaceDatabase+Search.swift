import CVCore
import CVTask

extension FaceDatabase {
    /// The path of the file beside the database that holds the embeddings of a large one, for the next time. It may be
    /// removed at any time.
    public var indexPath: String { path + ".index" }

    /// The embeddings of all faces as they are now, for searches.
    ///
    /// - Parameter mapsFrom: from this number of faces on they are kept in the file at `indexPath`, which is made if it is
    ///   not there or of another state, and mapped. If it cannot be written, they are in memory.
    /// - Returns: the index, which later changes of the database leave as it is.
    /// - Throws: `FaceDatabaseError` if the database is damaged, or too large for the memory.
    public func index(mapsFrom: Int = 10_000) throws(FaceDatabaseError) -> FaceIndex {
        let (storage, layout, generation) = try withConnection {
            connection throws(FaceDatabaseError) -> (FaceIndexStorage, FaceIndexLayout, [UInt8]) in
            try connection.transaction(writes: false) { () throws(FaceDatabaseError) in
                let layout = FaceIndexLayout(
                    dimension: model.dimension, count: try connection.integer("SELECT count(*) FROM face") ?? 0)
                let generation = try connection.generation()
                let isLarge = layout.count >= max(mapsFrom, 1)
                if isLarge, let mapped = mapped(layout, generation) { return (mapped, layout, generation) }
                return (try connection.load(layout, model), layout, generation)
            }
        }
        guard layout.count >= max(mapsFrom, 1), storage.mapped == nil else { return FaceIndex(model, storage) }
        return FaceIndex(model, written(storage, layout, generation) ?? storage)
    }

    /// The enrolled faces that are most like given ones.
    ///
    /// - Parameters:
    ///   - embeddings: of the database's network.
    ///   - limit: how many at most for each.
    ///   - index: what `index()` gave; faces that were removed since are left out.
    /// - Returns: for each embedding the nearest first.
    /// - Throws: `FaceDatabaseError` for an embedding that cannot be of the network, and for a file that cannot be read.
    public func matches(
        for embeddings: [[Float]], limit: Int, in index: FaceIndex
    ) throws(FaceDatabaseError) -> [[FaceMatch]] {
        for embedding in embeddings { try check(embedding) }
        let found =
            embeddings.count == 1
            ? [index.neighbors(of: embeddings[0], limit: limit)] : index.neighbors(of: embeddings, limit: limit)
        return try withConnection { connection throws(FaceDatabaseError) in
            try found.map { (neighbors) throws(FaceDatabaseError) in
                var matches: [FaceMatch] = []
                for neighbor in neighbors { if let match = try connection.match(neighbor) { matches.append(match) } }
                return matches
            }
        }
    }

    private func mapped(_ layout: FaceIndexLayout, _ generation: [UInt8]) -> FaceIndexStorage? {
        guard let file = try? MappedFile(indexPath), file.bytes.count == layout.byteCount,
            file.bytes.prefix(FaceIndexLayout.headerBytes).elementsEqual(layout.header(model, generation: generation))
        else { return nil }
        return FaceIndexStorage(layout, in: file)
    }

    /// The storage as a mapped file; nil if that cannot be written, or is no longer there.
    private func written(
        _ storage: FaceIndexStorage, _ layout: FaceIndexLayout, _ generation: [UInt8]
    ) -> FaceIndexStorage? {
        guard canAllocate(layout.byteCount), let bytes = storage.bytes,
            (try? FileOutput.write(
                layout.header(model, generation: generation)
                    + bytes.dropFirst(FaceIndexLayout.headerBytes), to: indexPath, overwrite: true)) != nil
        else { return nil }
        return mapped(layout, generation)
    }
}

extension SQLiteConnection {
    fileprivate func generation() throws(FaceDatabaseError) -> [UInt8] {
        var generation: [UInt8] = []
        try forEachRow("SELECT generation FROM model") { row in generation = row.withBlob(0) { Array($0) } }
        return generation
    }

    /// Reads all embeddings.
    fileprivate func load(
        _ layout: FaceIndexLayout, _ model: EmbeddingModel
    ) throws(FaceDatabaseError) -> FaceIndexStorage {
        guard canAllocate(layout.byteCount) else { throw FaceDatabaseError(path, .tooLarge(bytes: layout.byteCount)) }
        let storage = FaceIndexStorage(layout)
        var row = 0
        try forEachRow("SELECT id, embedding FROM face ORDER BY id") { values throws(FaceDatabaseError) in
            guard row < layout.count else {
                throw FaceDatabaseError(path, .damaged("it has more faces than it counts"))
            }
            guard let embedding = values.withBlob(1, { [Float](littleEndian: $0, count: layout.dimension) }) else {
                throw FaceDatabaseError(path, .damaged("face \(values.integer(0)) has no embedding of its network"))
            }
            storage.set(row, to: embedding, id: values.integer(0), model)
            row += 1
        }
        guard row == layout.count else { throw FaceDatabaseError(path, .damaged("it has fewer faces than it counts")) }
        return storage
    }

    fileprivate func match(_ neighbor: FaceIndex.Neighbor) throws(FaceDatabaseError) -> FaceMatch? {
        var match: FaceMatch?
        try forEachRow(
            "SELECT person.name, face.source FROM face JOIN person ON person.id = face.person WHERE face.id = ?",
            .integer(neighbor.id)
        ) { row in
            match = FaceMatch(id: neighbor.id, person: row.text(0), source: row.text(1), distance: neighbor.distance)
        }
        return match
    }
}

extension [Float] {
    /// Finite numbers of four bytes each; nil if they are not `count`, or not finite.
    init?(littleEndian bytes: UnsafeRawBufferPointer, count: Int) {
        guard bytes.count == 4 * count else { return nil }
        self = (0..<count).map { index in
            Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
        }
        guard allSatisfy(\.isFinite) else { return nil }
    }
}
