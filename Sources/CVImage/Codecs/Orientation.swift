import CVCore

/// How a picture is stored, as EXIF's Orientation tag (0x0112) numbers it: what the stored first row and first
/// column are in the upright picture.
public enum Orientation: Int, Sendable, CaseIterable {
    /// First row at the top, first column at the left: upright already.
    case up = 1
    /// Mirrored left to right.
    case upMirrored
    /// Upside down.
    case down
    /// Mirrored top to bottom.
    case downMirrored
    /// Mirrored along the diagonal from the top left: a transposed matrix.
    case leftMirrored
    /// To be turned a quarter clockwise, as by a camera held upright.
    case right
    /// Mirrored along the other diagonal.
    case rightMirrored
    /// To be turned a quarter anticlockwise.
    case left

    /// Whether the upright picture is as wide as the stored one is high.
    public var swapsSides: Bool { rawValue >= 5 }

    /// Whether going right (and down) in the upright picture means going backwards in the stored one.
    fileprivate var reverses: (x: Bool, y: Bool) {
        switch self {
        case .up, .leftMirrored: (false, false)
        case .upMirrored, .left: (true, false)
        case .down, .rightMirrored: (true, true)
        case .downMirrored, .right: (false, true)
        }
    }
}

extension Image {
    /// The upright picture, where `self` is stored as `orientation` says.
    public func oriented(_ orientation: Orientation) -> Image {
        if orientation == .up { return self }
        let swaps = orientation.swapsSides
        let reverses = orientation.reverses
        // Walking the upright picture, the place in the stored one moves by a constant step per column and per
        // row, whatever the orientation. `reverses` is in terms of the stored sides.
        let alongX = reverses.x ? -channels : channels
        let alongY = reverses.y ? -stride : stride
        let walk = PixelWalk(
            start: (reverses.x ? (width - 1) * channels : 0) + (reverses.y ? (height - 1) * stride : 0),
            perColumn: swaps ? alongY : alongX, perRow: swaps ? alongX : alongY,
            width: swaps ? height : width, height: swaps ? width : height, channels: channels)
        let oriented = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            pixels.withUnsafeBufferPointer { walk.copy(from: $0.baseAddress!, to: target.baseAddress!) }
            count = pixels.count
        }
        return Image(width: walk.width, height: walk.height, format: format, pixels: oriented)
    }
}

/// A way through the bytes of a stored picture, in the order of the upright one.
private struct PixelWalk {
    let start, perColumn, perRow: Int
    /// Of the upright picture.
    let width, height: Int
    let channels: Int

    /// Side of the square tiles, in pixels: the rows of both pictures that a tile touches stay in the L1 cache, where
    /// a whole column of a large picture would not.
    private static let tile = 32

    func copy(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
        let bands = (height + Self.tile - 1) / Self.tile
        nonisolated(unsafe) let (source, target) = (source, target)
        Parallel.forRanges(bands, grain: 1) { range in
            for band in range {
                let rows = band * Self.tile..<min((band + 1) * Self.tile, height)
                for left in stride(from: 0, to: width, by: Self.tile) {
                    let columns = left..<min(left + Self.tile, width)
                    // A whole pixel per move: the number of channels is known where the loop is compiled.
                    if channels == 3 {
                        copyTile(of: (UInt8, UInt8, UInt8).self, columns, rows, source, target)
                    } else {
                        copyTile(of: (UInt8, UInt8, UInt8, UInt8).self, columns, rows, source, target)
                    }
                }
            }
        }
    }

    @inline(__always)
    private func copyTile<Pixel: BitwiseCopyable>(
        of type: Pixel.Type, _ columns: Range<Int>, _ rows: Range<Int>, _ source: UnsafePointer<UInt8>,
        _ target: UnsafeMutablePointer<UInt8>
    ) {
        for y in rows {
            var from = UnsafeRawPointer(source) + (start + y * perRow + columns.lowerBound * perColumn)
            var to = UnsafeMutableRawPointer(target) + (y * width + columns.lowerBound) * channels
            for _ in columns {
                to.storeBytes(of: from.loadUnaligned(as: type), as: type)
                from += perColumn
                to += MemoryLayout<Pixel>.stride
            }
        }
    }
}
