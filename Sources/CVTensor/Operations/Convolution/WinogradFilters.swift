import CKernels
import CVCore

/// The filters of a 3×3 convolution in the form that Winograd's minimal filtering multiplies with: G g Gᵀ.
///
/// Either those of the convolution itself, weight [Cout, Cin, 3, 3], or those of the way back from its gradient to its
/// input: weight is then that of the convolution there, [Cin, Cout, 3, 3], and the taps are read in reverse.
struct WinogradFilters {
    let cout, cin: Int
    let isOpposing: Bool
    let isa: InstructionSet

    /// u[ξ · places + row · cin + channel] for the output channels `rows`, of which the first is row 0.
    func transform(
        _ weight: UnsafePointer<Float>, _ rows: Range<Int>, to u: UnsafeMutablePointer<Float>, positions: Int
    ) {
        let (row, next) = isOpposing ? (9, cout * 9) : (cin * 9, 9)
        withScratch(9 * cin) { taps in
            for channel in rows {
                cvk_transpose(isa.cValue, weight + channel * row, next, cin, 9, taps, cin)
                cvk_winograd_filter(
                    isa.cValue, isOpposing ? taps + 8 * cin : taps, isOpposing ? -cin : cin, cin,
                    u + (channel - rows.lowerBound) * cin, positions)
            }
        }
    }

    /// All of them: [36, Cout, Cin].
    func transformed(_ weight: UnsafePointer<Float>) -> Tensor {
        Tensor(shape: [36, cout, cin]) { u in
            Parallel.forRanges(cout, grain: max(1, 4096 / cin)) { rows in
                transform(weight, rows, to: u.baseAddress! + rows.lowerBound * cin, positions: cout * cin)
            }
        }
    }
}
