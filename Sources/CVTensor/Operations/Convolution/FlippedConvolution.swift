import CVCore

/// Backward-data with stride 1: the convolution of dy with the flipped filters, by the algorithm that is fastest for that.
struct FlippedConvolution: ConvAlgorithm {
    private let algorithm: any ConvAlgorithm
    private let groups: Int

    var kind: ConvAlgorithmKind { algorithm.kind }

    /// Nil with a stride; see `ConvProblem.flipped`.
    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        guard let flipped = problem.flipped else { return nil }
        algorithm = ConvAlgorithmSelection.forward(flipped, isa, tuning)
        groups = problem.groups
    }

    func pack(_ weight: Tensor) -> PackedWeights {
        // Winograd's transform reads the taps in any order: it needs no copy of the filters.
        if let winograd = algorithm as? WinogradConvolution { return winograd.pack(weight, flipped: true) }
        return algorithm.pack(flippedFilters(weight))
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        algorithm.run(operands, weights, epilogue)
    }

    /// Filters from the channels of dy to those of dx: input and output swapped within each group, taps in reverse.
    ///
    /// [groups · m, c, kernel, kernel] -> [groups · c, m, kernel, kernel].
    private func flippedFilters(_ weight: Tensor) -> Tensor {
        let filters = ImageShape(weight.shape, for: "conv2d weight")
        let (m, channels, taps) = (filters.batch / groups, filters.channels, filters.plane)
        return Tensor(shape: [groups * channels, m, filters.height, filters.width]) { result in
            weight.withValues { weight in
                Parallel.forRanges(groups * channels, grain: max(1, 8192 / (m * taps))) { planes in
                    for plane in planes {
                        let (group, channel) = plane.quotientAndRemainder(dividingBy: channels)
                        var to = result.baseAddress! + plane * m * taps
                        for row in 0..<m {
                            let from = weight.baseAddress! + ((group * m + row) * channels + channel) * taps
                            for tap in 0..<taps { to[tap] = from[taps - 1 - tap] }
                            to += taps
                        }
                    }
                }
            }
        }
    }
}
