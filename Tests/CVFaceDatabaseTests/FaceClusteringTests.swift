import CVFaceDatabase
import TestSupport
import Testing

@Suite struct FaceClusteringTests {
    private struct Golden: Decodable {
        let metric: EmbeddingModel.Metric
        let threshold: Float
        let embeddings: [[Float]]
        let clusters: [[Int]]
    }

    /// Golden/face-clusters.json is made by `Tools/golden.py face-clusters`.
    @Test("face clusters: those of scikit-learn's average linkage") func areThoseOfScikitLearn() throws {
        let cases = try decoded("Golden/face-clusters.json", as: [Golden].self)
        #expect(cases.count == 18)
        for golden in cases {
            let clustering = try FaceClustering(
                golden.embeddings, model: .fixture(dimension: 8, golden.metric), threshold: golden.threshold)
            #expect(Set(clustering.clusters) == Set(golden.clusters), "\(golden.metric) \(golden.threshold)")
        }
    }

    @Test("face clusters: the largest first, faces in ascending order") func largestFirst() throws {
        let clustering = try FaceClustering(
            [[9, 0], [0, 0], [5, 5], [0, 1], [9, 1], [1, 0]], model: .fixture(dimension: 2, .euclidean), threshold: 2)
        #expect(clustering.clusters == [[1, 3, 5], [0, 4], [2]])
    }

    @Test("face clusters: a chain of near faces is no group when the mean is far") func chainsAreSplit() throws {
        // Each is 1 from the next; by the nearest pair alone all ten would be one person.
        let clustering = try FaceClustering(
            (0..<10).map { [Float($0)] }, model: .fixture(dimension: 1, .euclidean), threshold: 1.5)
        #expect(clustering.clusters.count > 3)
        #expect(clustering.clusters.flatMap { $0 }.sorted() == Array(0..<10))
    }

    @Test("face clusters: none of none, and one of one") func fewFaces() throws {
        let model = EmbeddingModel.fixture(dimension: 2, .cosine)
        #expect(try FaceClustering([], model: model, threshold: 0.5).clusters.isEmpty)
        #expect(try FaceClustering([[1, 0]], model: model, threshold: 0.5).clusters == [[0]])
    }

    @Test("face clusters: embeddings that are of no network, and NaN, are errors") func badInputIsAnError() {
        let model = EmbeddingModel.fixture(dimension: 2, .cosine)
        func problem(_ embeddings: [[Float]], _ threshold: Float) -> FaceClusteringError.Problem? {
            do throws(FaceClusteringError) {
                _ = try FaceClustering(embeddings, model: model, threshold: threshold)
                return nil
            } catch { return error.problem }
        }
        #expect(problem([[1, 0], [1]], 0.5) == .embedding(1))
        #expect(problem([[.nan, 0]], 0.5) == .embedding(0))
        #expect(problem([[1, 0]], .nan) == .threshold)
    }
}
