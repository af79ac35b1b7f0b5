import CVTensor

/// Output pixels that are computed with the same taps of the window.
///
/// A convolution is one phase. A transposed convolution with stride s has s² of them: each is an ordinary convolution
/// with some of the taps, whose results lie s pixels apart.
package struct ConvolutionPhase: Sendable {
    /// A tap of the window, and the input pixel under it for the output pixel (0, 0) of the phase.
    package struct Tap: Sendable, Equatable {
        /// Row and column in the weight.
        package let ky, kx: Int
        /// Row and column in the input; negative ones lie in the border.
        package let y, x: Int
    }

    package let taps: [Tap]
    /// Output pixels of the phase.
    package let rows, columns: Int
    /// The output pixel that is the phase's first.
    package let firstRow, firstColumn: Int
    /// Input pixels from one output pixel of the phase to the next, and output pixels.
    package let inputStepY, inputStepX, outputStepY, outputStepX: Int

    /// The phase of a convolution.
    ///
    /// - Parameters:
    ///   - geometry: how the window moves.
    ///   - output: rows and columns of the result.
    package init(_ geometry: ConvGeometry, output: (rows: Int, columns: Int)) {
        let (y, x) = (geometry.y, geometry.x)
        taps = (0..<y.kernel).flatMap { ky in
            (0..<x.kernel).map { kx in
                Tap(ky: ky, kx: kx, y: ky * y.dilation - y.padding.before, x: kx * x.dilation - x.padding.before)
            }
        }
        (rows, columns, firstRow, firstColumn) = (output.rows, output.columns, 0, 0)
        (inputStepY, inputStepX, outputStepY, outputStepX) = (y.stride, x.stride, 1, 1)
    }

    /// All phases of a transposed convolution: output pixel o gets tap k of the input pixel (o + padding - k) / stride,
    /// where that is a whole number.
    ///
    /// - Parameters:
    ///   - geometry: how the window moves over the result.
    ///   - output: rows and columns of the result.
    package static func transposed(_ geometry: ConvGeometry, output: (rows: Int, columns: Int)) -> [ConvolutionPhase] {
        let rows = phases(geometry.y, output.rows)
        let columns = phases(geometry.x, output.columns)
        return rows.flatMap { row in
            columns.map { column in
                let taps = row.taps.flatMap { (ky, y) in column.taps.map { Tap(ky: ky, kx: $0.0, y: y, x: $0.1) } }
                return ConvolutionPhase(
                    taps: taps, rows: row.count, columns: column.count, firstRow: row.first,
                    firstColumn: column.first, inputStepY: 1, inputStepX: 1, outputStepY: geometry.y.stride,
                    outputStepX: geometry.x.stride)
            }
        }
    }

    private static func phases(
        _ axis: ConvGeometry.Axis, _ size: Int
    ) -> [(first: Int, count: Int, taps: [(Int, Int)])] {
        (0..<min(axis.stride, size)).map { first in
            let taps = (0..<axis.kernel).compactMap { tap -> (Int, Int)? in
                let distance = first + axis.padding.before - tap * axis.dilation
                guard distance % axis.stride == 0 else { return nil }
                return (tap, distance / axis.stride)
            }
            return (first, (size - first + axis.stride - 1) / axis.stride, taps)
        }
    }

    private init(
        taps: [Tap], rows: Int, columns: Int, firstRow: Int, firstColumn: Int, inputStepY: Int, inputStepX: Int,
        outputStepY: Int, outputStepX: Int
    ) {
        (self.taps, self.rows, self.columns) = (taps, rows, columns)
        (self.firstRow, self.firstColumn) = (firstRow, firstColumn)
        (self.inputStepY, self.inputStepX) = (inputStepY, inputStepX)
        (self.outputStepY, self.outputStepX) = (outputStepY, outputStepX)
    }

    /// The border of zeros that the taps reach into.
    ///
    /// - Parameter input: rows and columns of the input.
    package func border(of input: (rows: Int, columns: Int)) -> FeatureLayout.Border {
        let lastRow = (rows - 1) * inputStepY
        let lastColumn = (columns - 1) * inputStepX
        return taps.reduce(.none) { border, tap in
            border.union(
                .init(
                    top: max(0, -tap.y), bottom: max(0, tap.y + lastRow - input.rows + 1), left: max(0, -tap.x),
                    right: max(0, tap.x + lastColumn - input.columns + 1)))
        }
    }
}
