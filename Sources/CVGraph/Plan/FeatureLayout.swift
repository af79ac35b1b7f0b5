import CKernels
import CVTensor

/// Where the elements of a batch of feature maps lie, relative to the first float of their buffer.
///
/// Channels are in blocks of `lanes`, whose pixels are vectors: [N, C / lanes, rows, columns, lanes]. With one lane this
/// is the planar layout [N, C, rows, columns] of tensors. Around each plane there may be a border of zeros, so that
/// convolutions need not ask where the image ends.
package struct FeatureLayout: Sendable, Equatable {
    /// Rows and columns of zeros.
    package struct Border: Sendable, Equatable {
        package var top = 0, bottom = 0, left = 0, right = 0

        package static let none = Border()

        /// One that is wide enough for both.
        package func union(_ other: Border) -> Border {
            Border(
                top: max(top, other.top), bottom: max(bottom, other.bottom), left: max(left, other.left),
                right: max(right, other.right))
        }
    }

    package let batch, channels, rows, columns: Int
    /// Channels of a block.
    package let lanes: Int
    package var border = Border.none

    /// - Parameters:
    ///   - shape: [N, C, H, W] or [N, C], which is one of a single pixel; of any rank for one lane.
    ///   - lanes: channels of a block.
    package init(_ shape: Shape, lanes: Int) {
        switch shape.rank {
        case 4: (batch, channels, rows, columns) = (shape[0], shape[1], shape[2], shape[3])
        case 2: (batch, channels, rows, columns) = (shape[0], shape[1], 1, 1)
        default: (batch, channels, rows, columns) = (1, 1, 1, shape.count)
        }
        self.lanes = lanes
    }

    package var blocks: Int { (channels + lanes - 1) / lanes }
    /// Floats from one pixel, row, block and image to the next.
    package var pitch: Int { (border.left + columns + border.right) * lanes }
    package var blockStride: Int { (border.top + rows + border.bottom) * pitch }
    package var imageStride: Int { blocks * blockStride }
    package var count: Int { batch * imageStride }
    /// The first pixel that is not of the border.
    package var origin: Int { border.top * pitch + border.left * lanes }
    package var pixels: Int { rows * columns }
    /// Whether all pixels of a block lie one after the other.
    package var isContiguous: Bool { border == .none }
}

/// A value in the memory of a run: a layout, and where it begins.
///
/// Parts of a concatenation lie in the blocks of the whole; their layout is theirs, their distances those of the whole.
package struct Placement: Sendable {
    /// Which memory the offset counts in.
    package enum Memory: Sendable, Equatable {
        case arena
        /// A tensor that the run is given, or one that it returns.
        case input(Int)
        case output(Int)
    }

    package var memory: Memory
    /// Floats before the buffer.
    package var offset: Int
    /// Of the value itself.
    package var layout: FeatureLayout
    /// Floats from an image to the next: those of the whole that it is a part of.
    package var imageStride: Int

    /// Floats before pixel (0, 0) of a block of channels of an image.
    package func pixel(image: Int, block: Int = 0) -> Int {
        offset + image * imageStride + block * layout.blockStride + layout.origin
    }
}
