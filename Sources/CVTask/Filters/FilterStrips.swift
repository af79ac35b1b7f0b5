import CVImage
import CVTensor

/// The response of an image to a filter in strips of rows, so that it is never in memory as a whole.
struct FilterStrips {
    private let filter: ImageFilter
    private let image: Image
    /// Of the response, in pixels.
    let width, height: Int

    /// The elements of the input of a strip; a few times as many are in memory at once.
    private let elements: Int

    init(_ filter: ImageFilter, _ image: Image, elements: Int) {
        (self.filter, self.image, self.elements) = (filter, image, elements)
        func side(_ side: Int, _ kernel: Int) -> Int {
            (filter.padding == .valid ? side - kernel : side - 1) / filter.stride + 1
        }
        width = side(image.width, filter.kernel.width)
        height = side(image.height, filter.kernel.height)
    }

    /// Calls `body` with the rows of the response and their values, [3, 1, rows, width] or [1, 1, rows, width].
    func visit(_ body: (_ rows: Range<Int>, _ values: Tensor) -> Void) {
        let count = max(1, elements / (3 * image.width * filter.stride))
        for start in stride(from: 0, to: height, by: count) {
            let rows = start..<min(start + count, height)
            body(rows, filter.correlate(filter.planes(input(for: rows)), padded: (0, 0)))
        }
    }

    /// The rows of the image that these rows of the response depend on, with those beyond its borders.
    private func input(for rows: Range<Int>) -> Image {
        let before = filter.padding == .valid ? 0 : ImageFilter.around(filter.kernel.height).before
        let first = rows.lowerBound * filter.stride - before
        let count = (rows.count - 1) * filter.stride + filter.kernel.height
        var pixels: [UInt8] = []
        pixels.reserveCapacity(count * image.stride)
        for row in first..<first + count {
            if let row = source(row) {
                pixels += image.pixels[row * image.stride..<(row + 1) * image.stride]
            } else {
                pixels += [UInt8](repeating: 0, count: image.stride)
            }
        }
        return Image(width: image.width, height: count, format: image.format, pixels: pixels)
    }

    /// The row of the image that stands for a row beyond its border; nil for zeros.
    private func source(_ row: Int) -> Int? {
        if (0..<image.height).contains(row) { return row }
        guard filter.padding == .reflect else { return nil }
        return row < 0 ? -row : 2 * (image.height - 1) - row
    }
}
