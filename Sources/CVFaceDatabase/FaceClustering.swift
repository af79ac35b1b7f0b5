import CVCore
import CVTask

/// Groups faces that nobody has named: those of one person come together.
///
/// Average linkage: as long as the mean distance between the faces of two groups is at most a threshold, the two that are
/// nearest become one. Groups can only meet where some two of their faces are nearer than the threshold, so that the work is
/// done within the connected parts of the graph of such pairs.
///
/// Reference: `sklearn.cluster.AgglomerativeClustering(linkage="average", distance_threshold=…)`.
public struct FaceClustering: Sendable, Equatable {
    /// The groups, each a list of positions among the given faces, in ascending order; the largest first, of equally large ones
    /// that with the earlier first face.
    public let clusters: [[Int]]

    /// Groups embeddings.
    ///
    /// - Parameters:
    ///   - embeddings: of one network.
    ///   - model: that network.
    ///   - threshold: the greatest mean distance within a person.
    /// - Throws: `FaceClusteringError` for embeddings that cannot be of the network, and for more faces than can be compared in
    ///   memory.
    public init(_ embeddings: [[Float]], model: EmbeddingModel, threshold: Float) throws(FaceClusteringError) {
        for (index, embedding) in embeddings.enumerated() {
            guard embedding.count == model.dimension, embedding.allSatisfy(\.isFinite) else {
                throw FaceClusteringError(problem: .embedding(index))
            }
        }
        guard !threshold.isNaN else { throw FaceClusteringError(problem: .threshold) }
        var clusters: [[Int]] = []
        for part in Self.connected(embeddings, model, threshold) {
            guard part.count > 1 else {
                clusters.append(part)
                continue
            }
            guard canAllocate(part.count * part.count * MemoryLayout<Float>.stride) else {
                throw FaceClusteringError(problem: .tooMany(part.count))
            }
            var linkage = AverageLinkage(part.map { embeddings[$0] }, model)
            clusters += linkage.clusters(threshold: threshold).map { $0.map { part[$0] } }
        }
        self.clusters = clusters.sorted { ($1.count, $0[0]) < ($0.count, $1[0]) }
    }

    /// The connected parts of the graph in which two faces are joined if they are no farther than the threshold.
    private static func connected(_ embeddings: [[Float]], _ model: EmbeddingModel, _ threshold: Float) -> [[Int]] {
        var sets = DisjointSets(embeddings.count)
        let rows = min(64, max(embeddings.count, 1))
        for start in stride(from: 0, to: embeddings.count, by: rows) {
            let block = Array(start..<min(start + rows, embeddings.count))
            var near: [[Int]] = Array(repeating: [], count: block.count)
            near.withUnsafeMutableBufferPointer { near in
                nonisolated(unsafe) let near = near
                Parallel.forEach(block.count) { position in
                    let row = block[position]
                    near[position] = (row + 1..<embeddings.count).filter {
                        model.distance(embeddings[row], embeddings[$0]) <= threshold
                    }
                }
            }
            for (row, others) in zip(block, near) { for other in others { sets.join(row, other) } }
        }
        return sets.members
    }
}

/// Faces that cannot be grouped.
public struct FaceClusteringError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// The embedding at this position has another count of numbers than its network gives, or one that is not finite.
        case embedding(Int)
        /// The threshold is NaN.
        case threshold
        /// So many faces are all alike, directly or by way of others, that their distances do not fit into memory.
        case tooMany(Int)
    }

    /// What is wrong.
    public let problem: Problem

    public var description: String {
        switch problem {
        case .embedding(let index): "embedding \(index) is no result of its network"
        case .threshold: "the threshold is not a number"
        case .tooMany(let count):
            "\(count) faces are alike, directly or by way of others, and the distances between them do not fit into memory; "
                + "choose a smaller threshold, or fewer images"
        }
    }

    public var category: ErrorCategory {
        switch problem {
        case .embedding: .invalid
        case .threshold: .usage
        case .tooMany: .limit
        }
    }
}

/// Sets that are joined one by one (union–find).
struct DisjointSets {
    private var parents: [Int]

    init(_ count: Int) { parents = Array(0..<count) }

    /// The smallest member of the set of an element.
    mutating func root(_ element: Int) -> Int {
        var element = element
        while parents[element] != element {
            parents[element] = parents[parents[element]]
            element = parents[element]
        }
        return element
    }

    mutating func join(_ a: Int, _ b: Int) {
        let (a, b) = (root(a), root(b))
        parents[max(a, b)] = min(a, b)
    }

    /// The sets, each in ascending order, by their smallest members.
    var members: [[Int]] {
        var copy = self
        let roots = parents.indices.map { copy.root($0) }
        return Dictionary(grouping: parents.indices, by: { roots[$0] }).sorted { $0.key < $1.key }.map(\.value)
    }
}

/// Average linkage by chains of nearest neighbors: quadratic in time and memory.
///
/// Source: Murtagh, "A survey of recent advances in hierarchical clustering algorithms" (1983).
private struct AverageLinkage {
    private let count: Int
    private var distances: [Float]
    private var sizes: [Int]

    init(_ embeddings: [[Float]], _ model: EmbeddingModel) {
        count = embeddings.count
        sizes = Array(repeating: 1, count: count)
        distances = Array(repeating: 0, count: count * count)
        let count = count
        distances.withUnsafeMutableBufferPointer { distances in
            nonisolated(unsafe) let distances = distances
            Parallel.forEach(count) { row in
                for column in 0..<count {
                    distances[row * count + column] = model.distance(embeddings[row], embeddings[column])
                }
            }
        }
    }

    /// Joins all, and gives the groups that were there when the nearest two were farther than the threshold.
    mutating func clusters(threshold: Float) -> [[Int]] {
        var sets = DisjointSets(count)
        var chain: [Int] = []
        for _ in 1..<count {
            if chain.isEmpty { chain = [sizes.firstIndex { $0 > 0 }!] }
            while true {
                let last = chain[chain.count - 1]
                let before = chain.count > 1 ? chain[chain.count - 2] : nil
                let next = nearest(to: last, preferring: before)
                if next == before { break }
                chain.append(next)
            }
            let (a, b) = (chain.removeLast(), chain.removeLast())
            // Mean distances grow along the way: what is joined above the threshold separates nothing below.
            if distances[a * count + b] <= threshold { sets.join(a, b) }
            join(b, into: a)
        }
        return sets.members
    }

    /// The nearest other group; of equally near ones the one before in the chain, so that it ends.
    private func nearest(to group: Int, preferring before: Int?) -> Int {
        var best = before
        for other in 0..<count where other != group && sizes[other] > 0 {
            if best == nil || distances[group * count + other] < distances[group * count + best!] { best = other }
        }
        return best!
    }

    /// The distance to a joined group is the mean over its faces.
    private mutating func join(_ b: Int, into a: Int) {
        let (sizeA, sizeB) = (Float(sizes[a]), Float(sizes[b]))
        for other in 0..<count where other != a && other != b && sizes[other] > 0 {
            let mean = (sizeA * distances[a * count + other] + sizeB * distances[b * count + other]) / (sizeA + sizeB)
            distances[a * count + other] = mean
            distances[other * count + a] = mean
        }
        (sizes[a], sizes[b]) = (sizes[a] + sizes[b], 0)
    }
}
