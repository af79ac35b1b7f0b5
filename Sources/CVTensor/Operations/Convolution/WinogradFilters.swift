import CKernels
import CVCore

/// The filters of a 3×3 convolution in the form that Winograd's minimal filtering multiplies with: G g Gᵀ.
///
/// Either those of the convolution itself, weight [Cout, Cin, 3, 3], or the flipped ones of backward-data: weight is
/// then that of the convolution there, [Cin, Cout, 3, 3], and the taps are read in reverse.
struct WinogradFilters: Sendable {
    let cout, cin: Int
    let isa: InstructionSet

    /// u[ξ · stride + row · cin + channel] for the output channels `rows`; the first of them is row 0.
    func transform(
        _ weight: UnsafePointer<Float>, flipped: Bool, _ rows: Range<Int>, to u: UnsafeMutablePointer<Float>,
        stride: Int
    ) {
        let (row, next) = flipped ? (9, cout * 9) : (cin * 9, 9)
        withScratch(9 * cin) { taps in
            for channel in rows {
                cvk_transpose(isa.cValue, weight + channel * row, next, cin, 9, taps, cin)
                cvk_winograd_filter(
                    isa.cValue, flipped ? taps + 8 * cin : taps, flipped ? -cin : cin, cin,
                    u + (channel - rows.lowerBound) * cin, stride)
            }
        }
    }

    /// All of them: [36, Cout, Cin].
    func transformed(_ weight: Tensor, flipped: Bool) -> Tensor {
        Tensor(shape: [36, cout, cin]) { u in
            weight.withValues { weight in
                Parallel.forRanges(cout, grain: max(1, 4096 / cin)) { rows in
                    transform(
                        weight.baseAddress!, flipped: flipped, rows, to: u.baseAddress! + rows.lowerBound * cin,
                        stride: cout * cin)
                }
            }
        }
    }
}
