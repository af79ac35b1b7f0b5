import CKernels
import CVCore

/// A convolution as matrix products: for each image and group, Y = W · columns(X). See `ConvProblem`.
///
/// The columns are never whole in memory: each task packs the block that it multiplies next, in a size that stays in
/// its core's cache.
struct ImplicitGEMMConvolution: ConvAlgorithm {
    private let problem: ConvProblem
    private let backend: GEMMBackend
    private let isa: InstructionSet
    private let tuning: ConvTuning.GEMM

    var kind: ConvAlgorithmKind { .gemm }

    /// Applies to every convolution.
    init(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        (self.problem, self.isa, self.tuning) = (problem, isa, tuning.gemm)
        backend = GEMMBackend(isa)
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        let (rowCuts, columnCuts) = cuts
        let tasksPerProduct = rowCuts * columnCuts
        Parallel.forEach(problem.batch * problem.groups * tasksPerProduct) { task in
            let (product, part) = task.quotientAndRemainder(dividingBy: tasksPerProduct)
            let (row, column) = part.quotientAndRemainder(dividingBy: columnCuts)
            let rows = Range.part(row, of: rowCuts, count: problem.m, multiple: 8)
            let columns = Range.part(column, of: columnCuts, count: problem.n, multiple: 48)
            if rows.isEmpty || columns.isEmpty { return }
            multiply(operands, weights.pointer, epilogue, product: product, rows: rows, columns: columns)
        }
    }

    /// Into how many parts the rows and the columns of Y are divided: columns by the size of a block; if that leaves
    /// threads without work (small images at the end of a network), the rows as well.
    ///
    /// OpenBLAS rounds by the shape of a block, so for it the cuts must not depend on the number of threads.
    private var cuts: (rows: Int, columns: Int) {
        let columnCuts = (problem.n + tuning.blockColumns - 1) / tuning.blockColumns
        let mostRowCuts = (problem.m + tuning.rowsPerTask - 1) / tuning.rowsPerTask
        if case .openBLAS = backend { return (max(mostRowCuts, 1), columnCuts) }
        let tasks = problem.batch * problem.groups * columnCuts
        let desired = Parallel.threadCount == 1 ? 1 : Parallel.threadCount * 2
        let rowCuts = tasks >= desired ? 1 : min(mostRowCuts, (desired + tasks - 1) / max(tasks, 1))
        return (max(rowCuts, 1), columnCuts)
    }

    /// One block of Y, all of k. Blocks of k follow one another, so the order of the sums is always the same.
    private func multiply(
        _ operands: ConvOperands, _ weight: UnsafePointer<Float>, _ epilogue: Epilogue, product: Int, rows: Range<Int>,
        columns: Range<Int>
    ) {
        let (m, n, k) = (problem.m, problem.n, problem.k)
        let firstChannel = product % problem.groups * m
        let x = operands.x + product * problem.window.channels * problem.inputPlane
        let a = weight + (firstChannel + rows.lowerBound) * k
        let start = product * m * n + rows.lowerBound * n + columns.lowerBound
        let panel = backend.panelWidth(columns: columns.count)
        let width = (columns.count + panel - 1) / panel * panel
        withScratch((min(k, tuning.blockRows) + 1) * width) { scratch in
            let packed = scratch + width
            var window = problem.window
            for first in stride(from: 0, to: k, by: tuning.blockRows) {
                let end = min(first + tuning.blockRows, k)
                cvk_pack_windows(
                    &window, x, first, end, columns.lowerBound, columns.upperBound, panel, packed, scratch)
                backend.multiply(
                    rows.count, columns.count, end - first, a + first, stride: k, packed, panel: panel,
                    to: operands.y + start, stride: n, adding: first > 0)
            }
        }
        for row in 0..<rows.count {
            epilogue.apply(
                operands, channel: firstChannel + rows.lowerBound + row, at: start + row * n, count: columns.count, isa)
        }
    }
}
