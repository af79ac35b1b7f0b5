import CVCore
import CVFaceDatabase
import Foundation
import TestSupport
import Testing

@Suite struct FaceIndexTests {
    /// What nearest means, one by one.
    private func definition(
        _ query: [Float], _ all: [[Float]], _ model: EmbeddingModel, limit: Int
    ) -> [FaceIndex.Neighbor] {
        let distances = all.enumerated().map { FaceIndex.Neighbor(id: $0 + 1, distance: model.distance(query, $1)) }
        return Array(distances.sorted { ($0.distance, $0.id) < ($1.distance, $1.id) }.prefix(limit))
    }

    private func check(_ model: EmbeddingModel, count: Int, mapsFrom: Int) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let database = try FaceDatabase(folder + "/people.faces", model: model, access: .create)
        let all = embeddings(count, dimension: model.dimension)
        _ = try database.enroll(faces(all, of: 10))
        let index = try database.index(mapsFrom: mapsFrom)
        #expect(index.count == count)
        #expect(index.isMapped == (count >= mapsFrom))
        let queries = embeddings(60, dimension: model.dimension, seed: 77)
        let batch = index.neighbors(of: queries, limit: 5)
        for (query, found) in zip(queries, batch) {
            let expected = definition(query, all, model, limit: 5)
            #expect(found.map(\.id) == expected.map(\.id))
            #expect(zip(found, expected).allSatisfy { abs($0.distance - $1.distance) < 1e-6 })
            #expect(index.neighbors(of: query, limit: 5) == found)
        }
    }

    @Test(
        "face index: the nearest by the definition, one query and many, in memory and mapped",
        arguments: EmbeddingModel.Metric.allCases, [1, 3, 17, 700, 1300])
    func areTheNearest(metric: EmbeddingModel.Metric, count: Int) throws {
        // Dimensions that no vector of an instruction set divides.
        try check(.fixture(dimension: 13, metric), count: count, mapsFrom: 700)
    }

    @Test("face index: equally near faces come in the order of enrolling") func tiesAreInOrder() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let model = EmbeddingModel.fixture(dimension: 3, .euclidean)
        let database = try FaceDatabase(folder + "/people.faces", model: model, access: .create)
        _ = try database.enroll(
            (0..<2000).map {
                EnrolledFace(person: "\($0)", source: "", box: [], embedding: [1, 2, 3])
            })
        let index = try database.index()
        #expect(index.neighbors(of: [1, 2, 3], limit: 4).map(\.id) == [1, 2, 3, 4])
        #expect(
            index.neighbors(of: [[0, 0, 0], [1, 2, 3]], limit: 3).map { $0.map(\.id) } == [[1, 2, 3], [1, 2, 3]])
        #expect(index.neighbors(of: [1, 2, 3], limit: 1)[0].distance == 0)
    }

    @Test("face index: no neighbors of an empty database, and none for a limit of 0") func nothingToFind() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let model = EmbeddingModel.fixture(dimension: 3)
        let database = try FaceDatabase(folder + "/people.faces", model: model, access: .create)
        #expect(try database.index(mapsFrom: 0).neighbors(of: [[1, 2, 3]], limit: 5) == [[]])
        _ = try database.enroll(faces(embeddings(4, dimension: 3), of: 2))
        #expect(try database.index().neighbors(of: [1, 2, 3], limit: 0).isEmpty)
        #expect(try database.matches(for: [], limit: 3, in: database.index()).isEmpty)
    }

    @Test("face index: the file follows every change of the database") func fileFollowsChanges() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let model = EmbeddingModel.fixture(dimension: 6)
        let database = try FaceDatabase(folder + "/people.faces", model: model, access: .create)
        _ = try database.enroll(faces(embeddings(20, dimension: 6), of: 4))
        let before = try database.index(mapsFrom: 10)
        _ = try database.remove(people: ["3"])
        _ = try database.enroll(faces(embeddings(5, dimension: 6, seed: 5), of: 1))
        let after = try database.index(mapsFrom: 10)
        // As many as before, but not the same.
        #expect(before.count == after.count && before.isMapped && after.isMapped)
        let all = embeddings(20, dimension: 6)
        #expect(before.neighbors(of: all[3], limit: 1)[0].id == 4)
        #expect(after.neighbors(of: all[3], limit: 1)[0].id != 4)
        #expect(after.neighbors(of: embeddings(5, dimension: 6, seed: 5)[4], limit: 1)[0].distance < 1e-6)
    }

    @Test("face index: a file that is damaged, or of another database, is made anew") func damagedFilesAreReplaced()
        throws
    {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let model = EmbeddingModel.fixture(dimension: 6)
        let database = try FaceDatabase(folder + "/people.faces", model: model, access: .create)
        let all = embeddings(12, dimension: 6)
        _ = try database.enroll(faces(all, of: 4))
        let other = try FaceDatabase(folder + "/other.faces", model: model, access: .create)
        _ = try other.enroll(faces(embeddings(12, dimension: 6, seed: 3), of: 4))
        _ = try (database.index(mapsFrom: 1), other.index(mapsFrom: 1))
        let good = try FileInput.read(database.indexPath)
        let replacements: [[UInt8]] = try [
            [], Array(good.prefix(100)), good + [0], Array(good.prefix(good.count - 8)),
            FileInput.read(other.indexPath), [UInt8](repeating: 0, count: good.count),
        ]
        for bytes in replacements {
            try FileOutput.write(bytes, to: database.indexPath, overwrite: true)
            let index = try database.index(mapsFrom: 1)
            #expect(index.isMapped)
            #expect(index.neighbors(of: all[7], limit: 1)[0].id == 8)
            #expect(try FileInput.read(database.indexPath) == good)
        }
    }

    @Test("face index: where no file can be written the embeddings are in memory") func withoutAFile() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let model = EmbeddingModel.fixture(dimension: 6)
        let database = try FaceDatabase(folder + "/people.faces", model: model, access: .create)
        _ = try database.enroll(faces(embeddings(12, dimension: 6), of: 4))
        try makeFolder(database.indexPath)
        let index = try database.index(mapsFrom: 1)
        #expect(!index.isMapped)
        #expect(index.neighbors(of: embeddings(12, dimension: 6)[7], limit: 1)[0].id == 8)
    }
}
