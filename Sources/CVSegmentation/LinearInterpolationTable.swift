import CVCore

/// The taps of linear interpolation along one axis, with aligned outer edges: PyTorch's `align_corners=False`.
struct LinearInterpolationTable: Sendable {
    typealias Tap = (first: Int, second: Int, share: Float)

    let taps: [Tap]

    init(_ size: Int, in count: Int) {
        self.init(0..<count, scale: Double(size) / Double(count), offset: 0, size: size)
    }

    /// - Parameters:
    ///   - range: the output pixels.
    ///   - scale: input pixels per output pixel.
    ///   - offset: the position of the first available input pixel.
    ///   - size: the number of available input pixels.
    init(_ range: Range<Int>, scale: Double, offset: Double, size: Int) {
        taps = range.map { index in
            let position = min(max((Double(index) + 0.5) * scale - 0.5 - offset, 0), Double(size - 1))
            let first = Int(clamping: position)
            return (first, min(first + 1, size - 1), Float(position - Double(first)))
        }
    }

    /// The output pixels grouped by the two input pixels that they lie between, in order.
    var runs: [(first: Int, second: Int, columns: Range<Int>)] {
        var runs: [(first: Int, second: Int, columns: Range<Int>)] = []
        for (index, position) in taps.enumerated() {
            if let last = runs.last, (last.first, last.second) == (position.first, position.second) {
                runs[runs.count - 1].columns = last.columns.lowerBound..<index + 1
            } else {
                runs.append((position.first, position.second, index..<index + 1))
            }
        }
        return runs
    }
}
