import CKernels
import CVCore
import CVTensor

extension Graph {
    /// Folds affine maps, which normalizations have become, into the convolution before them.
    ///
    /// A map also moves to before a concatenation or a mean over windows, where it changes nothing but rounding, if a
    /// convolution that it can be folded into stands there.
    package mutating func foldAffines() {
        moveAffinesUp()
        let producers = producers
        var uses = uses
        var folded: [Int: Int] = [:]
        for index in nodes.indices {
            guard case .affine(let scale, let shift, let activation) = nodes[index].operation,
                var producer = producers[nodes[index].inputs[0]], uses[nodes[index].inputs[0]] == 1
            else { continue }
            // The producer may itself have been folded into a node before it.
            producer = folded[producer] ?? producer
            guard case .convolution(let convolution) = nodes[producer].operation,
                convolution.activation == .linear, !convolution.hasResidual
            else { continue }
            var fused = convolution.scaled(by: scale, plus: shift)
            fused.activation = activation
            nodes[producer].operation = .convolution(fused)
            replace(nodes[index].output, by: nodes[producer].output)
            // Those that used the map use the convolution now: another map may follow only if they are one.
            uses[nodes[producer].output] = uses[nodes[index].output]
            folded[index] = producer
        }
        removeDeadCode()
    }

    /// Where an affine map follows a concatenation of convolutions, each gets its part of the map.
    private mutating func moveAffinesUp() {
        var (producers, uses) = (producers, uses)
        var index = 0
        while index < nodes.count {
            defer { index += 1 }
            guard case .affine(let scale, let shift, .linear) = nodes[index].operation else { continue }
            let input = nodes[index].inputs[0]
            guard uses[input] == 1, let producer = producers[input] else { continue }
            switch nodes[producer].operation {
            case .tensor(.concatenate(axis: 1)):
                guard canFold(into: nodes[producer].inputs, producers, uses) else { continue }
                splitAffine(at: index, above: producer, scale, shift)
            case .tensor(.averagePool2d(let geometry, _, let countsPadding)):
                let padding = [geometry.y.padding, geometry.x.padding].flatMap { [$0.before, $0.after] }
                guard !countsPadding || padding.allSatisfy({ $0 == 0 }),
                    canFold(into: nodes[producer].inputs, producers, uses)
                else { continue }
                splitAffine(at: index, above: producer, scale, shift)
            case .tensor(.upsampleNearest), .tensor(.resizeNearest), .tensor(.adaptiveAveragePool2d):
                guard canFold(into: nodes[producer].inputs, producers, uses) else { continue }
                splitAffine(at: index, above: producer, scale, shift)
            default: continue
            }
            (producers, uses, index) = (self.producers, self.uses, -1)
        }
    }

    private func canFold(into inputs: [ValueID], _ producers: [Int?], _ uses: [Int]) -> Bool {
        inputs.allSatisfy { input in
            guard uses[input] == 1, let producer = producers[input],
                case .convolution(let convolution) = nodes[producer].operation
            else { return false }
            return convolution.activation == .linear && !convolution.hasResidual
        }
    }

    /// Replaces the affine node at `index` by one for each input of the node `producer`.
    private mutating func splitAffine(at index: Int, above producer: Int, _ scale: Tensor, _ shift: Tensor) {
        let result = nodes[index].output
        var parts: [Node] = []
        var channel = 0
        let (scales, shifts) = (scale.values, shift.values)
        for (position, input) in nodes[producer].inputs.enumerated() {
            let channels = channel..<channel + values[input].shape[1]
            let output = add(values[input].shape)
            func part(_ values: [Float]) -> Tensor { Tensor(Array(values[channels]), shape: [channels.count]) }
            parts.append(
                Node(
                    operation: .affine(scale: part(scales), shift: part(shifts), .linear), inputs: [input],
                    output: output))
            nodes[producer].inputs[position] = output
            channel = channels.upperBound
        }
        let moved = nodes[producer].output
        nodes.remove(at: index)
        nodes.insert(contentsOf: parts, at: producer)
        replace(result, by: moved)
    }
}

extension FusedConvolution {
    /// The convolution whose result is scale · y + shift.
    package func scaled(by scale: Tensor, plus shift: Tensor) -> FusedConvolution {
        var scaled = self
        let (factors, terms) = (scale.values, shift.values)
        let old = bias?.values
        scaled.bias = Tensor(
            terms.indices.map { Float(Double(terms[$0]) + Double(factors[$0]) * Double(old?[$0] ?? 0)) },
            shape: [terms.count])
        let before = self.scale?.values
        scaled.scale = Tensor(
            factors.indices.map { Float(Double(factors[$0]) * Double(before?[$0] ?? 1)) }, shape: [factors.count])
        return scaled
    }

    /// The weight, multiplied by the factors of `scale`: new memory, unless there are none.
    package func scaledWeight() -> Tensor {
        guard let factors = scale?.values else { return storedWeight }
        let shape = weightShape
        let taps = shape[2] * shape[3]
        // Filters one after the other; of a transposed convolution, for each input channel those of its group.
        let perGroup = cout / geometry.groups
        let channels: [Int] =
            transposed == nil
            ? Array(0..<shape[0])
            : (0..<shape[0]).flatMap { input in
                let first = input / (shape[0] / geometry.groups) * perGroup
                return first..<first + perGroup
            }
        let length = transposed == nil ? shape[1] * taps : taps
        return Tensor(shape: shape) { target in
            storedWeight.withValues { source in
                for (part, channel) in channels.enumerated() {
                    let start = part * length
                    cvk_scale_shift(
                        InstructionSet.current.cValue, factors[channel], 0, source.baseAddress! + start,
                        target.baseAddress! + start, length)
                }
            }
        }
    }
}
