import CVTensor

extension Graph {
    /// Makes convolutions, linear layers and normalizations of constants what the other passes work with: fused
    /// convolutions and affine maps.
    ///
    /// A linear layer is a 1×1 convolution of images of one pixel; after a flattening, one whose window is the whole
    /// image, so that nothing needs to be moved.
    package mutating func convertConvolutions() {
        let producers = producers
        for index in nodes.indices {
            guard case .tensor(let operation) = nodes[index].operation else { continue }
            let inputs = nodes[index].inputs
            let constants = inputs.dropFirst().map { values[$0].constant }
            guard constants.allSatisfy({ $0 != nil }) else { continue }
            let parameters = constants.map { $0! }
            switch operation {
            case .conv2d(let geometry):
                setConvolution(at: index, geometry, weight: parameters[0], bias: parameters.dropFirst().first)
            case .convTranspose2d(let geometry, let dy, let dx):
                setConvolution(
                    at: index, geometry, weight: parameters[0], bias: parameters.dropFirst().first,
                    transposed: .init(y: dy, x: dx))
            case .linear where values[inputs[0]].shape.rank == 2:
                convertLinear(at: index, weight: parameters[0], bias: parameters.dropFirst().first, producers)
            case .batchNorm(let epsilon): convertNormalization(at: index, parameters, epsilon)
            case .scale(let factor, let term) where values[inputs[0]].shape.rank == 4:
                let channels = values[inputs[0]].shape[1]
                nodes[index].operation = .affine(
                    scale: Tensor(repeating: factor, shape: [channels]),
                    shift: Tensor(repeating: term, shape: [channels]), .linear)
            default: break
            }
        }
    }

    private mutating func setConvolution(
        at index: Int, _ geometry: ConvGeometry, weight: Tensor, bias: Tensor?,
        transposed: FusedConvolution.OutputPadding? = nil
    ) {
        let key = nodes[index].inputs.count > 1 ? values[nodes[index].inputs[1]].name : nil
        nodes[index].operation = .convolution(
            FusedConvolution(
                geometry: geometry, storedWeight: weight.detached, bias: bias?.detached, activation: .linear,
                hasResidual: false, transposed: transposed, key: key))
        nodes[index].inputs = [nodes[index].inputs[0]]
    }

    private mutating func convertLinear(at index: Int, weight: Tensor, bias: Tensor?, _ producers: [Int?]) {
        let input = nodes[index].inputs[0]
        if let producer = producers[input], case .tensor(.reshape) = nodes[producer].operation {
            let image = values[nodes[producer].inputs[0]].shape
            if image.rank == 4, image[0] == values[input].shape[0] {
                let window = ConvGeometry(y: .init(kernel: image[2]), x: .init(kernel: image[3]))
                let filters = weight.reshaped([weight.shape[0], image[1], image[2], image[3]])
                setConvolution(at: index, window, weight: filters, bias: bias)
                nodes[index].inputs = [nodes[producer].inputs[0]]
                return
            }
        }
        let filters = weight.reshaped([weight.shape[0], weight.shape[1], 1, 1])
        setConvolution(at: index, ConvGeometry(kernel: 1), weight: filters, bias: bias)
    }

    /// (x - mean) · weight / √(variance + epsilon) + bias, in double precision, as it is folded into weights.
    private mutating func convertNormalization(at index: Int, _ parameters: [Tensor], _ epsilon: Float) {
        guard values[nodes[index].inputs[0]].shape.rank == 4 else { return }
        let (gamma, beta) = (parameters[0].values, parameters[1].values)
        let (mean, variance) = (parameters[2].values, parameters[3].values)
        var (scale, shift): ([Float], [Float]) = ([], [])
        for channel in gamma.indices {
            let factor = Double(gamma[channel]) / (Double(variance[channel]) + Double(epsilon)).squareRoot()
            scale.append(Float(factor))
            shift.append(Float(Double(beta[channel]) - Double(mean[channel]) * factor))
        }
        nodes[index].operation = .affine(
            scale: Tensor(scale, shape: [scale.count]), shift: Tensor(shift, shape: [shift.count]), .linear)
        nodes[index].inputs = [nodes[index].inputs[0]]
    }
}
