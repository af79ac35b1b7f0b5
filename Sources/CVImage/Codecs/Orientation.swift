import CVCore

/// The orientation of a stored image, numbered as EXIF's Orientation tag (0x0112): the position of the stored first row
/// and first column in the displayed image.
public enum Orientation: Int, Sendable, CaseIterable {
    /// First row at the top, first column at the left: no transform.
    case up = 1
    /// Mirrored left to right.
    case upMirrored
    /// Rotated by 180°.
    case down
    /// Mirrored top to bottom.
    case downMirrored
    /// Mirrored along the main diagonal: transposed.
    case leftMirrored
    /// To be rotated by 90° clockwise, as by a camera held upright.
    case right
    /// Mirrored along the antidiagonal.
    case rightMirrored
    /// To be rotated by 90° counterclockwise.
    case left

    /// Whether width and height are swapped when the orientation is applied.
    public var swapsSides: Bool { rawValue >= 5 }

    /// Whether moving right (and down) in the displayed image moves backward in the stored one.
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
    /// Applies an EXIF orientation, as Pillow's `ImageOps.exif_transpose`; no sample changes.
    ///
    /// - Parameter orientation: the orientation of this image.
    /// - Returns: the image with orientation `.up`.
    public func oriented(_ orientation: Orientation) -> Image {
        if orientation == .up { return self }
        let swaps = orientation.swapsSides
        let reverses = orientation.reverses
        // The position in the stored image moves by a constant step per column and per row of the displayed image,
        // whatever the orientation. `reverses` refers to the stored sides.
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

/// A traversal of the bytes of a stored image, in the order of the displayed one.
private struct PixelWalk {
    let start, perColumn, perRow: Int
    /// The size of the displayed image.
    let width, height: Int
    let channels: Int

    /// Side of the square tiles, in pixels: the rows of both images that a tile touches stay in the L1 cache, where
    /// a whole column of a large image would not.
    private static let tile = 32

    func copy(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
        let bands = (height + Self.tile - 1) / Self.tile
        nonisolated(unsafe) let (source, target) = (source, target)
        Parallel.forRanges(bands, grain: 1) { range in
            for band in range {
                let rows = band * Self.tile..<min((band + 1) * Self.tile, height)
                for left in stride(from: 0, to: width, by: Self.tile) {
                    let columns = left..<min(left + Self.tile, width)
                    // Moves whole pixels: the number of channels is a compile-time constant in each loop.
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
