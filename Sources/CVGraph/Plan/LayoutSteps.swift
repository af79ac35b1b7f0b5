import CKernels
import CVCore
import CVTensor

/// A planar tensor brought into blocks of channels.
package struct BlockingStep: PlanStep {
    package let x, y: Placement
    package let isa: InstructionSet

    package func run(_ memory: RunMemory) {
        let layout = y.layout
        Parallel.forEach(layout.batch * layout.blocks) { index in
            let (image, block) = (index / layout.blocks, index % layout.blocks)
            let first = block * layout.lanes
            cvk_blocked_from_planar(
                isa.cValue, memory.read(x, image: image, block: first), x.layout.blockStride,
                min(layout.lanes, layout.channels - first), layout.rows, layout.columns,
                memory.write(y, image: image, block: block), layout.pitch)
            memory.zeroBorder(y, image: image, block: block, rows: 0..<layout.rows, isa)
        }
    }

    package var description: PlanStepDescription {
        PlanStepDescription(
            operation: "reorder", algorithm: "", layout: "planar → blocked \(y.layout.lanes)", shape: y.layout.shape,
            operations: 0, floats: Double(x.layout.count + y.layout.count))
    }
}

/// Blocks of channels brought back into a planar tensor.
package struct UnblockingStep: PlanStep {
    package let x, y: Placement
    package let isa: InstructionSet

    package func run(_ memory: RunMemory) {
        let layout = x.layout
        Parallel.forEach(layout.batch * layout.blocks) { index in
            let (image, block) = (index / layout.blocks, index % layout.blocks)
            let first = block * layout.lanes
            var plane = layout.plane(at: memory.read(x, image: image, block: block))
            cvk_blocked_to_planar(
                isa.cValue, &plane, min(layout.lanes, layout.channels - first),
                memory.write(y, image: image, block: first), y.layout.blockStride)
        }
    }

    package var description: PlanStepDescription {
        PlanStepDescription(
            operation: "reorder", algorithm: "", layout: "blocked \(x.layout.lanes) → planar", shape: x.layout.shape,
            operations: 0, floats: Double(x.layout.count + y.layout.count))
    }
}

/// Rows copied within one layout: to give them a border, or their place in a concatenation.
package struct CopyStep: PlanStep {
    package let x, y: Placement
    package let isa: InstructionSet

    package func run(_ memory: RunMemory) {
        let layout = y.layout
        let line = layout.columns * layout.lanes
        Parallel.forEach(layout.batch * layout.blocks) { index in
            let (image, block) = (index / layout.blocks, index % layout.blocks)
            let from = memory.read(x, image: image, block: block)
            let to = memory.write(y, image: image, block: block)
            for row in 0..<layout.rows {
                (to + row * layout.pitch).update(from: from + row * x.layout.pitch, count: line)
            }
            zeroBorder(memory, image: image, block: block)
        }
    }

    /// The kernel counts in vectors of the instruction set; a planar layout has pixels of one float.
    private func zeroBorder(_ memory: RunMemory, image: Int, block: Int) {
        let (layout, border) = (y.layout, y.layout.border)
        guard layout.lanes == 1 else {
            return memory.zeroBorder(y, image: image, block: block, rows: 0..<layout.rows, isa)
        }
        guard border != .none else { return }
        let start = memory.write(y, at: y.offset + image * y.imageStride + block * layout.blockStride)
        start.update(repeating: 0, count: layout.origin)
        let first = start + layout.origin
        for row in 0..<layout.rows {
            let gap = row == layout.rows - 1 ? border.right : border.right + border.left
            (first + row * layout.pitch + layout.columns).update(repeating: 0, count: gap)
        }
        (start + (border.top + layout.rows) * layout.pitch).update(repeating: 0, count: border.bottom * layout.pitch)
    }

    package var description: PlanStepDescription {
        PlanStepDescription(
            operation: "copy", algorithm: "", layout: y.layout.lanes == 1 ? "planar" : "blocked \(y.layout.lanes)",
            shape: y.layout.shape, operations: 0, floats: Double(x.layout.count + y.layout.count))
    }
}
