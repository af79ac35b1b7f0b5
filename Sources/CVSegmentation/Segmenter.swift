import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor

/// Tells the class of each pixel of a picture.
///
/// ```swift
/// let segmenter = try Segmenter("run/best.safetensors")
/// let map = segmenter(try Image(contentsOf: "street.jpg"))
/// for found in map.classes() { print(found.label, found.share, found.box) }
/// ```
/// Immutable: many threads may use one segmenter at the same time.
public struct Segmenter: Sendable {
    /// The size at which a picture is looked at.
    public enum Scale: Sendable, Equatable {
        /// With as many pixels as the pictures that the network was trained on, in the picture's own proportions.
        case trained
        /// As it is, in overlapping tiles: for pictures whose details have the size of those it was trained on.
        case full
    }

    /// The names of the classes, by index.
    public let labels: [String]
    /// How a picture becomes the network's input; its size is that of the pictures that the network was trained on.
    public let preprocessing: Preprocessing

    private let network: any Layer

    /// What networks halve the sides by, five times: windows have sides that are multiples of it.
    static let sideMultiple = 32
    /// Of the pixels of a tile, so many at each of its sides are looked at, but told by its neighbour.
    static let overlap = 64
    /// Largest side of a window: the first layers then take some hundred megabytes.
    static let maxSide = 1024

    /// network: [1, 3, H, W] -> logits [1, classes, H, W], for sides that are multiples of 32.
    public init(network: any Layer, labels: [String], preprocessing: Preprocessing) {
        precondition((1...255).contains(labels.count), "\(labels.count) classes; a map tells 1 to 255 apart")
        self.network = network
        self.labels = labels
        self.preprocessing = preprocessing
    }

    /// The class of each pixel, the most probable one.
    public func callAsFunction(_ image: Image, scale: Scale = .trained) -> SegmentationMap {
        let seen = seen(image, scale)
        let plan = TilePlan(width: seen.width, height: seen.height, side: Self.maxSide, overlap: Self.overlap)
        let values = [UInt8](unsafeUninitializedCapacity: image.width * image.height) { buffer, count in
            for tile in plan.tiles {
                let logits = run(seen, tile)
                let target = LabelWriter(
                    logits: logits, tile: tile, seen: (seen.width, seen.height), image: (image.width, image.height))
                target.write(to: buffer.baseAddress!)
            }
            count = image.width * image.height
        }
        return SegmentationMap(
            mask: Mask(width: image.width, height: image.height, values: values), labels: labels)
    }

    /// The probability of each class at each pixel: [classes, H, W]. Takes 4 bytes a class and pixel.
    public func probabilities(_ image: Image) -> Tensor {
        let seen = seen(image, .trained)
        let logits = run(seen, Tile(seen.width, seen.height))
        return softmax(upsampleBilinear(logits, height: image.height, width: image.width), dimension: 1).reshaped(
            [labels.count, image.height, image.width])
    }

    /// The picture at the size at which it is looked at.
    private func seen(_ image: Image, _ scale: Scale) -> Image {
        let opaque = image.withoutAlpha()
        guard scale == .trained else { return opaque }
        let pixels = Double(preprocessing.width * preprocessing.height)
        let factor = (pixels / Double(image.width * image.height)).squareRoot()
        func side(_ size: Int) -> Int {
            let multiples = (Double(size) * factor / Double(Self.sideMultiple)).rounded()
            return max(1, Int(multiples)) * Self.sideMultiple
        }
        return opaque.resized(width: side(image.width), height: side(image.height))
    }

    /// [1, classes, H, W] for one tile; past the border the picture goes on as its last pixels.
    private func run(_ image: Image, _ tile: Tile) -> Tensor {
        var input = preprocessing
        (input.width, input.height, input.resize) = (tile.width.count, tile.height.count, .stretch)
        let window = image.window(x: tile.width, y: tile.height)
        let logits = network(input.tensor(window))
        precondition(
            logits.shape.rank == 4 && logits.shape[1] == labels.count,
            "Segmenter: logits \(logits.shape) for \(labels.count) classes")
        return logits
    }
}

/// A part of the picture that goes through the network at once.
package struct Tile {
    /// Columns and rows of the window; may reach past the border.
    package let width, height: Range<Int>
    /// Those that are told by this tile.
    package let columns, rows: Range<Int>

    init(width: Range<Int>, height: Range<Int>, columns: Range<Int>, rows: Range<Int>) {
        (self.width, self.height, self.columns, self.rows) = (width, height, columns, rows)
    }

    /// The whole of a picture whose sides are multiples of 32.
    init(_ width: Int, _ height: Int) {
        self.init(width: 0..<width, height: 0..<height, columns: 0..<width, rows: 0..<height)
    }
}

/// How a picture is cut: windows of at most `side`, each of whose pixels has `overlap` others around it, or the border.
package struct TilePlan {
    package let tiles: [Tile]

    package init(width: Int, height: Int, side: Int, overlap: Int) {
        precondition(side > 2 * overlap, "TilePlan: windows of \(side) that overlap by \(overlap)")
        func parts(_ size: Int) -> [(window: Range<Int>, told: Range<Int>)] {
            let multiple = Segmenter.sideMultiple
            let window = min(side, (size + multiple - 1) / multiple * multiple)
            guard size > window else { return [(0..<window, 0..<size)] }
            let step = window - 2 * overlap
            let count = 1 + (size - window + step - 1) / step
            // The last one ends where the picture does.
            let starts = (0..<count).map { min($0 * step, size - window) }
            return starts.enumerated().map { index, start in
                let from = index == 0 ? 0 : starts[index - 1] + window - overlap
                let to = index == count - 1 ? size : start + window - overlap
                return (start..<start + window, from..<to)
            }
        }
        let (columns, rows) = (parts(width), parts(height))
        tiles = rows.flatMap { row in
            columns.map { Tile(width: $0.window, height: row.window, columns: $0.told, rows: row.told) }
        }
    }
}

extension Image {
    /// The pixels of these columns and rows; those past the border repeat the last.
    fileprivate func window(x: Range<Int>, y: Range<Int>) -> Image {
        if x.lowerBound == 0, y.lowerBound == 0, x.upperBound == width, y.upperBound == height { return self }
        let columns = min(x.upperBound, width) - x.lowerBound
        let inside = cropped(
            x: x.lowerBound, y: y.lowerBound, width: columns, height: min(y.upperBound, height) - y.lowerBound)
        guard inside.width < x.count || inside.height < y.count else { return inside }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(x.count * y.count * channels)
        for row in 0..<y.count {
            let start = min(row, inside.height - 1) * inside.stride
            let line = inside.pixels[start..<start + inside.stride]
            pixels += line
            for _ in inside.width..<x.count { pixels += line.suffix(channels) }
        }
        return Image(width: x.count, height: y.count, format: format, pixels: pixels)
    }
}
