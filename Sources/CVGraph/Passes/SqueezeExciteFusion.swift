import CVTensor

extension Graph {
    /// Puts the five steps of a squeeze-and-excitation block together: means, two convolutions of one pixel, gates.
    package mutating func fuseSqueezeExcite() {
        let (producers, uses) = (producers, uses)
        for index in nodes.indices {
            guard case .tensor(.multiply) = nodes[index].operation else { continue }
            for (x, gates) in [(0, 1), (1, 0)].map({ (nodes[index].inputs[$0.0], nodes[index].inputs[$0.1]) }) {
                guard let (excite, hidden) = pointwise(gates, producers, uses),
                    let (squeeze, means) = pointwise(hidden, producers, uses),
                    let pool = producers[means], uses[means] == 1,
                    case .tensor(.adaptiveAveragePool2d(height: 1, width: 1)) = nodes[pool].operation,
                    nodes[pool].inputs[0] == x, values[x].shape[1] == excite.cout
                else { continue }
                nodes[index].operation = .squeezeExcite(squeeze, excite)
                nodes[index].inputs = [x]
                break
            }
        }
        removeDeadCode()
    }

    /// The 1×1 convolution that computes a value which only one step uses, and its input.
    private func pointwise(
        _ value: ValueID, _ producers: [Int?], _ uses: [Int]
    ) -> (FusedConvolution, input: ValueID)? {
        guard uses[value] == 1, let producer = producers[value],
            case .convolution(let convolution) = nodes[producer].operation, convolution.isPointwise,
            !convolution.hasResidual
        else { return nil }
        return (convolution, nodes[producer].inputs[0])
    }
}
