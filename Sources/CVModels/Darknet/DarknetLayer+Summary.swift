import CVNN
import CVTensor

extension [DarknetLayer] {
    /// What the layers do with one image. Their shapes are known from the `.cfg`: nothing is run.
    func summary(of input: ModelSpec.Input) -> ModelSummary {
        let rows = enumerated().flatMap { number, layer in layer.rows(number) }
        return ModelSummary(input: input, rows: rows)
    }
}

extension ModelSummary {
    /// - Parameters:
    ///   - input: the size of the image.
    ///   - rows: in the order of the computation.
    init(input: ModelSpec.Input, rows: [Row]) {
        (self.input, self.rows) = (input, rows)
        parameters = rows.reduce(0) { $0 + $1.parameters }
    }
}

extension DarknetLayer {
    /// The operations of the layer with this number, under the names that they have on a tape.
    fileprivate func rows(_ number: Int) -> [ModelSummary.Row] {
        let shape = [output.channels, output.height, output.width]
        func row(_ operation: String, _ part: String = "", parameters: Int = 0, work: Int = 0) -> ModelSummary.Row {
            ModelSummary.Row(
                layer: part.isEmpty ? "" : "\(number).\(part)", operation: operation, shape: shape,
                parameters: parameters, multiplyAdds: work)
        }
        func rows(of activation: Activation) -> [ModelSummary.Row] {
            activation == .linear ? [] : [row(String("\(activation)".prefix { $0 != "(" }))]
        }
        switch kind {
        case .convolution(let layer):
            let biases = layer.batchNormalize ? 0 : layer.filters
            let product = row(
                "conv2d", "conv", parameters: layer.kernelCount + biases,
                work: layer.kernelCount * output.height * output.width)
            let norm = layer.batchNormalize ? [row("batchNorm", "bn", parameters: 2 * layer.filters)] : []
            return [product] + norm + rows(of: layer.activation)
        case .maxPool: return [row("maxPool2d")]
        case .upsample: return [row("upsampleNearest")]
        case .route(let sources, let groups, _):
            return (groups > 1 ? [row("slice")] : []) + (sources.count > 1 ? [row("concatenate")] : [])
        case .shortcut(_, let activation): return [row("+")] + rows(of: activation)
        case .dropout, .yolo: return []
        }
    }
}
