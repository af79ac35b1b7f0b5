import CVCore
import CVTensor

extension PlanBuilder {
    /// Adds the step of a convolution; false if none of them computes it.
    package mutating func draftConvolution(_ convolution: FusedConvolution, _ node: Graph.Node) -> Bool {
        guard node.inputs.allSatisfy(isImage) else { return false }
        if convolution.isDepthwise { return draftDepthwise(convolution, node) }
        guard convolution.geometry.groups == 1 else { return false }
        let output = FeatureLayout(graph.values[node.output].shape, lanes: lanes)
        let input = FeatureLayout(graph.values[node.inputs[0]].shape, lanes: lanes)
        if let tile = winogradTile(convolution, input, output) {
            draftWinograd(convolution, tile, output, node)
        } else {
            draftDirect(convolution, input, output, node)
        }
        return true
    }

    private mutating func draftDepthwise(_ convolution: FusedConvolution, _ node: Graph.Node) -> Bool {
        let reads = node.inputs.map { slot($0) }
        let y = newSlot(for: node.output)
        let isa = isa
        add(reads, y) {
            BlockwiseStep.depthwise(
                convolution, x: $0[0], y: $1, residual: $0.dropFirst().first, isa: isa)
        }
        return true
    }

    private mutating func draftDirect(
        _ convolution: FusedConvolution, _ input: FeatureLayout, _ output: FeatureLayout, _ node: Graph.Node
    ) {
        let size = (output.rows, output.columns)
        let phases =
            convolution.transposed == nil
            ? [ConvolutionPhase(convolution.geometry, output: size)]
            : ConvolutionPhase.transposed(convolution.geometry, output: size)
        // A few channels are read as they come: blocks would be mostly zeros.
        let isPlanar = input.channels < lanes / 2 && !isBlocked(node.inputs[0])
        let border = phases.reduce(FeatureLayout.Border.none) {
            $0.union($1.border(of: (input.rows, input.columns)))
        }
        let form: Form = isPlanar ? (border == .none ? .planar : .bordered) : .blocked
        let x = slot(node.inputs[0], form)
        if slots[root(of: x).slot].memory == .arena || form != .planar { requireBorder(border, of: x) }
        let packed = weights.packed(
            convolution, phases, inputLanes: isPlanar ? 1 : lanes, isPlanar ? .float32 : operands, isa)
        let reads = [x] + node.inputs.dropFirst().map { slot($0) }
        let y = newSlot(for: node.output)
        let isa = isa
        add(reads, y) {
            DirectConvolutionStep(
                convolution, phases, packed, x: $0[0], y: $1, residual: $0.dropFirst().first, isa: isa)
        }
    }

    private mutating func draftWinograd(
        _ convolution: FusedConvolution, _ tile: Int, _ output: FeatureLayout, _ node: Graph.Node
    ) {
        let reads = node.inputs.map { slot($0) }
        let y = newSlot(for: node.output)
        let packed = weights.winograd(convolution, tile: tile, isa)
        let blocks = slots[reads[0]].layout.blocks
        let chunks = WinogradChunks(tile: tile, output: output, inputBlocks: blocks)
        let isa = isa
        add(
            Draft(reads: reads, writes: y, scratch: chunks.arePrivate ? 0 : chunks.scratch) { reads, y, scratch in
                WinogradStep(
                    convolution, packed, chunks, x: reads[0], y: y, residual: reads.dropFirst().first,
                    scratch: scratch, isa: isa)
            })
    }

    /// The form of what direct sums multiply.
    private var operands: OperandForm { OperandForm(options.precision, isa) }

    /// The size of Winograd's tiles by the cost model; nil for direct sums.
    private func winogradTile(
        _ convolution: FusedConvolution, _ input: FeatureLayout, _ output: FeatureLayout
    ) -> Int? {
        let (y, x) = (convolution.geometry.y, convolution.geometry.x)
        guard convolution.transposed == nil, y.kernel == 3, x.kernel == 3, y.stride == 1, x.stride == 1,
            y.dilation == 1, x.dilation == 1, input.channels >= lanes
        else { return nil }
        if let forced = options.winogradTile { return forced == 0 ? nil : forced }
        let candidates = [0, 4, 6].map { tile in
            let cost = ConvolutionCost.cost(tile: tile, input: input, output: output)
            return (tile, tile == 0 ? cost / operands.speed : cost)
        }
        let best = candidates.min { $0.1 < $1.1 }!.0
        return best == 0 ? nil : best
    }
}

/// What a 3×3 convolution costs, in vector multiply-adds: the cost model that chooses its algorithm.
///
/// Measured constants; what matters is where the choices change, and near there all cost about the same.
package enum ConvolutionCost {
    /// Of transforming a vector of an input and of an output tile.
    private static let transforms: [Int: Double] = [4: 120, 6: 260]
    /// Of reading a float of the transformed filters from beyond the cache of a core.
    private static let weight = 1.5

    /// - Parameters:
    ///   - tile: outputs of a tile in each direction; 0 for direct sums.
    ///   - input: the layout of the input.
    ///   - output: the layout of the result.
    package static func cost(tile: Int, input: FeatureLayout, output: FeatureLayout) -> Double {
        let (cin, vectors) = (Double(input.channels), Double(output.blocks))
        if tile == 0 {
            return 9 * cin * vectors * Double(output.pixels * output.batch)
                + weight * 9 * cin * vectors * Double(output.lanes)
        }
        let positions = Double((tile + 2) * (tile + 2))
        let tiles = Double(
            (output.rows + tile - 1) / tile * ((output.columns + tile - 1) / tile) * output.batch)
        let chunks = WinogradChunks(tile: tile, output: output, inputBlocks: input.blocks)
        let passes = chunks.arePrivate ? 1 : Double(chunks.count)
        return positions * cin * vectors * (tiles + passes * weight * Double(output.lanes))
            + tiles * transforms[tile]! * Double(input.blocks + output.blocks)
    }
}
