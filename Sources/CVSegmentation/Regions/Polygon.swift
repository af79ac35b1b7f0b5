import CVCore
import CVImage

/// The outline of a region, in pixels from the top left corner. It runs along the edges between pixels, so that it encloses
/// exactly the region's pixels.
public struct Polygon: Sendable, Equatable {
    /// The outer ring, clockwise on the screen; the last corner connects to the first.
    public var outer: [Point]
    /// The rings of the holes, counterclockwise.
    public var holes: [[Point]]

    /// Creates a polygon.
    ///
    /// - Parameters:
    ///   - outer: the outer ring, clockwise.
    ///   - holes: the rings of the holes, counterclockwise.
    public init(outer: [Point], holes: [[Point]] = []) {
        self.outer = outer
        self.holes = holes
    }

    /// The area in pixels, without the holes.
    public var area: Double { ([outer] + holes).reduce(0) { $0 + Self.signedArea($1) } }

    /// The shoelace formula: positive for clockwise rings.
    private static func signedArea(_ ring: [Point]) -> Double {
        var (sum, previous) = (0.0, ring.last)
        for point in ring {
            if let previous {
                sum += Double(previous.x) * Double(point.y) - Double(point.x) * Double(previous.y)
            }
            previous = point
        }
        return sum / 2
    }
}

extension ConnectedComponents {
    /// The outline of each component.
    ///
    /// Border following that distinguishes outer borders from holes, as in Suzuki & Abe 1985 (OpenCV's `findContours`), but
    /// along the edges between pixels instead of through their centers: areas equal the numbers of pixels.
    ///
    /// - Returns: one polygon per component, in the order of `list`.
    public func polygons() -> [Polygon] {
        var follower = BorderFollower(self)
        return follower.polygons()
    }
}

/// Follows the borders of components, keeping the component on the right.
private struct BorderFollower {
    private let components: ConnectedComponents
    private let width, height: Int
    /// For each pixel, whether its upper edge has been visited.
    private var walked: [Bool]

    /// Right, down, left, up.
    private static let steps = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    /// The offsets of the two pixels ahead of a corner, left and right, for each direction.
    private static let ahead = [
        (left: (0, -1), right: (0, 0)), (left: (0, 0), right: (-1, 0)), (left: (-1, 0), right: (-1, -1)),
        (left: (-1, -1), right: (0, -1)),
    ]

    init(_ components: ConnectedComponents) {
        self.components = components
        (width, height) = (components.width, components.height)
        walked = [Bool](repeating: false, count: components.labels.count)
    }

    /// Every border has an upper edge; the first one of a component belongs to its outer border.
    mutating func polygons() -> [Polygon] {
        var polygons = [Polygon](repeating: Polygon(outer: []), count: components.list.count)
        for y in 0..<height {
            for x in 0..<width {
                let index = y * width + x
                let label = components.labels[index]
                guard label >= 0, !walked[index], y == 0 || components.labels[index - width] != label else { continue }
                let ring = follow(label, fromX: x, y: y)
                if polygons[Int(label)].outer.isEmpty {
                    polygons[Int(label)].outer = ring
                } else {
                    polygons[Int(label)].holes.append(ring)
                }
            }
        }
        return polygons
    }

    /// The corners of one border, from the upper left corner of a pixel along its upper edge.
    private mutating func follow(_ label: Int32, fromX startX: Int, y startY: Int) -> [Point] {
        var (x, y, direction) = (startX, startY, 0)
        var corners: [Point] = []
        repeat {
            if direction == 0 { walked[y * width + x] = true }
            x += Self.steps[direction].0
            y += Self.steps[direction].1
            let (left, right) = Self.ahead[direction]
            let isLeft = isInside(label, x + left.0, y + left.1)
            let isRight = isInside(label, x + right.0, y + right.1)
            // Two pixels that share only a corner are one region or two, depending on the connectivity.
            let turn: Int
            if isLeft && (isRight || components.connectivity == .eight) {
                turn = 3
            } else {
                turn = isRight ? 0 : 1
            }
            if turn != 0 { corners.append(Point(x: Float(x), y: Float(y))) }
            direction = (direction + turn) % 4
        } while x != startX || y != startY || direction != 0
        return corners
    }

    private func isInside(_ label: Int32, _ x: Int, _ y: Int) -> Bool {
        x >= 0 && y >= 0 && x < width && y < height && components.labels[y * width + x] == label
    }
}

extension Polygon: Codable {}
