import CKernels
import CVCore
import CVTensor

/// Decides how each node of a graph runs, and where its values lie.
///
/// First the nodes become drafts of steps that name the memory they work on; when all are known, the borders, the
/// lifetimes and so the places in memory follow, and the drafts become steps.
package struct PlanBuilder {
    /// A place for a value in one layout: memory of its own, or some channel blocks of another slot.
    package struct Slot {
        package var layout: FeatureLayout
        package var parent: (slot: Int, block: Int)?
        package var memory = Placement.Memory.arena
        /// The first and the last draft that uses it.
        package var first: Int?, last = 0
    }

    /// Values in the layout of the kernels, of tensors, and of tensors with a border of zeros.
    package enum Form: Hashable { case blocked, planar, bordered }

    package struct Key: Hashable {
        package let value: Graph.ValueID
        package let form: Form
    }

    /// A step whose memory is not known yet.
    package struct Draft {
        package let reads: [Int]
        package let writes: Int
        /// Floats of scratch memory.
        package var scratch = 0
        /// From the placements of what it reads, that of the result, and the place of the scratch memory.
        package let make: @Sendable (_ reads: [Placement], _ write: Placement, _ scratch: Int) -> any PlanStep
    }

    package let graph: Graph
    package let isa: InstructionSet
    package let lanes: Int
    package let options: PlanOptions
    package let weights: PackedWeightCache
    package private(set) var slots: [Slot] = []
    package private(set) var drafts: [Draft] = []
    private var slotOf: [Key: Int] = [:]
    /// How many nodes, and outputs, are still to use a value.
    package private(set) var remainingUses: [Int]

    package init(_ graph: Graph, _ options: PlanOptions, _ weights: PackedWeightCache) {
        (self.graph, self.options, self.weights) = (graph, options, weights)
        isa = options.isa
        lanes = isa.lanes
        remainingUses = graph.uses
        for (index, input) in graph.inputs.enumerated() {
            let slot = newSlot(FeatureLayout(graph.values[input].shape, lanes: 1))
            slots[slot].memory = .input(index)
            slotOf[Key(value: input, form: .planar)] = slot
        }
        for node in graph.nodes {
            draft(node)
            for input in node.inputs { remainingUses[input] -= 1 }
        }
        for (index, output) in graph.outputs.enumerated() { draftOutput(output, index) }
    }

    // MARK: Slots

    package mutating func newSlot(_ layout: FeatureLayout) -> Int {
        slots.append(Slot(layout: layout))
        return slots.count - 1
    }

    /// A new slot for a value that is about to be written.
    package mutating func newSlot(for value: Graph.ValueID, _ form: Form = .blocked) -> Int {
        let slot = newSlot(FeatureLayout(graph.values[value].shape, lanes: form == .blocked ? lanes : 1))
        slotOf[Key(value: value, form: form)] = slot
        return slot
    }

    /// Lets a value lie in some channel blocks of a slot.
    package mutating func alias(_ value: Graph.ValueID, to slot: Int, block: Int = 0) {
        let alias = newSlot(for: value)
        slots[alias].parent = (slot, block)
    }

    /// The slot that has the memory of this one, and the channel block of it where this one begins.
    package func root(of slot: Int) -> (slot: Int, block: Int) {
        var (slot, block) = (slot, 0)
        while let parent = slots[slot].parent { (slot, block) = (parent.slot, block + parent.block) }
        return (slot, block)
    }

    /// The slot of a value in a form, with a step that brings it there if no other did.
    package mutating func slot(_ value: Graph.ValueID, _ form: Form = .blocked) -> Int {
        if let slot = slotOf[Key(value: value, form: form)] { return slot }
        let isa = isa
        switch form {
        case .blocked:
            let from = slot(value, .planar)
            let to = newSlot(for: value, .blocked)
            add([from], to) { BlockingStep(x: $0[0], y: $1, isa: isa) }
            return to
        case .planar:
            if let constant = graph.values[value].constant { return constantSlot(value, constant) }
            let from = slot(value, .blocked)
            // One pixel for each channel: blocks and planes are the same, up to what is past the last channel.
            let to = newSlot(for: value, .planar)
            add([from], to) { UnblockingStep(x: $0[0], y: $1, isa: isa) }
            return to
        case .bordered:
            let from = slot(value, .planar)
            let to = newSlot(for: value, .bordered)
            add([from], to) { CopyStep(x: $0[0], y: $1, isa: isa) }
            return to
        }
    }

    private mutating func constantSlot(_ value: Graph.ValueID, _ constant: Tensor) -> Int {
        let slot = newSlot(for: value, .planar)
        let shape = constant.shape
        add([], slot) {
            TensorStep(operation: .tensor(.identity), inputs: [.constant(constant)], y: $1, shape: shape)
        }
        return slot
    }

    /// Whether a value is there in blocks already.
    package func isBlocked(_ value: Graph.ValueID) -> Bool { slotOf[Key(value: value, form: .blocked)] != nil }

    /// Makes the zeros around a slot at least so wide.
    package mutating func requireBorder(_ border: FeatureLayout.Border, of slot: Int) {
        let root = root(of: slot).slot
        slots[root].layout.border = slots[root].layout.border.union(border)
    }

    /// Gives a slot, whose memory is its own, a place in another.
    package mutating func move(_ slot: Int, into whole: Int, block: Int) { slots[slot].parent = (whole, block) }

    /// Adds a step. All that it reads is in place before it, in the order of the calls.
    package mutating func add(
        _ reads: [Int], _ write: Int, scratch: Int = 0,
        _ make: @escaping @Sendable (_ reads: [Placement], _ write: Placement) -> any PlanStep
    ) {
        add(Draft(reads: reads, writes: write, scratch: scratch) { reads, write, _ in make(reads, write) })
    }

    package mutating func add(_ draft: Draft) {
        for slot in draft.reads + [draft.writes] {
            let root = root(of: slot).slot
            for slot in [slot, root] {
                slots[slot].first = slots[slot].first ?? drafts.count
                slots[slot].last = max(slots[slot].last, drafts.count)
            }
        }
        drafts.append(draft)
    }

    private mutating func draftOutput(_ value: Graph.ValueID, _ index: Int) {
        let slot = slot(value, .planar)
        if slots[slot].memory == .arena, slots[slot].parent == nil {
            slots[slot].memory = .output(index)
            return
        }
        // An input, or an output a second time.
        let copy = newSlot(FeatureLayout(graph.values[value].shape, lanes: 1))
        slots[copy].memory = .output(index)
        let isa = isa
        add([slot], copy) { CopyStep(x: $0[0], y: $1, isa: isa) }
    }

    // MARK: Memory

    /// The steps, and the floats of the arena that they work in.
    package func finished() -> (steps: [any PlanStep], arena: Int) {
        var lifetimes: [Int: ClosedRange<Int>] = [:]
        for index in slots.indices {
            guard let first = slots[index].first else { continue }
            let root = root(of: index).slot
            let own = first...max(first, slots[index].last)
            let known = lifetimes[root] ?? own
            lifetimes[root] = min(known.lowerBound, own.lowerBound)...max(known.upperBound, own.upperBound)
        }
        var buffers: [MemoryPlan.Buffer] = []
        var bufferOf: [Int: Int] = [:]
        for (slot, steps) in lifetimes.sorted(by: { $0.key < $1.key }) where slots[slot].memory == .arena {
            bufferOf[slot] = buffers.count
            buffers.append(.init(count: slots[slot].layout.count, steps: steps))
        }
        let firstScratch = buffers.count
        for (index, draft) in drafts.enumerated() {
            buffers.append(.init(count: draft.scratch, steps: index...index))
        }
        let memory = MemoryPlan(buffers)
        let placements = slots.indices.map { placement(of: $0, bufferOf, memory) }
        let steps = drafts.enumerated().map { index, draft in
            draft.make(
                draft.reads.map { placements[$0] }, placements[draft.writes], memory.offsets[firstScratch + index])
        }
        return (steps, memory.count)
    }

    private func placement(of slot: Int, _ bufferOf: [Int: Int], _ memory: MemoryPlan) -> Placement {
        let (root, block) = root(of: slot)
        let whole = slots[root].layout
        var layout = slots[slot].layout
        layout.border = whole.border
        let start = bufferOf[root].map { memory.offsets[$0] } ?? 0
        return Placement(
            memory: slots[root].memory, offset: start + block * whole.blockStride, layout: layout,
            imageStride: whole.imageStride)
    }
}

extension InstructionSet {
    /// Channels of a block of the blocked layout: floats of a vector.
    package var lanes: Int { cvk_blocked_lanes(cValue) }
}
