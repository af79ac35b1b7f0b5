import CKernels
import COpenBLAS
import CVCore

/// Who multiplies the matrices of a convolution.
package enum MatrixProduct: Sendable, Equatable {
    /// The tiles of CKernels, under one instruction set.
    case tiles(InstructionSet)
    /// OpenBLAS: the portable path, where there are no tiles for the processor, and the check of the tiles.
    case openBLAS

    static let current: MatrixProduct =
        switch InstructionSet.current {
        case .avx2, .avx512, .neon: .tiles(.current)
        case .scalar: .openBLAS
        }

    /// Width of the panels that the columns are laid out in; OpenBLAS wants one as wide as the block.
    func panel(columns: Int) -> Int {
        switch self {
        case .tiles(let isa): cvk_panel_width(isa.cValue)
        case .openBLAS: columns
        }
    }

    /// C (+)= A · B: a [m, k], b in panels as the kernels read it, c [m, n].
    func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, stride lda: Int, _ b: UnsafePointer<Float>, panel: Int,
        to c: UnsafeMutablePointer<Float>, stride ldc: Int, adding: Bool
    ) {
        switch self {
        case .tiles(let isa):
            let (rows, lines) = ((0..<m).map { $0 * lda }, (0..<k).map { $0 * panel })
            for column in stride(from: 0, to: n, by: panel) {
                cvk_gemm_panel(
                    isa.cValue, m, min(panel, n - column), k, a, rows, b + column * k, lines, c + column, ldc, adding)
            }
        case .openBLAS:
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b,
                Int32(panel), adding ? 1 : 0, c, Int32(ldc))
        }
    }
}
