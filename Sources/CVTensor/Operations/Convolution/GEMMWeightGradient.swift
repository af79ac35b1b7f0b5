import CKernels
import CVCore

/// Backward-weights as matrix products: dW = Σ over images  dY · columns(X)ᵀ.
struct GEMMWeightGradient: ConvWeightGradient {
    private let problem: ConvProblem
    private let backend: GEMMBackend
    private let tuning: ConvTuning.GEMM

    var kind: ConvAlgorithmKind { .gemm }

    /// Applies to every convolution.
    init(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        (self.problem, self.tuning) = (problem, tuning.gemm)
        backend = GEMMBackend(isa)
    }

    /// A task makes a block of columns of one group's dW, over all images in their order. OpenBLAS rounds by the shape of a
    /// block, so the cuts do not depend on the number of threads.
    func run(dy: UnsafePointer<Float>, x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>) {
        let (groups, m, k, block) = (problem.groups, problem.m, problem.k, tuning.gradientColumns)
        let parts = (k + block - 1) / block
        let rowParts = (m + tuning.gradientRows - 1) / tuning.gradientRows
        Parallel.forEach(groups * parts * rowParts) { task in
            let (group, part) = (task / (parts * rowParts), task / rowParts % parts)
            let rows = Range.part(task % rowParts, of: rowParts, count: m, multiple: 8)
            if rows.isEmpty { return }
            let columns = part * block..<min((part + 1) * block, k)
            let products = (0..<problem.batch).map { image in
                (
                    dy + ((image * groups + group) * m + rows.lowerBound) * problem.n,
                    x + (image * groups + group) * problem.window.channels * problem.inputPlane
                )
            }
            sumOfProducts(
                products, rows: rows.count, columns: columns,
                to: dw + (group * m + rows.lowerBound) * k + columns.lowerBound)
        }
    }

    /// `Σ dy · columns(x)ᵀ` over images, for some columns of the result.
    private func sumOfProducts(
        _ images: [(dy: UnsafePointer<Float>, x: UnsafePointer<Float>)], rows: Int, columns: Range<Int>,
        to result: UnsafeMutablePointer<Float>
    ) {
        var window = problem.window
        let (pixels, block) = (problem.n, tuning.blockRows)
        let panel = backend.panelWidth(columns: columns.count)
        let width = (columns.count + panel - 1) / panel * panel
        if images.isEmpty {
            for row in 0..<rows { (result + row * problem.k).update(repeating: 0, count: columns.count) }
        }
        withScratch((width + 1) * block) { line in
            let packed = line + block
            var isFirst = true
            for image in images {
                for start in stride(from: 0, to: pixels, by: block) {
                    let end = min(start + block, pixels)
                    cvk_pack_windows_transposed(
                        &window, image.x, columns.lowerBound, columns.upperBound, start, end, panel, packed, line)
                    backend.multiply(
                        rows, columns.count, end - start, image.dy + start, stride: pixels, packed, panel: panel,
                        to: result, stride: problem.k, adding: !isFirst)
                    isFirst = false
                }
            }
        }
    }
}

/// Sum over images and pixels: the gradient of a bias.
///
/// - Parameter dy: [N, C, H, W].
/// - Returns: [C].
func sumOfChannels(_ dy: Tensor) -> Tensor {
    let shape = ImageShape(dy.shape, for: "sumOfChannels")
    return Tensor(shape: [shape.channels]) { sums in
        dy.withValues { dy in
            Parallel.forEach(shape.channels) { channel in
                var sum: Float = 0
                for image in 0..<shape.batch {
                    sum += cvk_sum(
                        InstructionSet.current.cValue,
                        dy.baseAddress! + (image * shape.channels + channel) * shape.plane, shape.plane)
                }
                sums[channel] = sum
            }
        }
    }
}
