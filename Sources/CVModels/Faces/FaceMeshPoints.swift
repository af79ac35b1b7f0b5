import CVNN
import CVTensor

/// Where a crop lies: a rectangle, possibly turned, in pixels of the network's input.
struct CropFrame: Sendable {
    /// The corner that is at the top left in the crop.
    let origin: (x: Float, y: Float)
    /// The side that is the top of the crop, from left to right.
    let across: (x: Float, y: Float)
    /// The side that is the left of the crop, from the top down.
    let down: (x: Float, y: Float)

    /// The rectangle around a part is larger than it by this factor.
    private static let margin: Float = 1.5
    /// The networks of the parts count in 64ths of a crop.
    private static let unit: Float = 1.0 / 64

    /// The rectangle around the points of a part, in which its level points are level.
    ///
    /// - Parameters:
    ///   - region: the part.
    ///   - mesh: x, y and depth of the 468 vertices.
    init(around region: FaceRegion, of mesh: [Float]) {
        func point(_ index: Int) -> (x: Float, y: Float) { (mesh[3 * index], mesh[3 * index + 1]) }
        let (left, right) = (point(region.level.left), point(region.level.right))
        let (x, y) = (right.x - left.x, right.y - left.y)
        let length = max((x * x + y * y).squareRoot(), 1e-6)
        let u = (x: x / length, y: y / length)
        func span(_ numbers: [Float]) -> (start: Float, length: Float) {
            let (low, high) = (numbers.min() ?? 0, numbers.max() ?? 0)
            let length = (high - low) * Self.margin
            return ((low + high - length) / 2, length)
        }
        let points = region.points.map(point)
        let along = span(points.map { $0.x * u.x + $0.y * u.y })
        let below = span(points.map { $0.y * u.x - $0.x * u.y })
        origin = (along.start * u.x - below.start * u.y, along.start * u.y + below.start * u.x)
        across = (u.x * along.length, u.y * along.length)
        down = (-u.y * below.length, u.x * below.length)
    }

    /// The position of fractions of the crop's width and height.
    func position(_ x: Float, _ y: Float) -> (x: Float, y: Float) {
        (origin.x + across.x * x + down.x * y, origin.y + across.y * x + down.y * y)
    }

    /// Points in pixels of the network's input, with a depth of 0.
    ///
    /// - Parameter points: [K, 2] in 64ths of the crop.
    /// - Returns: [K, 3].
    func positions(_ points: Tensor) -> Tensor {
        let linear = Tensor([across.x, across.y, 0, down.x, down.y, 0], shape: [2, 3]) * Self.unit
        return matmul(points, linear) + Tensor([origin.x, origin.y, 0], shape: [1, 3])
    }
}

/// Puts the points of one face together from the vertices of its mesh and what the networks of its parts have found.
struct FaceMeshPoints {
    /// [468, 3].
    private let mesh: Tensor
    /// All points that there are to choose from, each [K, 3], and how many.
    private var rows: [Tensor]
    private var rowCount: Int
    /// For each of the 478 points, its row.
    private var order: [Int]

    private static let depth = Tensor([0, 0, 1], shape: [1, 3])

    /// - Parameter mesh: [468, 3].
    init(_ mesh: Tensor) {
        (self.mesh, rows, rowCount) = (mesh, [mesh], mesh.shape[0])
        order = Array(0..<mesh.shape[0]) + [Int](repeating: 0, count: 2 * FaceRegion.irisPoints)
    }

    /// Moves the points of a part to where its network sees them, and sets those of the iris. The depth of the vertices stays; that
    /// of an iris is the mean of the lids'.
    ///
    /// - Parameters:
    ///   - region: the part.
    ///   - contour: [K, 2] in 64ths of the crop.
    ///   - iris: [5, 2] in 64ths of the crop; nil for the lips.
    ///   - frame: where the crop lies.
    mutating func refine(_ region: FaceRegion, _ contour: Tensor, iris: Tensor?, in frame: CropFrame) {
        add(frame.positions(contour) + selectRows(mesh, region.points) * Self.depth, as: region.points)
        guard let first = region.iris, let iris else { return }
        let lids = Array(region.points.prefix(FaceRegion.lidPoints))
        let mean = Tensor(
            [Float](repeating: 1 / Float(lids.count), count: FaceRegion.irisPoints * lids.count),
            shape: [FaceRegion.irisPoints, lids.count])
        add(
            frame.positions(iris) + matmul(mean, selectRows(mesh, lids)) * Self.depth,
            as: Array(first..<first + FaceRegion.irisPoints))
    }

    private mutating func add(_ points: Tensor, as indices: [Int]) {
        for (row, index) in indices.enumerated() { order[index] = rowCount + row }
        rows.append(points)
        rowCount += indices.count
    }

    /// [478, 3].
    var points: Tensor { selectRows(stacked(rows, [rowCount, 3]), order) }
}

/// The numbers of tensors one after the other.
func stacked(_ parts: [Tensor], _ shape: Shape) -> Tensor {
    concatenate(parts.map { $0.reshaped([1, $0.shape.count, 1, 1]) }).reshaped(shape)
}
