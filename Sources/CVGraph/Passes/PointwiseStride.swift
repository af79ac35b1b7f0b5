import CVTensor

extension Graph {
    /// Picks the pixels that a 1×1 convolution with a stride reads before the convolution, which then has none.
    ///
    /// The pixels lie one after the other then, and a tile of results need not end where a row does.
    package mutating func splitPointwiseStrides() {
        var split: [Node] = []
        for var node in nodes {
            guard case .convolution(var convolution) = node.operation, convolution.isStridedPointwise else {
                split.append(node)
                continue
            }
            let (stride, shape) = (convolution.geometry.y.stride, values[node.output].shape)
            let input = values[node.inputs[0]].shape
            let picked = add([input[0], input[1], shape[2], shape[3]])
            split.append(
                Node(operation: .tensor(.subsample(stride: stride)), inputs: [node.inputs[0]], output: picked))
            convolution.geometry = ConvGeometry(kernel: 1)
            node.operation = .convolution(convolution)
            node.inputs[0] = picked
            split.append(node)
        }
        nodes = split
    }
}

extension FusedConvolution {
    fileprivate var isStridedPointwise: Bool {
        let (y, x) = (geometry.y, geometry.x)
        return transposed == nil && geometry.groups == 1 && y.kernel == 1 && x.kernel == 1 && y.stride > 1
            && y.stride == x.stride && y.padding == (0, 0) && x.padding == (0, 0)
    }
}
