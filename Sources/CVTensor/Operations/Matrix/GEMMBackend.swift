import CKernels
import CVCore

/// The implementation that multiplies packed matrices.
package enum GEMMBackend: Sendable, Equatable {
    /// The tiles of CKernels, under one instruction set.
    case tiles(InstructionSet)
    /// OpenBLAS: the portable path, where there are no tiles for the processor, and the check of the tiles.
    case openBLAS(OpenBLAS)

    static let current = GEMMBackend(.current)

    /// Rows of the right matrix that are packed at a time: with 480 columns they are half of a core's 1 MB cache.
    package static let blockDepth = 256

    /// The fastest for an instruction set.
    init(_ isa: InstructionSet) {
        self =
            switch isa {
            case .avx2, .avx512, .neon: .tiles(isa)
            // Without the library the tiles in plain C do the same, slowly.
            case .scalar: OpenBLAS.shared.map { .openBLAS($0) } ?? .tiles(isa)
            }
    }

    /// Width of the panels that the columns are packed in; OpenBLAS wants one as wide as the block.
    func panelWidth(columns: Int) -> Int {
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
        case .openBLAS(let library):
            library.multiply(m, n, k, a, stride: lda, b, stride: panel, to: c, stride: ldc, adding: adding)
        }
    }
}

extension InstructionSet {
    /// Calls `body` with the panels that the tiles make of so many columns: of about the same width, as a narrow rest
    /// would leave most of a tile's registers empty.
    func forPanels(_ columns: Int, _ body: (Range<Int>) -> Void) {
        let width = cvk_panel_width(cValue)
        let panels = (columns + width - 1) / width
        for panel in 0..<panels {
            let range = Range.part(panel, of: panels, count: columns, multiple: width / 3)
            if !range.isEmpty { body(range) }
        }
    }
}

extension Range where Bound == Int {
    /// Part `index` of `parts` of `0..<count`, divided at multiples of `multiple`.
    static func part(_ index: Int, of parts: Int, count: Int, multiple: Int) -> Range<Int> {
        let units = (count + multiple - 1) / multiple
        let start = units * index / parts * multiple
        let end = units * (index + 1) / parts * multiple
        return Swift.min(start, count)..<Swift.min(end, count)
    }
}
