import CVCore
import CVModels
import CVTask
import CVTensor

extension ImageEmbedder {
    /// The most images of which all pairs are compared: their distances must fit the memory.
    public static let mostImagesOfAllPairs = 5000

    /// The embeddings of images of a set.
    ///
    /// - Parameters:
    ///   - images: decoded for `preprocessing`.
    ///   - items: indices of `images.items`.
    ///   - progress: called with the number of images done.
    /// - Returns: [items, D].
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile; `NonFiniteOutput`
    ///   with the name of the image.
    public func embeddings(
        _ images: DecodedImages, items: [Int], progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> Tensor {
        let loader = BatchLoader(
            images, items: items, batchSize: 100, preprocessing: preprocessing, shuffles: false)
        let stream = loader.batches()
        var values: [Float] = []
        var done = 0
        while let batch = try stream.next() {
            do throws(NonFiniteOutput) {
                values += try embeddings(batch.images).values
            } catch {
                throw error.named(images.items[items[done + error.index]].name)
            }
            done += batch.items.count
            try progress(done)
        }
        return Tensor(values, shape: [items.count, network.dimension])
    }

    /// Compares all pairs of images.
    ///
    /// - Parameters:
    ///   - images: decoded for `preprocessing`; its classes are people.
    ///   - items: indices of `images.items`.
    ///   - seed: of the folds for the accuracy; nil for none.
    ///   - progress: called with the number of images done.
    /// - Returns: the metrics of verification.
    /// - Throws: as `embeddings(_:items:progress:)`, and `DatasetError` if there are no pairs of the same person or none of
    ///   different people, or too many images.
    public func evaluate(
        _ images: DecodedImages, items: [Int], foldSeed seed: UInt64? = nil,
        progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> VerificationMetrics {
        guard items.count <= Self.mostImagesOfAllPairs else {
            throw DatasetError(
                images.dataset.path, .tooManyImagesForAllPairs(items.count, limit: Self.mostImagesOfAllPairs))
        }
        let people = items.map { images.items[$0].label ?? 0 }
        let counts = people.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        guard counts.count > 1, counts.values.contains(where: { $0 > 1 }) else {
            let pairs = counts.values.count { $0 > 1 }
            throw DatasetError(images.dataset.path, .tooFewPairs(nil, people: counts.count, withPairs: pairs))
        }
        let distances = network.distancesOfAllPairs(try embeddings(images, items: items, progress: progress))
        return VerificationMetrics(
            IdentityDistances(people: people, distances: distances), measure: network.measure, foldSeed: seed)
    }

    /// Compares the pairs of a list.
    ///
    /// - Parameters:
    ///   - images: decoded for `preprocessing`.
    ///   - pairs: of images of the set.
    ///   - progress: called with the number of images done.
    /// - Returns: the metrics of the pairs whose images both decode.
    /// - Throws: as `embeddings(_:items:progress:)`, and `DatasetError` if there are no pairs of the same person or none of
    ///   different people.
    public func evaluate(
        _ images: DecodedImages, pairs: FacePairs, progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> VerificationMetrics {
        let usable = pairs.indices(in: images)
        let isSame = usable.map(\.pair.isSame)
        guard isSame.contains(true), isSame.contains(false) else {
            throw DatasetError(
                pairs.path, .oneKindOfPairs(same: isSame.count { $0 }, different: isSame.count { !$0 }))
        }
        let items = Set(usable.flatMap { [$0.a, $0.b] }).sorted()
        let rows = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1, $0) })
        let embeddings = try embeddings(images, items: items, progress: progress)
        let distances = network.distances(embeddings, pairs: usable.map { (rows[$0.a] ?? 0, rows[$0.b] ?? 0) })
        let folds = usable.compactMap(\.pair.fold)
        return VerificationMetrics(
            distances: distances, isSame: isSame, folds: folds.count == usable.count ? folds : nil,
            measure: network.measure)
    }
}
