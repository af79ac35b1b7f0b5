import CVTensor

extension Graph {
    /// Makes a border of zeros that only a convolution reads the padding of that convolution.
    package mutating func mergePadding() {
        let (producers, uses) = (producers, uses)
        for index in nodes.indices {
            guard case .convolution(var convolution) = nodes[index].operation, convolution.transposed == nil,
                let producer = producers[nodes[index].inputs[0]], uses[nodes[index].inputs[0]] == 1,
                case .tensor(.pad2d(let top, let bottom, let left, let right, .zero)) = nodes[producer].operation
            else { continue }
            let (y, x) = (convolution.geometry.y, convolution.geometry.x)
            convolution.geometry = ConvGeometry(
                y: y.padded(before: top, after: bottom), x: x.padded(before: left, after: right),
                groups: convolution.geometry.groups)
            nodes[index].operation = .convolution(convolution)
            nodes[index].inputs[0] = nodes[producer].inputs[0]
        }
    }
}

extension ConvGeometry.Axis {
    fileprivate func padded(before: Int, after: Int) -> ConvGeometry.Axis {
        .init(
            kernel: kernel, stride: stride, padding: (padding.before + before, padding.after + after),
            dilation: dilation)
    }
}
