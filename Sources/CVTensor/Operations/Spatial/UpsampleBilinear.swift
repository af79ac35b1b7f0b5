import CKernels
import CVCore

/// Resizes with bilinear interpolation, as `torch.nn.functional.interpolate(size, mode="bilinear", align_corners)`;
/// without antialiasing when the result is smaller.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - height: rows of the result.
///   - width: columns of the result.
///   - alignCorners: whether the centers of the corner pixels are aligned, else the outer edges of the image.
/// - Returns: [N, C, height, width].
public func upsampleBilinear(_ x: Tensor, height: Int, width: Int, alignCorners: Bool = false) -> Tensor {
    let input = ImageShape(x.shape, for: "upsampleBilinear")
    let rows = Mixture(input.height, to: height, alignCorners: alignCorners)
    let columns = Mixture(input.width, to: width, alignCorners: alignCorners)
    let y = Tensor(shape: [input.batch, input.channels, height, width], from: x) { y in
        x.withValues { x in
            forEachPlane(input, line: input.width) { index, line in
                mix(
                    x.baseAddress! + index * input.plane, y.baseAddress! + index * height * width, rows, columns, line)
            }
        }
    }
    return y.recorded(
        as: .upsampleBilinear(height: height, width: width, alignCorners: alignCorners),
        (x, { unmixed($0, input, rows, columns) }))
}

/// Upsamples by a factor with bilinear interpolation. See `upsampleBilinear(_:height:width:alignCorners:)`.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - factor: in both directions.
///   - alignCorners: whether the centers of the corner pixels are aligned, else the outer edges of the image.
/// - Returns: [N, C, factor · H, factor · W].
public func upsampleBilinear(_ x: Tensor, factor: Int, alignCorners: Bool = false) -> Tensor {
    let input = ImageShape(x.shape, for: "upsampleBilinear")
    return upsampleBilinear(
        x, height: input.height * factor, width: input.width * factor, alignCorners: alignCorners)
}

/// Along one axis: the two pixels that each output is interpolated from, and the weight of the second.
private struct Mixture {
    let size: Int
    let parts: [(first: Int, second: Int, share: Float)]

    init(_ size: Int, to count: Int, alignCorners: Bool) {
        precondition(size > 0 && count > 0, "upsampleBilinear: from \(size) to \(count) pixels")
        self.size = size
        let aligned = count > 1 ? Float(size - 1) / Float(count - 1) : 0
        let scale = alignCorners ? aligned : Float(size) / Float(count)
        parts = (0..<count).map { index in
            let position = alignCorners ? scale * Float(index) : max(scale * (Float(index) + 0.5) - 0.5, 0)
            let first = min(Int(clamping: position), size - 1)
            return (first, min(first + 1, size - 1), position - Float(first))
        }
    }
}

private func forEachPlane(
    _ shape: ImageShape, line: Int, _ body: (_ index: Int, _ line: UnsafeMutablePointer<Float>) -> Void
) {
    Parallel.forRanges(shape.batch * shape.channels, grain: 1) { planes in
        let line = UnsafeMutablePointer<Float>.allocate(capacity: line)
        defer { line.deallocate() }
        for index in planes { body(index, line) }
    }
}

/// First two rows of x to a line, then along that line.
private func mix(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Mixture, _ columns: Mixture,
    _ line: UnsafeMutablePointer<Float>
) {
    let isa = InstructionSet.current.cValue
    var to = y
    for row in rows.parts {
        let (first, second) = (x + row.first * columns.size, x + row.second * columns.size)
        cvk_combine(isa, 1 - row.share, first, row.share, second, 0, line, columns.size)
        for column in columns.parts {
            to.pointee = (1 - column.share) * line[column.first] + column.share * line[column.second]
            to += 1
        }
    }
}

/// The gradient of `mix`: each element is added to the four pixels that it was interpolated from, with the same
/// weights.
private func unmixed(_ dy: Tensor, _ input: ImageShape, _ rows: Mixture, _ columns: Mixture) -> Tensor {
    let isa = InstructionSet.current.cValue
    return Tensor(shape: [input.batch, input.channels, input.height, input.width]) { dx in
        dx.initialize(repeating: 0)
        dy.withValues { dy in
            forEachPlane(input, line: input.width) { index, line in
                var from = dy.baseAddress! + index * rows.parts.count * columns.parts.count
                let plane = dx.baseAddress! + index * input.plane
                for row in rows.parts {
                    line.update(repeating: 0, count: input.width)
                    for column in columns.parts {
                        line[column.first] += (1 - column.share) * from.pointee
                        line[column.second] += column.share * from.pointee
                        from += 1
                    }
                    for (position, share) in [(row.first, 1 - row.share), (row.second, row.share)] {
                        let to = plane + position * input.width
                        cvk_combine(isa, share, line, 1, to, 0, to, input.width)
                    }
                }
            }
        }
    }
}
