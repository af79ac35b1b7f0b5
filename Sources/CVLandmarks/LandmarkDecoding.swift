import CVCore
import CVImage
import CVModels
import CVTensor

/// How the output of a network becomes positions. The raw value stands in the metadata of weights.
public enum LandmarkDecoding: String, Sendable, CaseIterable {
    /// The output is the coordinates.
    case coordinates
    /// Of each heat map the highest cell, moved to the center of mass of the 5 × 5 cells around it.
    case argmax
    /// Of each heat map `softArgmax`.
    case softArgmax = "soft-argmax"
    /// The output is the coordinates of a surface, with depth.
    case surface

    /// Whether it can be that of a network.
    ///
    /// - Parameter head: of the network.
    /// - Returns: true if it fits.
    public func suits(_ head: LandmarkHead) -> Bool {
        switch self {
        case .coordinates: head == .regression
        case .argmax, .softArgmax: head == .heatmap
        case .surface: false
        }
    }

    /// Reads the output for one image.
    ///
    /// - Parameter output: [1, 1 + 2K] for `coordinates`, [1, 1 + 3K] for `surface`, else [1, K, h, w].
    /// - Returns: positions as fractions of the input's width and height, and how sure they are.
    func decode(_ output: Tensor) -> Estimate {
        switch self {
        case .coordinates:
            let values = output.values
            return Estimate(
                points: stride(from: 1, to: values.count - 1, by: 2).map { Point(x: values[$0], y: values[$0 + 1]) },
                logit: values[0])
        case .surface:
            let values = output.values
            let starts = stride(from: 1, to: values.count - 2, by: 3)
            return Estimate(
                points: starts.map { Point(x: values[$0], y: values[$0 + 1]) }, depths: starts.map { values[$0 + 2] },
                logit: values[0])
        case .argmax: return Estimate(HeatMapPeaks(output).peaks)
        case .softArgmax:
            let positions = CVModels.softArgmax(output).values
            let points = stride(from: 0, to: positions.count, by: 2).map {
                Point(x: positions[$0], y: positions[$0 + 1])
            }
            return Estimate(zip(points, HeatMapMasses(output, around: points).masses).map { ($0, $1) })
        }
    }
}

/// The part of each map's softmax that lies around its position: 1 if all of it does, and little where it is spread.
private struct HeatMapMasses {
    let masses: [Float]

    /// Cells on either side of the one that the position lies in.
    private static let reach = 2

    /// - Parameters:
    ///   - maps: [1, K, h, w].
    ///   - points: K, as fractions of the width and height.
    init(_ maps: Tensor, around points: [Point]) {
        let (count, height, width) = (maps.shape[1], maps.shape[2], maps.shape[3])
        let weights = softmax(maps.reshaped([count, height * width]) * softArgmaxSharpness)
        masses = weights.withValues { weights in
            points.enumerated().map { index, point in
                let column = min(max(Int(clamping: point.x * Float(width)), 0), width - 1)
                let row = min(max(Int(clamping: point.y * Float(height)), 0), height - 1)
                var mass: Float = 0
                for r in max(row - Self.reach, 0)...min(row + Self.reach, height - 1) {
                    for c in max(column - Self.reach, 0)...min(column + Self.reach, width - 1) {
                        mass += weights[(index * height + r) * width + c]
                    }
                }
                return min(mass, 1)
            }
        }
    }
}

/// The highest position of each of some heat maps.
private struct HeatMapPeaks {
    let peaks: [(point: Point, score: Float)]

    /// Cells on either side of the highest that its position is averaged over.
    private static let reach = 2

    init(_ maps: Tensor) {
        let (points, height, width) = (maps.shape[1], maps.shape[2], maps.shape[3])
        peaks = maps.withValues { values in
            (0..<points).map { index in
                let plane = UnsafeBufferPointer(
                    rebasing: values[index * height * width..<(index + 1) * height * width])
                return Self.peak(plane, width: width, height: height)
            }
        }
    }

    private static func peak(
        _ map: UnsafeBufferPointer<Float>, width: Int, height: Int
    ) -> (point: Point, score: Float) {
        var best = 0
        for cell in map.indices where map[cell] > map[best] { best = cell }
        let (column, row) = (best % width, best / width)
        var (mass, x, y): (Float, Float, Float) = (0, 0, 0)
        for r in max(row - reach, 0)...min(row + reach, height - 1) {
            for c in max(column - reach, 0)...min(column + reach, width - 1) {
                let weight = max(map[r * width + c], 0)
                mass += weight
                x += weight * Float(c)
                y += weight * Float(r)
            }
        }
        let position = mass > 0 ? (x / mass, y / mass) : (Float(column), Float(row))
        return (
            Point(x: (position.0 + 0.5) / Float(width), y: (position.1 + 0.5) / Float(height)),
            min(max(map[best], 0), 1)
        )
    }
}
