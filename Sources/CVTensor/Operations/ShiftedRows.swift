import CKernels

/// How a picture is laid out so that every tap of a window sees its pixels as one run of floats.
///
/// A window of stride 1 sees, from one output pixel to the next, the next input pixel. With the rows of a plane one
/// after the other, zeros in the gaps, and output pixels counted with the same pitch, what a tap sees is the plane
/// itself, shifted: the matrix `columns` of a convolution need not be laid out. One gap serves as the right border of
/// a row and as the left one of the next. Outputs that fall into a gap are computed and dropped.
struct ShiftedRows {
    let window: cvk_window
    /// From one row to the next; from the start of a plane to its first pixel.
    let pitch, lead: Int

    /// Nil if the window moves by more than a pixel.
    init?(_ window: cvk_window) {
        guard window.stride_x == 1, window.stride_y == 1 else { return nil }
        self.window = window
        let right = window.output_width + (window.kernel_width - 1) * window.dilation_x - window.pad_left - window.width
        pitch = max(window.width + max(window.pad_left, right, 0), window.output_width)
        lead = window.pad_left
    }

    /// True where the picture as it is has this layout: windows of one pixel without a border.
    var isPicture: Bool {
        window.kernel_width == 1 && window.kernel_height == 1 && window.pad_left == 0 && window.pad_top == 0
            && pitch == window.width && window.output_height == window.height
    }

    /// Floats of a plane that gives `rows` rows of the output. Past its end a strip may still read whole vectors.
    func planeStride(rows: Int) -> Int {
        if isPicture { return window.height * window.width }
        let below = (window.kernel_height - 1) * window.dilation_y
        let reach = (window.kernel_width - 1) * window.dilation_x + 48
        let count = (lead + (rows + below) * pitch + reach + 15) / 16 * 16
        // Planes a multiple of 2 KB apart would share few sets of the cache.
        return count % 512 == 0 ? count + 16 : count
    }

    /// Where each (channel, tap) finds the first output pixel, for some channels.
    func offsets(channels: Int, rows: Int) -> [Int] {
        let stride = planeStride(rows: rows)
        return (0..<channels).flatMap { channel in
            (0..<window.kernel_height).flatMap { y in
                (0..<window.kernel_width).map { x in
                    channel * stride + y * window.dilation_y * pitch + x * window.dilation_x
                }
            }
        }
    }

    /// Lays out what the output rows `rows` see of some channels; `planes` starts with the first of them.
    ///
    /// - Returns: the layout: the picture itself where it has it, else `scratch`.
    func lay(
        _ planes: UnsafePointer<Float>, channels: Int, rows: Range<Int>, stride: Int,
        in scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        if isPicture { return planes + rows.lowerBound * pitch }
        let below = (window.kernel_height - 1) * window.dilation_y
        cvk_pad_planes(
            planes, window.height * window.width, channels, window.height, window.width,
            rows.lowerBound - window.pad_top, rows.count + below, pitch, lead, stride, scratch)
        return UnsafePointer(scratch)
    }
}
