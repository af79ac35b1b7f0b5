import CVCore
import CVImage

/// A division of an image into regions of similar color by a graph (Felzenszwalb & Huttenlocher 2004, "Efficient graph-based image
/// segmentation"), as `skimage.segmentation.felzenszwalb`.
///
/// Pixels are the nodes; neighbors, also diagonal ones, are joined by edges as long as their difference of color. From the shortest edge
/// to the longest, two regions become one if the edge is not much longer than the longest inside of either: the smaller a region, the
/// more is allowed.
public struct Superpixels: Sendable, Equatable {
    /// In pixels.
    public let width: Int
    /// In pixels.
    public let height: Int
    /// The region of each pixel, row by row, from 0 on.
    public let labels: [Int32]
    /// The number of regions.
    public let count: Int

    /// What decides the number and the size of regions.
    public struct Options: Sendable, Equatable {
        /// How much longer an edge may be: the larger, the larger are the regions. Colors count from 0 to 1.
        public var scale: Float = 0.4
        /// The standard deviation, in pixels, of the blur before.
        public var blur = 0.8
        /// Smaller regions are joined to a neighbor, in pixels.
        public var minimumSize = 50

        /// The usual settings.
        public init() {}
    }

    /// Divides an image.
    ///
    /// - Parameters:
    ///   - image: of any size; alpha does not count.
    ///   - options: what decides the number and the size of regions.
    public init(_ image: Image, options: Options = Options()) {
        (width, height) = (image.width, image.height)
        let edges = Self.edges(image.withoutAlpha().blurred(sigma: options.blur))
        var forest = RegionForest(count: width * height)
        for edge in edges { forest.join(edge, scale: options.scale) }
        for edge in edges { forest.join(edge, below: options.minimumSize) }
        (labels, count) = forest.labels()
    }

    /// All pairs of neighbors, the most similar first; of equal ones, the first in the image.
    private static func edges(_ image: Image) -> [PixelEdge] {
        var edges: [PixelEdge] = []
        edges.reserveCapacity(4 * image.width * image.height)
        image.pixels.withUnsafeBufferPointer { pixels in
            func difference(_ a: Int, _ b: Int) -> Float {
                var sum: Float = 0
                for channel in 0..<3 {
                    let d = Float(pixels[3 * a + channel]) - Float(pixels[3 * b + channel])
                    sum += d * d
                }
                return sum.squareRoot() / 255
            }
            for y in 0..<image.height {
                for x in 0..<image.width {
                    let here = y * image.width + x
                    func add(_ dx: Int, _ dy: Int) {
                        guard 0..<image.width ~= x + dx, y + dy < image.height else { return }
                        let there = here + dy * image.width + dx
                        edges.append(PixelEdge(Int32(here), Int32(there), difference(here, there)))
                    }
                    add(1, 0)
                    add(0, 1)
                    add(1, 1)
                    add(-1, 1)
                }
            }
        }
        return edges.sorted { ($0.length, $0.a, $0.b) < ($1.length, $1.a, $1.b) }
    }
}

/// Two neighbors and their difference of color.
private struct PixelEdge {
    let a, b: Int32
    let length: Float

    init(_ a: Int32, _ b: Int32, _ length: Float) { (self.a, self.b, self.length) = (a, b, length) }
}

/// Regions that grow together: union-find.
private struct RegionForest {
    private var parents: [Int32]
    private var sizes: [Int32]
    /// Of each region, its longest edge.
    private var longest: [Float]

    init(count: Int) {
        parents = (0..<Int32(count)).map { $0 }
        sizes = [Int32](repeating: 1, count: count)
        longest = [Float](repeating: 0, count: count)
    }

    private mutating func root(_ node: Int32) -> Int {
        var node = Int(node)
        while parents[node] != node {
            parents[node] = parents[Int(parents[node])]
            node = Int(parents[node])
        }
        return node
    }

    private mutating func unite(_ a: Int, _ b: Int, _ length: Float) {
        let (kept, other) = sizes[a] >= sizes[b] ? (a, b) : (b, a)
        parents[other] = Int32(kept)
        sizes[kept] += sizes[other]
        longest[kept] = length
    }

    mutating func join(_ edge: PixelEdge, scale: Float) {
        let (a, b) = (root(edge.a), root(edge.b))
        guard a != b else { return }
        let allowed = min(longest[a] + scale / Float(sizes[a]), longest[b] + scale / Float(sizes[b]))
        if edge.length < allowed { unite(a, b, edge.length) }
    }

    mutating func join(_ edge: PixelEdge, below minimum: Int) {
        let (a, b) = (root(edge.a), root(edge.b))
        if a != b, min(sizes[a], sizes[b]) < minimum { unite(a, b, edge.length) }
    }

    /// Numbers in the order of the first pixels.
    mutating func labels() -> (labels: [Int32], count: Int) {
        var numbers = [Int32](repeating: -1, count: parents.count)
        var count: Int32 = 0
        let labels = (0..<Int32(parents.count)).map { pixel in
            let root = root(pixel)
            if numbers[root] < 0 {
                numbers[root] = count
                count += 1
            }
            return numbers[root]
        }
        return (labels, Int(count))
    }
}
