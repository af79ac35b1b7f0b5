import CKernels

/// A packed image in which every tap of a window reads its pixels as one contiguous run of floats.
///
/// With stride 1, each tap reads the next input pixel for the next output pixel. With the rows of a plane stored
/// consecutively, zeros in the gaps, and output pixels counted with the same pitch, a tap reads the plane itself,
/// shifted: the matrix `columns` of a convolution need not be packed. One gap serves as the right border of a row and
/// as the left one of the next. Outputs that fall into a gap are computed and dropped.
///
/// With stride s, a tap reads every s-th pixel: the pixels whose indices have the same remainder modulo s are a plane
/// of their own (a phase), and a tap reads one of these planes, shifted.
struct ShiftedRowLayout: Sendable {
    let window: cvk_window
    /// From one row to the next.
    let pitch: Int
    private let y, x: Phases

    /// The phases along one direction, and where the taps read.
    struct Phases: Sendable {
        /// For each tap: its phase, as an index of `remainders`, and the offset in pixels of the phase at which it
        /// reads, from the position of the output pixel.
        let taps: [(phase: Int, shift: Int)]
        /// The phases that some tap reads: the index of their first pixel.
        let remainders: [Int]
        /// The largest offsets before and after.
        let before, after: Int

        init(kernel: Int, stride: Int, padding: Int, dilation: Int) {
            let positions = (0..<kernel).map { $0 * dilation - padding }
            let remainder = { (position: Int) in (position % stride + stride) % stride }
            let found = Set(positions.map(remainder)).sorted()
            taps = positions.map { position in
                (found.firstIndex(of: remainder(position))!, (position - remainder(position)) / stride)
            }
            remainders = found
            before = -(taps.map(\.shift).min() ?? 0)
            after = taps.map(\.shift).max() ?? 0
        }
    }

    init(_ window: cvk_window) {
        self.window = window
        y = Phases(
            kernel: window.kernel_height, stride: window.stride_y, padding: window.pad_top,
            dilation: window.dilation_y)
        x = Phases(
            kernel: window.kernel_width, stride: window.stride_x, padding: window.pad_left,
            dilation: window.dilation_x)
        let width = (window.width + window.stride_x - 1) / window.stride_x
        pitch = max(width + max(x.before, 0), window.output_width + max(x.after, 0))
    }

    /// Whether the unpacked image has this layout: windows of one pixel without a border.
    var isImage: Bool {
        window.kernel_width == 1 && window.kernel_height == 1 && window.pad_left == 0 && window.pad_top == 0
            && window.stride_x == 1 && window.stride_y == 1 && pitch == window.width
            && window.output_height == window.height
    }

    /// Floats of the phases of a channel for `rows` rows of the output. Past their end a panel may still read
    /// whole vectors.
    func channelStride(rows: Int) -> Int {
        isImage ? window.height * window.width : y.remainders.count * x.remainders.count * planeStride(rows: rows)
    }

    private func planeStride(rows: Int) -> Int {
        let count = (x.before + (rows + y.before + y.after) * pitch + x.before + x.after + 48 + 15) / 16 * 16
        // Planes a multiple of 2 KB apart would share few sets of the cache.
        return count % 512 == 0 ? count + 16 : count
    }

    /// Where each (channel, tap) finds the first output pixel, for some channels.
    func offsets(channels: Int, rows: Int) -> [Int] {
        offsets(channels: channels, rows: rows, taps: y.taps.indices.flatMap { y in x.taps.indices.map { (y, $0) } })
    }

    /// The same for some of the taps.
    func offsets(channels: Int, rows: Int, taps: [(y: Int, x: Int)]) -> [Int] {
        let (channelStride, planeStride) = (channelStride(rows: rows), planeStride(rows: rows))
        let starts = taps.map { tap in
            let (down, right) = (y.taps[tap.y], x.taps[tap.x])
            return (down.phase * x.remainders.count + right.phase) * planeStride + (down.shift + y.before) * pitch
                + right.shift + x.before
        }
        return (0..<channels).flatMap { channel in starts.map { channel * channelStride + $0 } }
    }

    /// Packs the pixels of some channels that the output rows `rows` depend on; `planes` starts with the first channel.
    ///
    /// - Parameter most: the number of rows that `offsets` were computed for.
    /// - Returns: the image itself if it has this layout, else `scratch`.
    func pack(
        _ planes: UnsafePointer<Float>, channels: Int, rows: Range<Int>, most: Int,
        to scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        if isImage { return planes + rows.lowerBound * pitch }
        let plane = planeStride(rows: most)
        var layout = cvk_padding(
            first: rows.lowerBound - y.before, rows: rows.count + y.before + y.after, pitch: pitch, lead: x.before,
            size: plane, stride: channelStride(rows: most))
        var to = scratch
        for down in y.remainders {
            for right in x.remainders {
                var phase = cvk_planes(
                    stride: window.height * window.width,
                    rows: max(window.height - down + window.stride_y - 1, 0) / window.stride_y,
                    columns: max(window.width - right + window.stride_x - 1, 0) / window.stride_x,
                    row_stride: window.stride_y * window.width, column_stride: window.stride_x)
                cvk_pad_planes(&phase, planes + down * window.width + right, channels, &layout, to)
                to += plane
            }
        }
        return UnsafePointer(scratch)
    }
}
