import CVTensor

extension Graph {
    /// Makes one convolution of pixels of s×s that become channels (YOLOX's focus) and the convolution of these.
    ///
    /// The taps of the second, k×k, are every s-th of a window of s·k × s·k over the image itself, with stride s: the same
    /// products without any copy.
    package mutating func fuseSpaceToDepth() {
        let (producers, uses) = (producers, uses)
        for index in nodes.indices {
            let input = nodes[index].inputs.first
            guard case .convolution(var convolution) = nodes[index].operation, let input, uses[input] == 1,
                convolution.transposed == nil, convolution.scale == nil, convolution.geometry.isDense,
                let producer = producers[input], let split = spaceToDepth(nodes[producer], producers)
            else { continue }
            convolution.storedWeight = convolution.storedWeight.spread(over: split.offsets, factor: split.factor)
            convolution.geometry = convolution.geometry.spread(by: split.factor)
            nodes[index].operation = .convolution(convolution)
            nodes[index].inputs[0] = split.source
        }
        removeDeadCode()
    }

    /// Where the pixels come from, if a node puts all pixels of each s×s next to each other as channels.
    private func spaceToDepth(
        _ node: Node, _ producers: [Int?]
    ) -> (source: ValueID, factor: Int, offsets: [(y: Int, x: Int)])? {
        guard case .tensor(.concatenate(axis: 1)) = node.operation,
            let factor = [2, 3, 4].first(where: {
                $0 * $0 == node.inputs.count
            })
        else { return nil }
        var source: ValueID?
        var offsets: [(y: Int, x: Int)] = []
        for part in node.inputs {
            guard let producer = producers[part],
                case .tensor(.gather(let rows, let columns)) = nodes[producer].operation,
                source == nil || source == nodes[producer].inputs[0]
            else { return nil }
            let shape = values[nodes[producer].inputs[0]].shape
            guard let y = rows.first, let x = columns.first, y < factor, x < factor,
                rows == Array(stride(from: y, to: shape[2], by: factor)), shape[2] % factor == 0,
                columns == Array(stride(from: x, to: shape[3], by: factor)), shape[3] % factor == 0
            else { return nil }
            source = nodes[producer].inputs[0]
            offsets.append((y, x))
        }
        let isWhole = Set(offsets.map { $0.y * factor + $0.x }).count == node.inputs.count
        return isWhole ? source.map { ($0, factor, offsets) } : nil
    }
}

extension ConvGeometry {
    /// Whether neighboring outputs read neighboring windows without gaps, of all channels.
    fileprivate var isDense: Bool {
        groups == 1 && y.stride == 1 && x.stride == 1 && y.dilation == 1 && x.dilation == 1
    }

    /// Windows of so many times the size, as far apart.
    fileprivate func spread(by factor: Int) -> ConvGeometry {
        func axis(_ axis: Axis) -> Axis {
            Axis(
                kernel: factor * axis.kernel, stride: factor,
                padding: (factor * axis.padding.before, factor * axis.padding.after))
        }
        return ConvGeometry(y: axis(y), x: axis(x))
    }
}

extension Tensor {
    /// Filters of parts · C channels and k×k taps as such of C channels and s·k × s·k: tap t of the part with offset o becomes
    /// tap s · t + o.
    fileprivate func spread(over offsets: [(y: Int, x: Int)], factor: Int) -> Tensor {
        let (channels, rows, columns) = (shape[1] / offsets.count, shape[2], shape[3])
        let (wide, high) = (factor * columns, factor * rows)
        return Tensor(shape: [shape[0], channels, high, wide]) { target in
            withValues { values in
                for (index, value) in values.enumerated() {
                    let (row, column) = (index / columns % rows, index % columns)
                    let channel = index / (rows * columns) % shape[1]
                    let filter = index / (rows * columns * shape[1])
                    let offset = offsets[channel / channels]
                    let plane = filter * channels + channel % channels
                    target[(plane * high + factor * row + offset.y) * wide + factor * column + offset.x] = value
                }
            }
        }
    }
}
