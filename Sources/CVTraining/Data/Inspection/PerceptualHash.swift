import CVCore
import CVImage

/// A digest of what an image looks like: nearly the same for copies in another size, quality or format.
///
/// The difference hash: whether each pixel of the image, shrunk to 17×16 gray pixels, is brighter than its left neighbor; and the mean
/// color, which tells images without any structure apart.
public struct PerceptualHash: Sendable, Equatable {
    /// 256 bits.
    private let bits: SIMD4<UInt64>
    private let color: SIMD3<Float>

    private static let side = 16
    /// Bits that may differ in copies: unrelated photographs differ in about 128.
    private static let tolerance = 12
    /// The difference of a mean color, of 255, beyond which images are others.
    private static let colorTolerance: Float = 12

    /// Computes the digest of an image.
    ///
    /// - Parameter image: of any size.
    public init(_ image: Image) {
        let small = image.withoutAlpha().resized(width: Self.side + 1, height: Self.side)
        var words: [UInt64] = [0, 0, 0, 0]
        var sum = SIMD3<Float>.zero
        small.pixels.withUnsafeBufferPointer { pixels in
            func gray(_ x: Int, _ y: Int) -> Float {
                let start = (y * (Self.side + 1) + x) * 3
                let color = SIMD3(Float(pixels[start]), Float(pixels[start + 1]), Float(pixels[start + 2]))
                sum += color
                return 0.299 * color.x + 0.587 * color.y + 0.114 * color.z
            }
            for y in 0..<Self.side {
                var left = gray(0, y)
                for x in 0..<Self.side {
                    let right = gray(x + 1, y)
                    // Noise in flat regions is no structure.
                    if right > left + 0.5 { words[y / 4] |= 1 << UInt64(y % 4 * Self.side + x) }
                    left = right
                }
            }
        }
        bits = SIMD4(words[0], words[1], words[2], words[3])
        color = sum / Float((Self.side + 1) * Self.side)
    }

    /// The number of bits that differ, from 0 to 256.
    ///
    /// - Parameter other: of another image.
    /// - Returns: about 128 for images that have nothing to do with each other.
    public func distance(to other: PerceptualHash) -> Int {
        let difference = bits ^ other.bits
        return (0..<4).reduce(0) { $0 + difference[$1].nonzeroBitCount }
    }

    /// Whether the images are most likely copies of each other.
    ///
    /// - Parameter other: of another image.
    /// - Returns: true for the same image, also in another size, quality or format.
    public func isNear(_ other: PerceptualHash) -> Bool {
        guard distance(to: other) <= Self.tolerance else { return false }
        let difference = color - other.color
        return (0..<3).allSatisfy { abs(difference[$0]) <= Self.colorTolerance }
    }
}

extension [PerceptualHash?] {
    /// Groups of images that are near to each other, each with at least two members, in ascending order; nil elements are in none.
    ///
    /// An image belongs to a group if it is near to any of its members.
    ///
    /// - Returns: indices.
    public var nearDuplicates: [[Int]] {
        var parents = [Int](indices)
        func root(_ index: Int) -> Int {
            var index = index
            while parents[index] != index { index = parents[index] }
            return index
        }
        for pair in nearPairs {
            let (a, b) = (root(pair.0), root(pair.1))
            if a != b { parents[Swift.max(a, b)] = Swift.min(a, b) }
        }
        let groups = Dictionary(grouping: indices) { root($0) }
        return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    }

    private var nearPairs: [(Int, Int)] {
        let found = MutexList<(Int, Int)>()
        Parallel.forEach(count) { index in
            guard let own = self[index] else { return }
            let near = (index + 1..<count).filter { self[$0].map(own.isNear) ?? false }
            if !near.isEmpty { found.append(near.map { (index, $0) }) }
        }
        return found.all.sorted { $0 < $1 }
    }
}
