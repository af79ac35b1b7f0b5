import CVCore
import CVTensor

/// Writes the classes of a tile's output region: logits are interpolated bilinearly, then the argmax is taken.
struct LabelWriter {
    private let logits: Tensor
    private let columns, rows: Range<Int>
    private let across, down: LinearInterpolationTable
    private let width: Int

    /// - Parameters:
    ///   - logits: [1, classes, h, w] of the tile, possibly coarser than the tile.
    ///   - tile: in pixels of the image at inference scale.
    ///   - inferenceSize: the size of the image at inference scale.
    ///   - image: the size of the label map.
    init(logits: Tensor, tile: Tile, inferenceSize: (width: Int, height: Int), image: (width: Int, height: Int)) {
        self.logits = logits
        width = image.width
        // The pixels whose center lies in the tile's output region.
        func pixels(_ outputRange: Range<Int>, _ inferenceSize: Int, _ size: Int) -> Range<Int> {
            func first(_ position: Int) -> Int { (2 * position * size + inferenceSize - 1) / (2 * inferenceSize) }
            let end = outputRange.upperBound == inferenceSize ? size : first(outputRange.upperBound)
            return first(outputRange.lowerBound)..<max(end, first(outputRange.lowerBound))
        }
        columns = pixels(tile.columns, inferenceSize.width, image.width)
        rows = pixels(tile.rows, inferenceSize.height, image.height)
        // The logits may be coarser than the input.
        let (fineX, fineY) = (
            Double(logits.shape[3]) / Double(tile.width.count), Double(logits.shape[2]) / Double(tile.height.count)
        )
        across = LinearInterpolationTable(
            columns, scale: Double(inferenceSize.width) / Double(image.width) * fineX,
            offset: Double(tile.width.lowerBound) * fineX, size: logits.shape[3])
        down = LinearInterpolationTable(
            rows, scale: Double(inferenceSize.height) / Double(image.height) * fineY,
            offset: Double(tile.height.lowerBound) * fineY, size: logits.shape[2])
    }

    /// Writes the output region into the labels of the whole image, height × width.
    func write(to labels: UnsafeMutablePointer<UInt8>) {
        let (classes, plane, side) = (logits.shape[1], logits.shape[2] * logits.shape[3], logits.shape[3])
        nonisolated(unsafe) let labels = labels
        logits.withValues { logits in
            nonisolated(unsafe) let logits = logits.baseAddress!
            Parallel.forRanges(rows.count, grain: 1 + 16384 / max(columns.count, 1)) { range in
                var line = [Float](repeating: 0, count: side)
                var best = [Float](repeating: 0, count: columns.count)
                for row in range {
                    let position = down.taps[row]
                    let target = labels + (rows.lowerBound + row) * width + columns.lowerBound
                    for index in 0..<classes {
                        let (first, second) = (
                            logits + index * plane + position.first * side,
                            logits + index * plane + position.second * side
                        )
                        for x in 0..<side { line[x] = first[x] + (second[x] - first[x]) * position.share }
                        for (x, position) in across.taps.enumerated() {
                            let value =
                                line[position.first] + (line[position.second] - line[position.first]) * position.share
                            // In this form the first class is kept for NaN.
                            if index == 0 || value > best[x] {
                                best[x] = value
                                target[x] = UInt8(index)
                            }
                        }
                    }
                }
            }
        }
    }
}
