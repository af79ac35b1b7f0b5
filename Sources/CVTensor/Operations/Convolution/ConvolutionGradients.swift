import CKernels
import CVCore

// With columns(X) the matrix of what each tap sees from each output pixel, Y = W · columns(X). So for a gradient dY
//
//     dW = Σ over pictures  dY · columns(X)ᵀ
//     dX = fold(Wᵀ · dY), where fold adds each tap to the pixel that it was taken from (col2im).
//
// That is what is done here for OpenBLAS, and for windows that the tiles have no quicker way for. Seen from a pixel of X,
// dX is a convolution of dY with the taps in reverse: that is the quicker way.

/// Gradient of a convolution with respect to its input, which is also the forward pass of a transposed convolution.
///
/// dy: [N, Cout, Ho, Wo], weight: [Cout, Cin / groups, kernel, kernel] -> [N, Cin, height, width].
func conv2dInputGradient(
    _ dy: Tensor, _ weight: Tensor, _ geometry: ConvGeometry, height: Int, width: Int
) -> Tensor {
    let output = ImageShape(dy.shape, for: "conv2d gradient")
    let filters = ImageShape(weight.shape, for: "conv2d weight")
    let groups = geometry.groups
    let (m, taps, channels) = (output.channels / groups, filters.plane, filters.channels)
    let window = geometry.window(channels: 1, height: height, width: width)
    precondition(
        filters.batch == output.channels && window.output_height == output.height
            && window.output_width == output.width,
        "conv2d gradient: \(dy.shape) is not the result of \(weight.shape) on \(height)×\(width)")
    let shape: Shape = [output.batch, channels * groups, height, width]
    if case .tiles(let isa) = MatrixProduct.current {
        if let opposite = geometry.opposite(of: output, height: height, width: width) {
            let product = ConvolutionProduct(
                dy.shape, [channels * groups, m, filters.height, filters.width], nil, opposite)
            if let winograd = WinogradConvolution(product, isa, opposing: true) {
                return product.result(of: dy, weight) { winograd.run($0) }
            }
            return conv2d(dy, opposingFilters(weight, groups: groups), bias: nil, opposite, method: .current)
        }
        if let depthwise = DepthwiseConvolution(ConvolutionProduct(shape, weight.shape, nil, geometry), isa) {
            return depthwise.inputGradient(dy, weight, shape: shape)
        }
        let input = ImageShape(shape, for: "conv2d")
        if let strided = StridedInputGradient(dy: output, x: input, weight: filters, geometry, isa) {
            return strided.run(dy, weight)
        }
    }
    let transposed = weight.withValues { transposedFilters($0.baseAddress!, groups: groups, m: m, k: channels * taps) }
    // One task makes some channels of a picture: no two add to the same plane.
    let perTask = max(1, min(channels, (64 + taps - 1) / taps))
    let parts = (channels + perTask - 1) / perTask
    return Tensor(shape: shape) { dx in
        dy.withValues { dy in
            Parallel.forEach(output.batch * groups * parts) { task in
                let (product, part) = task.quotientAndRemainder(dividingBy: parts)
                let mine = part * perTask..<min((part + 1) * perTask, channels)
                let weights = transposed.storage.pointer + ((product % groups) * channels + mine.lowerBound) * taps * m
                let planes = dx.baseAddress! + (product * channels + mine.lowerBound) * height * width
                planes.update(repeating: 0, count: mine.count * height * width)
                foldProduct(
                    weights, dy.baseAddress! + product * m * output.plane, m: m, rows: mine.count * taps, taps: taps,
                    window, to: planes)
            }
        }
    }
}

extension ConvGeometry {
    /// The convolution from dy to dX, with `opposingFilters`; nil for a stride, where pixels between those of dy have a
    /// gradient, too.
    fileprivate func opposite(of dy: ImageShape, height: Int, width: Int) -> ConvGeometry? {
        guard let y = y.opposite(from: dy.height, to: height), let x = x.opposite(from: dy.width, to: width) else {
            return nil
        }
        return ConvGeometry(y: y, x: x, groups: groups)
    }
}

extension ConvGeometry.Axis {
    /// Pixel i of dX is reached by the tap t from pixel i + padding - t · dilation of dy.
    fileprivate func opposite(from count: Int, to size: Int) -> ConvGeometry.Axis? {
        let reach = dilation * (kernel - 1)
        let before = reach - padding.before
        let after = size + reach - before - count
        guard stride == 1, before >= 0, after >= 0 else { return nil }
        return ConvGeometry.Axis(kernel: kernel, padding: (before, after), dilation: dilation)
    }
}

/// Filters from the channels of dY to those of X: input and output swapped within each group, taps in reverse.
///
/// [groups · m, c, kernel, kernel] -> [groups · c, m, kernel, kernel].
private func opposingFilters(_ weight: Tensor, groups: Int) -> Tensor {
    let filters = ImageShape(weight.shape, for: "conv2d weight")
    let (m, channels, taps) = (filters.batch / groups, filters.channels, filters.plane)
    return Tensor(shape: [groups * channels, m, filters.height, filters.width]) { result in
        weight.withValues { weight in
            Parallel.forRanges(groups * channels, grain: max(1, 8192 / (m * taps))) { planes in
                for plane in planes {
                    let (group, channel) = plane.quotientAndRemainder(dividingBy: channels)
                    var to = result.baseAddress! + plane * m * taps
                    for row in 0..<m {
                        let from = weight.baseAddress! + ((group * m + row) * channels + channel) * taps
                        for tap in 0..<taps { to[tap] = from[taps - 1 - tap] }
                        to += taps
                    }
                }
            }
        }
    }
}

/// `fold(weights · dy)` for a few channels: weights [rows, m], dy [m, pixels].
private func foldProduct(
    _ weights: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, m: Int, rows: Int, taps: Int, _ window: cvk_window,
    to planes: UnsafeMutablePointer<Float>
) {
    var window = window
    let pixels = window.output_height * window.output_width
    let block = ConvolutionProduct.blockColumns
    // A matrix that is laid out as it is: a 1×1 window on m channels of one row.
    var plain = ConvGeometry(kernel: 1).window(channels: m, height: 1, width: pixels)
    let method = MatrixProduct.current
    let panel = method.panel(columns: block)
    let width = (block + panel - 1) / panel * panel
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: (m + 1 + rows) * width)
    defer { scratch.deallocate() }
    let (line, packed, product) = (scratch, scratch + width, scratch + width * (m + 1))
    for start in stride(from: 0, to: pixels, by: block) {
        let end = min(start + block, pixels)
        cvk_pack_windows(&plain, dy, 0, m, start, end, panel, packed, line)
        method.multiply(
            rows, end - start, m, weights, stride: m, packed, panel: panel, to: product, stride: width, adding: false)
        for channel in 0..<rows / taps {
            cvk_add_windows(
                &window, product + channel * taps * width, width, start, end,
                planes + channel * window.height * window.width)
        }
    }
}

/// [groups · m, k] -> for each group [k, m].
private func transposedFilters(_ weight: UnsafePointer<Float>, groups: Int, m: Int, k: Int) -> Tensor {
    Tensor(shape: [groups, k, m]) { result in
        for group in 0..<groups {
            let (from, to) = (weight + group * m * k, result.baseAddress! + group * m * k)
            Parallel.forRanges(k, grain: 64) { rows in
                for row in rows {
                    for column in 0..<m { to[row * m + column] = from[column * k + row] }
                }
            }
        }
    }
}

/// Gradient of a convolution with respect to its weight.
///
/// dy: [N, Cout, Ho, Wo], x: [N, Cin, H, W] -> shape, [Cout, Cin / groups, kernel, kernel].
func conv2dWeightGradient(_ dy: Tensor, _ x: Tensor, _ geometry: ConvGeometry, shape: Shape) -> Tensor {
    let (input, output) = (ImageShape(x.shape, for: "conv2d"), ImageShape(dy.shape, for: "conv2d gradient"))
    let filters = ImageShape(shape, for: "conv2d weight")
    if case .tiles(let isa) = MatrixProduct.current {
        let product = ConvolutionProduct(x.shape, shape, nil, geometry)
        if let depthwise = DepthwiseConvolution(product, isa) {
            return depthwise.weightGradient(dy, x, shape: shape)
        }
        if let winograd = WinogradWeightGradient(product, isa) { return winograd.run(dy, x) }
        return WeightGradient(dy: output, x: input, weight: filters, geometry, isa).run(dy, x)
    }
    let groups = geometry.groups
    let (m, k) = (output.channels / groups, filters.image)
    let window = geometry.window(channels: filters.channels, height: input.height, width: input.width)
    // A task makes a block of columns of one group's dW, over all pictures in their order: sums do not depend on threads.
    let block = 144
    let parts = (k + block - 1) / block
    // OpenBLAS rounds by the shape of a block: the cuts do not depend on the number of threads.
    let rowParts = (m + 31) / 32
    return Tensor(shape: shape) { dw in
        x.withValues { x in
            dy.withValues { dy in
                Parallel.forEach(groups * parts * rowParts) { task in
                    let (group, part) = (task / (parts * rowParts), task / rowParts % parts)
                    let rows = ConvolutionProduct.range(task % rowParts, of: rowParts, count: m, multiple: 8)
                    if rows.isEmpty { return }
                    let columns = part * block..<min((part + 1) * block, k)
                    let into = dw.baseAddress! + (group * m + rows.lowerBound) * k + columns.lowerBound
                    let products = (0..<output.batch).map { image in
                        (
                            dy.baseAddress! + ((image * groups + group) * m + rows.lowerBound) * output.plane,
                            x.baseAddress! + (image * groups + group) * filters.channels * input.plane
                        )
                    }
                    sumOfProducts(products, rows: rows.count, columns: columns, window, to: into, stride: k)
                }
            }
        }
    }
}

/// `Σ dy · columns(x)ᵀ` over pictures, for some columns of the result.
private func sumOfProducts(
    _ images: [(dy: UnsafePointer<Float>, x: UnsafePointer<Float>)], rows: Int, columns: Range<Int>,
    _ window: cvk_window, to result: UnsafeMutablePointer<Float>, stride: Int
) {
    var window = window
    let pixels = window.output_height * window.output_width
    let block = ConvolutionProduct.blockRows
    let method = MatrixProduct.current
    let panel = method.panel(columns: columns.count)
    let width = (columns.count + panel - 1) / panel * panel
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: (width + 1) * block)
    defer { scratch.deallocate() }
    let packed = scratch + block
    var isFirst = true
    for image in images {
        for start in Swift.stride(from: 0, to: pixels, by: block) {
            let end = min(start + block, pixels)
            cvk_pack_windows_transposed(
                &window, image.x, columns.lowerBound, columns.upperBound, start, end, panel, packed, scratch)
            method.multiply(
                rows, columns.count, end - start, image.dy + start, stride: pixels, packed, panel: panel,
                to: result, stride: stride, adding: !isFirst)
            isFirst = false
        }
    }
}

/// Sum over pictures and pixels: the gradient of a bias. [N, C, H, W] -> [C].
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
