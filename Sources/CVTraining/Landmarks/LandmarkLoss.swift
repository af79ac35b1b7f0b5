import CVCore
import CVImage
import CVLandmarks
import CVModels
import CVNN
import CVTensor

/// The loss of a training of landmarks: one term, or the sum of several, written as `heatmap+wing`.
///
/// Networks for direct regression take `squared`, `smooth-l1` and `wing`, over the coordinates in pixels of the input; the
/// cross-entropy of p_c is added. Networks for heat maps take `heatmap`, or one of the others over the positions that
/// `softArgmax` gives. Points that are not known do not count, and images without an object count for p_c and for heat maps only.
public struct LandmarkLoss: LossSum {
    /// One term.
    public enum Term: String, Sendable, CaseIterable {
        /// The squared error of the coordinates.
        case squared
        /// Quadratic below one pixel and linear above.
        case smoothL1 = "smooth-l1"
        /// Logarithmic below ten pixels and linear above (Feng et al. 2018, arXiv:1711.06753).
        case wing
        /// The squared error of heat maps against Gaussians around the points, summed over the cells of a map.
        case heatmap
    }

    /// At least one, each once.
    public let terms: [Term]

    /// - Parameter terms: at least one, each once.
    public init(terms: [Term]) { self.terms = Self.checked(terms) }

    /// Whether a network can be trained with it.
    ///
    /// - Parameter head: of the network.
    /// - Returns: false for heat maps of a network that has none.
    public func suits(_ head: LandmarkHead) -> Bool { head == .heatmap || !terms.contains(.heatmap) }

    /// How positions are to be read from a network that was trained with it.
    ///
    /// - Parameter head: of the network.
    /// - Returns: the decoding for its weights.
    public func decoding(_ head: LandmarkHead) -> LandmarkDecoding {
        switch head {
        case .regression: .coordinates
        case .heatmap: terms == [.heatmap] ? .argmax : .softArgmax
        }
    }

    /// The standard deviation of the Gaussians, in cells of the heat maps.
    static let deviation: Float = 1.5

    /// The loss of a batch.
    ///
    /// - Parameters:
    ///   - output: of the network.
    ///   - batch: what it was computed from.
    ///   - head: of the network.
    /// - Returns: one element.
    public func callAsFunction(_ output: Tensor, _ batch: LandmarkBatch, _ head: LandmarkHead) -> Tensor {
        switch head {
        case .regression:
            let count = output.shape[1] - 1
            let flat = output.reshaped([output.shape[0], count + 1, 1, 1])
            let presence = Tensor(batch.hasObject.map { $0 ? 1 : 0 }, shape: [output.shape[0], 1, 1, 1])
            return coordinateLoss(flat.sliced(channels: 1..<count + 1), batch)
                + binaryCrossEntropy(flat.sliced(channels: 0..<1), presence)
        case .heatmap:
            let parts = terms.map { term in
                term == .heatmap
                    ? heatmapLoss(output, batch) : coordinateLoss(softArgmax(output), batch, terms: [term])
            }
            return parts.dropFirst().reduce(parts[0]) { $0 + $1 }
        }
    }

    /// - Parameter predictions: N · K · 2 numbers, as fractions of the input.
    private func coordinateLoss(_ predictions: Tensor, _ batch: LandmarkBatch, terms: [Term]? = nil) -> Tensor {
        let (height, width) = (Float(batch.images.shape[2]), Float(batch.images.shape[3]))
        let shape: Shape = [batch.points.count, 2]
        let known = batch.points.count { $0 != nil }
        // Both zero where a point is not known: no loss there has a value or a gradient at 0.
        let scale = Tensor(batch.points.flatMap { $0 == nil ? [0, 0] : [width, height] }, shape: shape)
        let pixels = batch.points.flatMap { point -> [Float] in
            point.map { [$0.x * width, $0.y * height] } ?? [0, 0]
        }
        let targets = Tensor(pixels, shape: shape)
        let x = predictions.reshaped(shape) * scale
        let parts = (terms ?? self.terms).map { term in
            switch term {
            case .squared: squaredError(x, targets)
            case .smoothL1: smoothL1(x, targets)
            case .wing: wingLoss(x, targets)
            case .heatmap: preconditionFailure("the loss heatmap of a network for direct regression")
            }
        }
        // The mean over the points that are known.
        return parts.dropFirst().reduce(parts[0]) { $0 + $1 } * (Float(batch.points.count) / Float(max(known, 1)))
    }

    private func heatmapLoss(_ maps: Tensor, _ batch: LandmarkBatch) -> Tensor {
        let (count, points) = (maps.shape[0], maps.shape[1])
        let targets = gaussianMaps(
            batch.points.map { $0.map { ($0.x, $0.y) } ?? (.nan, .nan) }, shape: maps.shape,
            deviation: Self.deviation)
        // Without an object all maps are to be empty; of an object, those of points that are not known do not count.
        let counts = (0..<count * points).map { index -> Float in
            batch.points[index] != nil || !batch.hasObject[index / points] ? 1 : 0
        }
        let mask = Tensor(counts, shape: [count, points, 1, 1])
        let cells = Float(maps.shape[2] * maps.shape[3])
        let share = Float(counts.count) / max(counts.reduce(0, +), 1)
        return squaredError(maps * mask, targets * mask) * (cells * share)
    }
}
