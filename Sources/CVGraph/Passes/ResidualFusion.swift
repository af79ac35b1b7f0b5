import CVTensor

extension Graph {
    /// Adds a shortcut where the convolution beside it stores its result; sums that stay become steps of their own kind.
    package mutating func fuseResiduals() {
        let (producers, uses) = (producers, uses)
        var absorbed: Set<Int> = []
        for index in nodes.indices {
            guard case .tensor(.add) = nodes[index].operation, haveOneShape(nodes[index].inputs),
                values[nodes[index].output].shape.rank == 4
            else { continue }
            let inputs = nodes[index].inputs
            // The later of two convolutions: its shortcut is there by then.
            let candidates = inputs.indices.filter { position in
                guard let producer = producers[inputs[position]], uses[inputs[position]] == 1,
                    !absorbed.contains(producer), case .convolution(let convolution) = nodes[producer].operation
                else { return false }
                return convolution.activation == .linear && !convolution.hasResidual && convolution.transposed == nil
            }
            guard let position = candidates.max(by: { producers[inputs[$0]]! < producers[inputs[$1]]! }),
                let producer = producers[inputs[position]],
                case .convolution(var convolution) = nodes[producer].operation
            else {
                nodes[index].operation = .add(.linear)
                continue
            }
            convolution.hasResidual = true
            nodes[index].operation = .convolution(convolution)
            nodes[index].inputs = [nodes[producer].inputs[0], inputs[1 - position]]
            absorbed.insert(producer)
        }
        removeDeadCode()
    }

    private func haveOneShape(_ inputs: [ValueID]) -> Bool {
        inputs.allSatisfy { values[$0].shape == values[inputs[0]].shape && values[$0].constant == nil }
    }
}
