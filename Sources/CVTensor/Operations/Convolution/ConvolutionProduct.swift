import CKernels
import COpenBLAS
import CVCore

/// A convolution seen as matrix products: for each picture and group, Y = W · columns(X), where `columns` (im2col)
/// has a row for each input channel and tap and a column for each output pixel.
///
/// The columns are never whole in memory: each task lays out the block that it multiplies next, in a size that stays
/// in its core's cache (an implicit product).
struct ConvolutionProduct {
    struct Operands {
        let x, weight: UnsafePointer<Float>
        let bias: UnsafeMutablePointer<Float>?
        let y: UnsafeMutablePointer<Float>
        let epilogue: ConvEpilogue?
    }

    /// Rows of the columns matrix laid out at a time, and columns of it: 256 × 480 floats fit half of a 1 MB cache.
    static let blockRows = 256
    static let blockColumns = 480

    let batch, groups: Int
    /// Sizes of one product: W is [m, k], columns(X) [k, n], Y [m, n].
    let m, n, k: Int
    /// Of one group of one picture.
    let window: cvk_window
    let outputShape: Shape

    init(_ x: Shape, _ weight: Shape, _ bias: Shape?, _ geometry: ConvGeometry) {
        let input = ImageShape(x, for: "conv2d")
        let filters = ImageShape(weight, for: "conv2d weight")
        groups = geometry.groups
        precondition(
            input.channels == filters.channels * groups && filters.batch % groups == 0
                && filters.height == geometry.y.kernel && filters.width == geometry.x.kernel,
            "conv2d: weight \(weight) does not fit input \(x), kernel \(geometry.y.kernel)×\(geometry.x.kernel), "
                + "\(groups) groups")
        precondition(bias == nil || bias == [filters.batch], "conv2d: bias \(bias!) does not fit weight \(weight)")
        window = geometry.window(channels: filters.channels, height: input.height, width: input.width)
        batch = input.batch
        m = filters.batch / groups
        k = filters.image
        n = window.output_height * window.output_width
        precondition(n > 0 || batch == 0, "conv2d: the window \(geometry) does not fit once into \(x)")
        outputShape = [batch, filters.batch, window.output_height, window.output_width]
    }

    func run(_ operands: Operands, _ method: MatrixProduct) {
        let (rowCuts, columnCuts) = cuts(method)
        let tasksPerProduct = rowCuts * columnCuts
        if method == .openBLAS { openblas_set_num_threads(1) }
        Parallel.forEach(batch * groups * tasksPerProduct) { task in
            let (product, part) = task.quotientAndRemainder(dividingBy: tasksPerProduct)
            let (row, column) = part.quotientAndRemainder(dividingBy: columnCuts)
            let rows = Self.range(row, of: rowCuts, count: m, multiple: 8)
            let columns = Self.range(column, of: columnCuts, count: n, multiple: 48)
            if rows.isEmpty || columns.isEmpty { return }
            multiply(operands, product: product, rows: rows, columns: columns, method)
        }
    }

    /// Into how many parts to cut the rows and the columns of Y: columns by the size of a block; where that leaves
    /// threads without work (small maps at the end of a network), the rows as well.
    ///
    /// OpenBLAS rounds by the shape of a block, so for it the cuts must not depend on the number of threads.
    private func cuts(_ method: MatrixProduct) -> (rows: Int, columns: Int) {
        let columnCuts = (n + Self.blockColumns - 1) / Self.blockColumns
        if method == .openBLAS { return (max((m + 63) / 64, 1), columnCuts) }
        let tasks = batch * groups * columnCuts
        let wanted = Parallel.threadCount == 1 ? 1 : Parallel.threadCount * 2
        let rowCuts = tasks >= wanted ? 1 : min((m + 63) / 64, (wanted + tasks - 1) / max(tasks, 1))
        return (max(rowCuts, 1), columnCuts)
    }

    /// Part `index` of `parts` of `0..<count`, cut at multiples of `multiple`.
    static func range(_ index: Int, of parts: Int, count: Int, multiple: Int) -> Range<Int> {
        let units = (count + multiple - 1) / multiple
        let start = units * index / parts * multiple
        let end = units * (index + 1) / parts * multiple
        return min(start, count)..<min(end, count)
    }

    /// One block of Y, all of k. Blocks of k follow one another, so the order of the sums is always the same.
    private func multiply(
        _ operands: Operands, product: Int, rows: Range<Int>, columns: Range<Int>, _ method: MatrixProduct
    ) {
        let group = product % groups
        let x = operands.x + product * window.channels * window.height * window.width
        let a = operands.weight + (group * m + rows.lowerBound) * k
        let c = operands.y + product * m * n + rows.lowerBound * n + columns.lowerBound
        let bias = operands.bias.map { UnsafePointer($0) + group * m + rows.lowerBound }
        let panel = method.panel(columns: columns.count)
        let width = (columns.count + panel - 1) / panel * panel
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: (min(k, Self.blockRows) + 1) * width)
        defer { scratch.deallocate() }
        let packed = scratch + width
        var window = window
        if let bias {
            for row in 0..<rows.count { (c + row * n).update(repeating: bias[row], count: columns.count) }
        }
        for start in Swift.stride(from: 0, to: k, by: Self.blockRows) {
            let end = min(start + Self.blockRows, k)
            cvk_pack_windows(
                &window, x, start, end, columns.lowerBound, columns.upperBound, panel, packed, scratch)
            method.multiply(
                rows.count, columns.count, end - start, a + start, stride: k, packed, panel: panel, to: c, stride: n,
                adding: start > 0 || bias != nil)
        }
        guard let epilogue = operands.epilogue else { return }
        for row in rows {
            epilogue.apply(
                channel: group * m + row, c + (row - rows.lowerBound) * n, count: columns.count)
        }
    }
}

extension InstructionSet {
    /// Calls `body` with the strips that the tiles make of so many columns: of about the same width, as a narrow rest
    /// would leave most of a tile's registers empty.
    func forStrips(_ columns: Int, _ body: (Range<Int>) -> Void) {
        let width = cvk_panel_width(cValue)
        let strips = (columns + width - 1) / width
        for strip in 0..<strips {
            let range = ConvolutionProduct.range(strip, of: strips, count: columns, multiple: width / 3)
            if !range.isEmpty { body(range) }
        }
    }
}
