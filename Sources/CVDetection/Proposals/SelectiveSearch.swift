import CVCore
import CVImage

/// Where objects may be, whatever they are: superpixels that grow together, the most similar neighbors first, each of them a box
/// (Uijlings et al. 2013, "Selective search for object recognition"). R-CNN and Fast R-CNN look at nothing else of an image.
///
/// Objects differ from their ground in color here and in texture there, and have parts of any size: so similarity is the sum of four
/// measures. Color and texture are intersections of histograms; small regions grow first, and so do regions that fill each other's
/// gaps.
///
/// ```swift
/// let boxes = SelectiveSearch().boxes(in: try Image(contentsOf: "photo.jpg"))
/// ```
public struct SelectiveSearch: Sendable {
    /// How an image is divided at the beginning.
    public var superpixels = Superpixels.Options()
    /// The longer side, in pixels, that larger images are reduced to.
    public var longestSide = 320
    /// The smallest side of a box, in pixels of the reduced image.
    public var minimumSide = 8
    /// The most boxes; the largest regions, which grew last, come first.
    public var maximumCount = 2000

    /// The usual settings.
    public init() {}

    /// The boxes of all regions, from the superpixels to the whole image.
    ///
    /// - Parameter image: of any size.
    /// - Returns: in pixels of the image, without those that are the same.
    public func boxes(in image: Image) -> [Box] {
        let scale = min(1, Float(longestSide) / Float(max(image.width, image.height)))
        func side(_ pixels: Int) -> Int { max(1, Int(clamping: (Float(pixels) * scale).rounded())) }
        let small = image.withoutAlpha().resized(width: side(image.width), height: side(image.height))
        let (scaleX, scaleY) = (
            Float(image.width) / Float(small.width), Float(image.height) / Float(small.height)
        )
        var seen: Set<[Int]> = []
        var boxes: [Box] = []
        for region in regions(in: small).reversed() where boxes.count < maximumCount {
            let (width, height) = (region.maxX - region.minX, region.maxY - region.minY)
            guard min(width, height) >= minimumSide,
                seen.insert([region.minX, region.minY, region.maxX, region.maxY]).inserted
            else { continue }
            boxes.append(
                Box(
                    minX: Float(region.minX) * scaleX, minY: Float(region.minY) * scaleY,
                    maxX: Float(region.maxX) * scaleX, maxY: Float(region.maxY) * scaleY))
        }
        return boxes
    }

    /// The superpixels, then what they grow to, in this order.
    func regions(in image: Image) -> [ProposedRegion] {
        let parts = Superpixels(image, options: superpixels)
        var (regions, neighbors) = ProposedRegion.all(of: parts, in: image)
        let area = image.width * image.height
        var similarities: [Pair: Float] = [:]
        for (index, others) in neighbors.enumerated() {
            for other in others where other > index {
                similarities[Pair(index, other)] = regions[index].similarity(to: regions[other], area: area)
            }
        }
        // Without neighbors that are left, everything is one region.
        while let (pair, _) = similarities.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) {
            let new = regions.count
            regions.append(regions[pair.a].joined(with: regions[pair.b]))
            var around = neighbors[pair.a].union(neighbors[pair.b])
            around.subtract([pair.a, pair.b])
            for index in [pair.a, pair.b] {
                for other in neighbors[index] {
                    similarities[Pair(index, other)] = nil
                    neighbors[other].remove(index)
                }
            }
            neighbors.append(around)
            for other in around {
                neighbors[other].insert(new)
                similarities[Pair(other, new)] = regions[other].similarity(to: regions[new], area: area)
            }
        }
        return regions
    }

    /// Two regions, the lower index first.
    private struct Pair: Hashable, Comparable {
        let a, b: Int

        init(_ a: Int, _ b: Int) { (self.a, self.b) = (min(a, b), max(a, b)) }

        static func < (one: Pair, other: Pair) -> Bool { (one.a, one.b) < (other.a, other.b) }
    }
}

/// A region with what its similarity to others follows from.
struct ProposedRegion: Sendable {
    /// In pixels.
    var size = 0
    /// The box around it: the first column and row, and those behind the last.
    var minX = Int.max, minY = Int.max, maxX = 0, maxY = 0
    /// Histograms of the three channels, and of the directions of their gradients; each sums up to 1.
    var colors = [Float](repeating: 0, count: 3 * Self.colorBins)
    var textures = [Float](repeating: 0, count: 3 * Self.directions * Self.strengths)

    static let colorBins = 25
    static let directions = 8
    static let strengths = 4

    /// The regions of superpixels, and which of them touch.
    static func all(of parts: Superpixels, in image: Image) -> (regions: [Self], neighbors: [Set<Int>]) {
        var regions = [Self](repeating: Self(), count: parts.count)
        var neighbors = [Set<Int>](repeating: [], count: parts.count)
        let (width, height) = (image.width, image.height)
        func region(_ x: Int, _ y: Int) -> Int { Int(parts.labels[y * width + x]) }
        func touch(_ a: Int, _ b: Int) {
            guard a != b else { return }
            neighbors[a].insert(b)
            neighbors[b].insert(a)
        }
        for y in 0..<height {
            for x in 0..<width {
                let here = region(x, y)
                if x + 1 < width { touch(here, region(x + 1, y)) }
                if y + 1 < height { touch(here, region(x, y + 1)) }
                regions[here].add(image, x, y)
            }
        }
        for index in regions.indices { regions[index].normalize() }
        return (regions, neighbors)
    }

    /// Counts a pixel.
    private mutating func add(_ image: Image, _ x: Int, _ y: Int) {
        size += 1
        (minX, minY, maxX, maxY) = (min(minX, x), min(minY, y), max(maxX, x + 1), max(maxY, y + 1))
        func value(_ x: Int, _ y: Int, _ channel: Int) -> Float {
            let (x, y) = (min(max(x, 0), image.width - 1), min(max(y, 0), image.height - 1))
            return Float(image.pixels[(y * image.width + x) * 3 + channel])
        }
        for channel in 0..<3 {
            let level = Int(clamping: value(x, y, channel)) * Self.colorBins / 256
            colors[channel * Self.colorBins + level] += 1
            let dx = value(x + 1, y, channel) - value(x - 1, y, channel)
            let dy = value(x, y + 1, channel) - value(x, y - 1, channel)
            let turn = (Double(atan2(dy, dx)) / (2 * .pi) + 1).truncatingRemainder(dividingBy: 1)
            let direction = min(Self.directions - 1, Int(clamping: turn * Double(Self.directions)))
            // Most gradients are small: steps of 8, 24 and 72 levels.
            let length = (dx * dx + dy * dy).squareRoot()
            let strength = length < 8 ? 0 : length < 24 ? 1 : length < 72 ? 2 : 3
            textures[(channel * Self.directions + direction) * Self.strengths + strength] += 1
        }
    }

    private mutating func normalize() {
        let factor = 1 / Float(3 * max(size, 1))
        colors = colors.map { $0 * factor }
        textures = textures.map { $0 * factor }
    }

    /// The region that two become.
    func joined(with other: Self) -> Self {
        var result = self
        result.size = size + other.size
        (result.minX, result.minY) = (min(minX, other.minX), min(minY, other.minY))
        (result.maxX, result.maxY) = (max(maxX, other.maxX), max(maxY, other.maxY))
        let share = Float(size) / Float(result.size)
        func mixed(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { $0 * share + $1 * (1 - share) } }
        (result.colors, result.textures) = (mixed(colors, other.colors), mixed(textures, other.textures))
        return result
    }

    /// The sum of four measures, each from 0 to 1.
    ///
    /// - Parameters:
    ///   - other: another region.
    ///   - area: of the image, in pixels.
    /// - Returns: the larger, the sooner the two become one.
    func similarity(to other: Self, area: Int) -> Float {
        func shared(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + min($1.0, $1.1) } }
        let sizes = 1 - Float(size + other.size) / Float(area)
        let width = max(maxX, other.maxX) - min(minX, other.minX)
        let height = max(maxY, other.maxY) - min(minY, other.minY)
        let fill = 1 - Float(width * height - size - other.size) / Float(area)
        return shared(colors, other.colors) + shared(textures, other.textures) + sizes + fill
    }
}
