import CVCore

/// What `pad2d(_:top:bottom:left:right:mode:)` adds around an image.
public enum PaddingMode: Sendable, Equatable {
    /// Zeros, as `torch.nn.ZeroPad2d`.
    case zero
    /// The image mirrored at its border pixels, which are not repeated, as `torch.nn.ReflectionPad2d`.
    case reflect
    /// The border pixels repeated, as `torch.nn.ReplicationPad2d`.
    case edge
}

/// Adds a border around each image, as `torch.nn.functional.pad`.
///
/// Reflection needs fewer than H rows and W columns on each side.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - top: rows above.
///   - bottom: rows below.
///   - left: columns on the left.
///   - right: columns on the right.
///   - mode: what the border holds.
/// - Returns: [N, C, top + H + bottom, left + W + right].
public func pad2d(
    _ x: Tensor, top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0, mode: PaddingMode = .zero
) -> Tensor {
    let input = ImageShape(x.shape, for: "pad2d")
    func sources(_ before: Int, _ size: Int, _ after: Int) -> [Int] {
        precondition(before >= 0 && after >= 0, "pad2d: padding \(before) and \(after)")
        precondition(
            mode != .reflect || max(before, after) < size, "pad2d: \(before), \(after) reflected in \(size) pixels")
        return (-before..<size + after).map { position in
            switch mode {
            case .zero: 0..<size ~= position ? position : -1
            case .reflect: position < 0 ? -position : position >= size ? 2 * (size - 1) - position : position
            case .edge: min(max(position, 0), size - 1)
            }
        }
    }
    return gathered(
        x, rows: sources(top, input.height, bottom), columns: sources(left, input.width, right),
        as: .pad2d(top: top, bottom: bottom, left: left, right: right, mode: mode))
}

/// Resizes with nearest-neighbor sampling, as `torch.nn.functional.interpolate(size, mode="nearest")`.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - height: rows of the result.
///   - width: columns of the result.
/// - Returns: [N, C, height, width].
public func upsampleNearest(_ x: Tensor, height: Int, width: Int) -> Tensor {
    let input = ImageShape(x.shape, for: "upsampleNearest")
    func sources(_ size: Int, from original: Int) -> [Int] {
        precondition(size > 0 && original > 0, "upsampleNearest: from \(original) to \(size) pixels")
        let scale = Float(original) / Float(size)
        return (0..<size).map { min(Int(clamping: Float($0) * scale), original - 1) }
    }
    return gathered(
        x, rows: sources(height, from: input.height), columns: sources(width, from: input.width),
        as: .resizeNearest(height: height, width: width))
}

extension Tensor {
    /// Every `stride`-th pixel of every `stride`-th row, starting with the first, as `x[:, :, ::stride, ::stride]` in
    /// PyTorch.
    ///
    /// - Parameter stride: at least 1.
    /// - Returns: [N, C, ⌈H / stride⌉, ⌈W / stride⌉] of [N, C, H, W].
    public func subsampled(stride: Int) -> Tensor {
        precondition(stride > 0, "subsampled: a stride of \(stride)")
        if stride == 1 { return self }
        let input = ImageShape(shape, for: "subsampled")
        return gathered(
            self, rows: Array(Swift.stride(from: 0, to: input.height, by: stride)),
            columns: Array(Swift.stride(from: 0, to: input.width, by: stride)), as: .subsample(stride: stride))
    }
}

/// y(i, j) = x(rows[i], columns[j]), 0 where an index is -1.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - rows: of x, or -1.
///   - columns: of x, or -1.
///   - operation: what the tape records; nil for `Operation.gather`.
/// - Returns: [N, C, rows.count, columns.count].
package func gathered(
    _ x: Tensor, rows: [Int], columns: [Int], as operation: @autoclosure () -> Operation? = nil
) -> Tensor {
    let input = ImageShape(x.shape, for: "gathered")
    let plane = rows.count * columns.count
    let together = longestRun(columns)
    let y = Tensor(shape: [input.batch, input.channels, rows.count, columns.count], from: x) { y in
        x.withValues { x in
            Parallel.forRanges(input.batch * input.channels, grain: 4) { planes in
                for index in planes {
                    for (line, row) in rows.enumerated() {
                        let to = y.baseAddress! + index * plane + line * columns.count
                        if row < 0 {
                            to.update(repeating: 0, count: columns.count)
                            continue
                        }
                        let from = x.baseAddress! + index * input.plane + row * input.width
                        func copy(_ positions: Range<Int>) {
                            for position in positions {
                                to[position] = columns[position] < 0 ? 0 : from[columns[position]]
                            }
                        }
                        copy(0..<together.lowerBound)
                        if !together.isEmpty {
                            (to + together.lowerBound).update(
                                from: from + columns[together.lowerBound], count: together.count)
                        }
                        copy(together.upperBound..<columns.count)
                    }
                }
            }
        }
    }
    let shape = x.shape
    return y.recorded(
        as: operation() ?? .gather(rows: rows, columns: columns),
        (x, { scattered($0, to: shape, rows: rows, columns: columns) }))
}

/// The longest run of consecutive columns, which is copied at once, such as all but the border of an image.
private func longestRun(_ columns: [Int]) -> Range<Int> {
    var (longest, start) = (0..<0, 0)
    for position in columns.indices {
        if columns[position] < 0 {
            start = position + 1
        } else if position > start, columns[position] != columns[position - 1] + 1 {
            start = position
        }
        if position + 1 - start > longest.count { longest = start..<position + 1 }
    }
    return longest
}

/// The gradient of `gathered`: each element is added to the pixel that it came from.
private func scattered(_ dy: Tensor, to shape: Shape, rows: [Int], columns: [Int]) -> Tensor {
    let input = ImageShape(shape, for: "gathered gradient")
    let plane = rows.count * columns.count
    return Tensor(shape: shape) { dx in
        dx.initialize(repeating: 0)
        dy.withValues { dy in
            Parallel.forRanges(input.batch * input.channels, grain: 4) { planes in
                for index in planes {
                    for (line, row) in rows.enumerated() where row >= 0 {
                        let from = dy.baseAddress! + index * plane + line * columns.count
                        let to = dx.baseAddress! + index * input.plane + row * input.width
                        for (position, column) in columns.enumerated() where column >= 0 {
                            to[column] += from[position]
                        }
                    }
                }
            }
        }
    }
}
