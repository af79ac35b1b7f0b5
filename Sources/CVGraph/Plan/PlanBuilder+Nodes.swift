import CVCore
import CVTensor

extension PlanBuilder {
    /// Adds the steps of a node: of its own kind where there is one, else the operation on planar tensors.
    package mutating func draft(_ node: Graph.Node) {
        let isDrafted: Bool
        switch node.operation {
        case .convolution(let convolution): isDrafted = draftConvolution(convolution, node)
        case .add(let activation): isDrafted = draftSum(activation, node)
        case .affine(let scale, let shift, let activation):
            isDrafted = draftBlockwise(node, inPlace: true) { [isa] x, y in
                BlockwiseStep.affine(scale: scale, shift: shift, activation, x: x, y: y, isa: isa)
            }
        case .squeezeExcite(let squeeze, let excite): isDrafted = draftSqueezeExcite(squeeze, excite, node)
        case .tensor(let operation): isDrafted = draft(operation, node)
        }
        if !isDrafted { draftTensorStep(node) }
    }

    private mutating func draft(_ operation: CVTensor.Operation, _ node: Graph.Node) -> Bool {
        guard isImage(node.output), let input = node.inputs.first, isImage(input) else { return false }
        let (before, after) = (graph.values[input].shape, graph.values[node.output].shape)
        let isa = isa
        switch operation {
        case .activation(let activation):
            return draftBlockwise(node, inPlace: true) { .activation(activation, x: $0, y: $1, isa: isa) }
        case .maxPool2d(let geometry, _) where geometry.y.dilation == 1 && geometry.x.dilation == 1:
            return draftBlockwise(node) { .maxPool(geometry, x: $0, y: $1, isa: isa) }
        case .averagePool2d(let geometry, _, let countsPadding):
            let rows = PoolingBins(geometry.y, size: before[2], count: after[2], countsPadding: countsPadding)
            let columns = PoolingBins(geometry.x, size: before[3], count: after[3], countsPadding: countsPadding)
            return draftBlockwise(node) {
                .averagePool("averagePool", rows: rows, columns: columns, x: $0, y: $1, isa: isa)
            }
        case .adaptiveAveragePool2d(height: 1, width: 1):
            return draftBlockwise(node) { .mean(x: $0, y: $1, isa: isa) }
        case .adaptiveAveragePool2d(let height, let width):
            let rows = PoolingBins(adaptive: height, of: before[2])
            let columns = PoolingBins(adaptive: width, of: before[3])
            return draftBlockwise(node) {
                .averagePool("adaptiveAveragePool", rows: rows, columns: columns, x: $0, y: $1, isa: isa)
            }
        case .upsampleNearest, .resizeNearest, .subsample: return draftNearest(operation, node, before, after)
        case .upsampleBilinear(_, _, let alignCorners):
            let rows = LinearMixture(before[2], to: after[2], alignCorners: alignCorners)
            let columns = LinearMixture(before[3], to: after[3], alignCorners: alignCorners)
            return draftBlockwise(node) { .bilinear(rows: rows, columns: columns, x: $0, y: $1, isa: isa) }
        case .concatenate(axis: 1): return draftConcatenation(node)
        case .slice(axis: 1, let range): return draftSlice(range, node)
        default: return false
        }
    }

    private mutating func draftNearest(
        _ operation: CVTensor.Operation, _ node: Graph.Node, _ before: Shape, _ after: Shape
    ) -> Bool {
        func sources(_ size: Int, _ count: Int) -> [Int32] {
            (0..<count).map { index in
                switch operation {
                case .upsampleNearest(let factor): Int32(index / factor)
                case .subsample(let stride): Int32(index * stride)
                default: Int32(min(Int(clamping: Float(index) * (Float(size) / Float(count))), size - 1))
                }
            }
        }
        let (rows, columns, isa) = (sources(before[2], after[2]), sources(before[3], after[3]), isa)
        return draftBlockwise(node) {
            .nearest(operation.name, rows: rows, columns: columns, x: $0, y: $1, isa: isa)
        }
    }

    /// Whether a value can lie in blocks: feature maps, or features as images of one pixel.
    package func isImage(_ value: Graph.ValueID) -> Bool {
        let shape = graph.values[value].shape
        return (shape.rank == 4 || shape.rank == 2) && shape.count > 0 && graph.values[value].constant == nil
    }

    /// Whether nothing but the node that is being drafted uses the memory of a slot any more.
    private func isLastUse(_ value: Graph.ValueID, _ slot: Int) -> Bool {
        remainingUses[value] == 1 && slots[slot].parent == nil && slots[slot].memory == .arena
            && !slots.contains { $0.parent?.slot == slot }
    }

    /// A step from blocks to blocks.
    private mutating func draftBlockwise(
        _ node: Graph.Node, inPlace: Bool = false,
        _ make: @escaping @Sendable (_ x: Placement, _ y: Placement) -> BlockwiseStep
    ) -> Bool {
        guard isImage(node.inputs[0]), isImage(node.output) else { return false }
        let x = slot(node.inputs[0])
        if inPlace, isLastUse(node.inputs[0], x) {
            alias(node.output, to: x)
            add([x], slot(node.output)) { make($0[0], $1) }
        } else {
            let y = newSlot(for: node.output)
            add([x], y) { make($0[0], $1) }
        }
        return true
    }

    private mutating func draftSum(_ activation: Activation, _ node: Graph.Node) -> Bool {
        guard node.inputs.allSatisfy(isImage) else { return false }
        let (a, b) = (slot(node.inputs[0]), slot(node.inputs[1]))
        let isa = isa
        let y: Int
        if node.inputs[0] != node.inputs[1], isLastUse(node.inputs[0], a) {
            alias(node.output, to: a)
            y = slot(node.output)
        } else {
            y = newSlot(for: node.output)
        }
        add([a, b], y) { BlockwiseStep.add(activation, $0[0], $0[1], y: $1, isa: isa) }
        return true
    }

    private mutating func draftSqueezeExcite(
        _ squeeze: FusedConvolution, _ excite: FusedConvolution, _ node: Graph.Node
    ) -> Bool {
        guard isImage(node.inputs[0]) else { return false }
        let x = slot(node.inputs[0])
        let isa = isa
        let y: Int
        if isLastUse(node.inputs[0], x) {
            alias(node.output, to: x)
            y = slot(node.output)
        } else {
            y = newSlot(for: node.output)
        }
        let packed = SqueezeExciteStep.Weights(squeeze, excite, lanes: lanes)
        add([x], y) { SqueezeExciteStep(packed, x: $0[0], y: $1, isa: isa) }
        return true
    }

    // MARK: Parts of feature maps

    /// Lets the parts lie where the whole is, so that nothing is copied; what lies elsewhere already is.
    private mutating func draftConcatenation(_ node: Graph.Node) -> Bool {
        guard node.inputs.allSatisfy(isImage) else { return false }
        let channels = node.inputs.map { graph.values[$0].shape[1] }
        guard channels.dropLast().allSatisfy({ $0 % lanes == 0 }) else { return false }
        let parts = node.inputs.map { slot($0) }
        let whole = newSlot(for: node.output)
        let isa = isa
        var block = 0
        for (index, part) in parts.enumerated() {
            let root = root(of: part)
            let isWhole = slots[root.slot].layout.channels == slots[part].layout.channels
            if isWhole, slots[root.slot].memory == .arena, root.slot != whole, self.root(of: root.slot).slot != whole {
                requireBorder(slots[root.slot].layout.border, of: whole)
                move(root.slot, into: whole, block: block)
            } else {
                let place = newSlot(slots[part].layout)
                move(place, into: whole, block: block)
                add([part], place) { CopyStep(x: $0[0], y: $1, isa: isa) }
            }
            block += channels[index] / lanes
        }
        return true
    }

    private mutating func draftSlice(_ range: Range<Int>, _ node: Graph.Node) -> Bool {
        guard range.lowerBound % lanes == 0, isBlocked(node.inputs[0]) else { return false }
        alias(node.output, to: slot(node.inputs[0]), block: range.lowerBound / lanes)
        return true
    }

    // MARK: Everything else

    private mutating func draftTensorStep(_ node: Graph.Node) {
        let shape = graph.values[node.output].shape
        var reads: [Int] = []
        // An index into `reads`, or a constant.
        let inputs = node.inputs.map { value -> (Int?, Tensor?, Shape) in
            if let constant = graph.values[value].constant { return (nil, constant, constant.shape) }
            reads.append(slot(value, .planar))
            return (reads.count - 1, nil, graph.values[value].shape)
        }
        let y = newSlot(for: node.output, .planar)
        let operation = node.operation
        add(reads, y) { placements, y in
            TensorStep(
                operation: operation,
                inputs: inputs.map { index, constant, shape in
                    index.map { .value(placements[$0], shape) } ?? .constant(constant!)
                }, y: y, shape: shape)
        }
    }
}
