import CKernels
import CVCore

/// Matrix product over the last two dimensions, as `torch.matmul`.
///
/// - Parameters:
///   - a: [.., M, K], or [.., K, M] with `transposeA`.
///   - b: [K, N], or [N, K] with `transposeB`: one matrix for all of `a`, or with the same leading dimensions.
///   - transposeA: whether `a` is transposed first.
///   - transposeB: whether `b` is transposed first.
/// - Returns: [.., M, N].
public func matmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    precondition(a.shape.rank >= 2 && b.shape.rank >= 2, "matmul: \(a.shape) and \(b.shape) are not matrices")
    let a = transposeA ? a.transposed() : a
    if b.shape.rank == 2 && a.shape.rank > 2 {
        // One matrix for all rows of a: a single product, whose gradient already sums over the leading dimensions.
        let leading = Array(a.shape.dimensions.dropLast())
        let rows = a.reshaped([leading.reduce(1, *), a.shape.dimensions.last!])
        let y = matmul(rows, b, transposeB: transposeB)
        return y.reshaped(Shape(leading + [y.shape[1]]))
    }
    let (left, right) = (a.detached, b.detached)
    let y = BatchedMatmul(a.shape, b.shape, transposeB: transposeB).run(left, right)
    return y.recorded(
        as: .matmul(transposeB: transposeB),
        (a, { matmul($0, right, transposeB: !transposeB) }),
        (b, { transposeB ? matmul($0, left, transposeA: true) : matmul(left, $0, transposeA: true) }))
}

/// x · weightᵀ + bias, as `torch.nn.functional.linear`.
///
/// - Parameters:
///   - x: [.., in].
///   - weight: [out, in].
///   - bias: [out].
/// - Returns: [.., out].
public func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    precondition(
        weight.shape.rank == 2 && x.shape.dimensions.last == weight.shape[1],
        "linear: weight \(weight.shape) does not fit \(x.shape)")
    precondition(bias == nil || bias!.shape == [weight.shape[0]], "linear: bias \(bias!.shape), weight \(weight.shape)")
    let leading = Array(x.shape.dimensions.dropLast())
    let (rows, outputs) = (leading.reduce(1, *), weight.shape[0])
    let (input, filters) = (x.detached.reshaped([rows, weight.shape[1]]), weight.detached)
    let y = BatchedMatmul(input.shape, weight.shape, transposeB: true).run(input, filters, bias: bias?.detached)
    // Recorded as one operation on x itself, not on the reshaped one.
    var rules: [GradientRule] = [
        (x, { matmul($0, filters) }),
        (weight, { matmul($0.reshaped([rows, outputs]), input, transposeA: true) }),
    ]
    if let bias { rules.append((bias, { sumOfRows($0.reshaped([rows, outputs])) })) }
    return y.reshaped(Shape(leading + [outputs])).recorded(as: .linear, rules)
}

/// [M, N] -> [N]: the gradient of a bias that was added to every row.
private func sumOfRows(_ dy: Tensor) -> Tensor {
    let (rows, columns) = (dy.shape[0], dy.shape[1])
    return Tensor(shape: [columns]) { sums in
        sums.initialize(repeating: 0)
        dy.withValues { dy in
            Parallel.forRanges(columns, grain: 256) { range in
                let to = sums.baseAddress! + range.lowerBound
                for row in 0..<rows {
                    let from = dy.baseAddress! + row * columns + range.lowerBound
                    cvk_add(InstructionSet.current.cValue, to, from, to, range.count)
                }
            }
        }
    }
}

extension Tensor {
    /// The last two dimensions exchanged, as `torch.Tensor.mT`.
    ///
    /// - Returns: [.., N, M] of [.., M, N].
    public func transposed() -> Tensor {
        precondition(shape.rank >= 2, "transposed: \(shape) is not a matrix")
        let leading = Array(shape.dimensions.dropLast(2))
        let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
        let tile = 32
        let tiles = (rows + tile - 1) / tile
        let y = Tensor(shape: Shape(leading + [columns, rows]), from: self) { y in
            withValues { x in
                // By tiles, so that both sides stay in the cache.
                Parallel.forRanges(leading.reduce(1, *) * tiles, grain: 4) { range in
                    for index in range {
                        let start = index / tiles * rows * columns
                        let mine = index % tiles * tile..<min((index % tiles + 1) * tile, rows)
                        for column in 0..<columns {
                            for row in mine { y[start + column * rows + row] = x[start + row * columns + column] }
                        }
                    }
                }
            }
        }
        return y.recorded(as: .transpose, (self, { $0.transposed() }))
    }
}

/// Products of a batch of matrices: a [batch, m, k], b [batch, k, n] or transposed [batch, n, k].
private struct BatchedMatmul {
    let batch, m, n, k: Int
    let transposeB: Bool
    let shape: Shape

    /// Rows and columns of a block of the result. They do not depend on the threads, so neither does any rounding.
    private let blockRows, blockColumns: Int
    /// Enough blocks to keep all threads busy.
    private static let fewBlocks = 8
    /// Up to this many rows of `a`, packing b would take longer than the product.
    private static let fewRows = 3

    init(_ a: Shape, _ b: Shape, transposeB: Bool) {
        let leading = Array(a.dimensions.dropLast(2))
        (m, k) = (a[a.rank - 2], a[a.rank - 1])
        let (first, second) = (b[b.rank - 2], b[b.rank - 1])
        n = transposeB ? first : second
        precondition(
            leading == Array(b.dimensions.dropLast(2)) && k == (transposeB ? second : first),
            "matmul: \(a) does not fit \(b)\(transposeB ? " transposed" : "")")
        batch = leading.reduce(1, *)
        self.transposeB = transposeB
        shape = Shape(leading + [m, n])
        (blockRows, blockColumns) = Self.blockSize(batch, m, n)
    }

    /// Small matrices are divided more finely. Columns first: a division of the rows makes every task pack b again.
    private static func blockSize(_ batch: Int, _ m: Int, _ n: Int) -> (rows: Int, columns: Int) {
        let sizes = [(128, 144), (128, 48), (64, 48)]
        return sizes.first { rows, columns in
            batch * ((m + rows - 1) / rows) * ((n + columns - 1) / columns) >= fewBlocks
        } ?? sizes[sizes.count - 1]
    }

    /// - Parameter bias: added to each row of the result.
    func run(_ a: Tensor, _ b: Tensor, bias: Tensor? = nil) -> Tensor {
        let backend = GEMMBackend.current
        return Tensor(shape: shape, from: a, b, bias) { y in
            a.withValues { a in
                b.withValues { b in
                    // The products are accumulated into y.
                    if bias != nil || k == 0 { initialize(y, to: bias) }
                    if k == 0 || y.isEmpty { return }
                    let operands = Operands(
                        a: a.baseAddress!, b: b.baseAddress!, y: y.baseAddress!, isStarted: bias != nil)
                    if transposeB && m <= Self.fewRows { return dots(operands) }
                    let rowParts = (m + blockRows - 1) / blockRows
                    let columnParts = (n + blockColumns - 1) / blockColumns
                    Parallel.forEach(batch * rowParts * columnParts) { task in
                        let row = task / columnParts % rowParts * blockRows
                        let column = task % columnParts * blockColumns
                        block(
                            operands.product(task / (rowParts * columnParts), self),
                            rows: row..<min(row + blockRows, m), columns: column..<min(column + blockColumns, n),
                            backend
                        )
                    }
                }
            }
        }
    }

    private struct Operands {
        let a, b: UnsafePointer<Float>
        let y: UnsafeMutablePointer<Float>
        /// Whether y has values that the products are added to.
        let isStarted: Bool

        /// The operands of one product of the batch.
        func product(_ index: Int, _ sizes: BatchedMatmul) -> Operands {
            let (m, n, k) = (sizes.m, sizes.n, sizes.k)
            return Operands(
                a: a + index * m * k, b: b + index * k * n, y: y + index * m * n, isStarted: isStarted)
        }
    }

    /// Every row is the bias, or zeros.
    private func initialize(_ y: UnsafeMutableBufferPointer<Float>, to bias: Tensor?) {
        guard let bias, let start = y.baseAddress else { return y.initialize(repeating: 0) }
        bias.withValues { bias in
            for row in 0..<batch * m { (start + row * n).update(from: bias.baseAddress!, count: n) }
        }
    }

    /// Each element of the result on its own: rows of both matrices lie in memory as they are read.
    private func dots(_ operands: Operands) {
        let isa = InstructionSet.current.cValue
        Parallel.forRanges(batch * n, grain: max(1, (1 << 14) / k)) { range in
            for index in range {
                let (product, column) = index.quotientAndRemainder(dividingBy: n)
                for row in product * m..<(product + 1) * m {
                    let sum = cvk_dot(isa, operands.a + row * k, 0, operands.b + index * k, 0, k)
                    let position = row * n + column
                    operands.y[position] = operands.isStarted ? operands.y[position] + sum : sum
                }
            }
        }
    }

    /// One block of the result, all of k, in parts of b that stay in the cache.
    private func block(_ operands: Operands, rows: Range<Int>, columns: Range<Int>, _ backend: GEMMBackend) {
        let (a, b, y) = (operands.a, operands.b, operands.y)
        let panel = backend.panelWidth(columns: columns.count)
        let width = (columns.count + panel - 1) / panel * panel
        let depth = min(k, GEMMBackend.blockDepth)
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: depth * width + max(width, depth))
        defer { scratch.deallocate() }
        let line = scratch + depth * width
        // A matrix is an image one pixel high, with a channel for each of its rows, under a 1×1 window.
        var matrix = ConvGeometry(kernel: 1).window(
            channels: transposeB ? n : k, height: 1, width: transposeB ? k : n)
        for start in stride(from: 0, to: k, by: depth) {
            let end = min(start + depth, k)
            if transposeB {
                cvk_pack_windows_transposed(
                    &matrix, b, columns.lowerBound, columns.upperBound, start, end, panel, scratch, line)
            } else {
                cvk_pack_windows(
                    &matrix, b, start, end, columns.lowerBound, columns.upperBound, panel, scratch, line)
            }
            backend.multiply(
                rows.count, columns.count, end - start, a + rows.lowerBound * k + start, stride: k, scratch,
                panel: panel, to: y + rows.lowerBound * n + columns.lowerBound, stride: n,
                adding: start > 0 || operands.isStarted)
        }
    }
}
