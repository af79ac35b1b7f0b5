import CKernels
import CVCore
import CVTensor

/// A convolution as sums over its taps, in registers: any window, stride, and transposed ones.
package struct DirectConvolutionStep: PlanStep {
    package let convolution: FusedConvolution
    package let x, y: Placement
    package let residual: Placement?
    package let isa: InstructionSet
    private let packed: PackedConvolution
    private let phases: [Phase]
    /// Groups of output channels that one task computes, and how many tasks there are for all.
    private let groupsPerTask, groupTasks: Int

    package init(
        _ convolution: FusedConvolution, _ phases: [ConvolutionPhase], _ packed: PackedConvolution, x: Placement,
        y: Placement, residual: Placement?, isa: InstructionSet
    ) {
        (self.convolution, self.x, self.y, self.residual) = (convolution, x, y, residual)
        (self.packed, self.isa) = (packed, isa)
        let layouts = [x.layout, y.layout] + (residual.map { [$0.layout] } ?? [])
        let isFlat = convolution.isPointwise && layouts.allSatisfy(\.isContiguous)
        var tasks = 0
        self.phases = zip(phases, packed.phases).map { phase, weights in
            let made = Phase(phase, weights, packed.operands, x: x.layout, isFlat: isFlat, lanes: y.layout.lanes)
            tasks += made.rowTasks * x.layout.batch
            return made
        }
        // Enough tasks for some threads, as long as each has something to do.
        let wanted = (16 + tasks - 1) / max(tasks, 1)
        groupsPerTask = max(1, packed.groups / max(1, wanted))
        groupTasks = (packed.groups + groupsPerTask - 1) / groupsPerTask
    }

    package func run(_ memory: RunMemory) {
        let batch = x.layout.batch
        let starts = phases.map { $0.rowTasks * groupTasks * batch }
        Parallel.forEach(starts.reduce(0, +)) { task in
            var rest = task
            var number = 0
            while rest >= starts[number] {
                rest -= starts[number]
                number += 1
            }
            let rowTask = rest / groupTasks % phases[number].rowTasks
            compute(
                phases[number], image: rest / groupTasks / phases[number].rowTasks, rowTask: rowTask,
                groups: Self.part(rest % groupTasks, groupsPerTask, of: packed.groups), memory)
        }
    }

    private static func part(_ index: Int, _ size: Int, of count: Int) -> Range<Int> {
        index * size..<min((index + 1) * size, count)
    }

    private func compute(_ phase: Phase, image: Int, rowTask: Int, groups: Range<Int>, _ memory: RunMemory) {
        let count = phase.isFlat ? y.layout.pixels : phase.phase.rows
        let rows = Self.part(rowTask, phase.rowsPerTask, of: count)
        var conv = geometry(phase, image: image, rows, memory)
        if packed.operands.isNarrow {
            withScratch(phase.regionWords) { words in
                phase.narrow(x, image: image, rows, packed.operands, memory, to: words)
                conv.x = UnsafePointer(words + phase.start)
                sum(phase, &conv, image: image, rows, groups, memory)
            }
        } else {
            sum(phase, &conv, image: image, rows, groups, memory)
        }
        if !phase.isFlat { zeroBorder(phase, image: image, rows, groups, memory) }
    }

    /// The results of some rows, group by group of output channels.
    private func sum(
        _ phase: Phase, _ conv: inout cvk_blocked_conv, image: Int, _ rows: Range<Int>, _ groups: Range<Int>,
        _ memory: RunMemory
    ) {
        let lines = phase.isFlat ? 1 : rows.count
        phase.offsets.withUnsafeBufferPointer { offsets in
            for group in groups {
                let block = group * PackedConvolution.groupVectors
                conv.y = memory.write(y, image: image, block: block) + start(phase, rows, in: y.layout)
                conv.residual = residual.map {
                    memory.read($0, image: image, block: block) + start(phase, rows, in: $0.layout)
                }
                sum(
                    phase, &conv, group: group, isLast: group == groups.upperBound - 1, offsets.baseAddress!,
                    rows: lines)
                finish(conv, group: group, rows: lines)
            }
        }
    }

    /// The distances, for the rows of a task.
    private func geometry(_ phase: Phase, image: Int, _ rows: Range<Int>, _ memory: RunMemory) -> cvk_blocked_conv {
        let shape = phase.phase
        var conv = cvk_blocked_conv()
        let lanes = y.layout.lanes
        conv.x = memory.read(x, image: image)
        conv.x += phase.isFlat ? rows.lowerBound * x.layout.lanes : rows.lowerBound * shape.inputStepY * x.layout.pitch
        (conv.x_row, conv.x_step) = (phase.inputRow, phase.inputStep)
        conv.columns = phase.isFlat ? rows.count : shape.columns
        (conv.y_row, conv.y_step) = (shape.outputStepY * y.layout.pitch, shape.outputStepX * lanes)
        conv.y_block = y.layout.blockStride
        if let layout = residual?.layout {
            (conv.residual_row, conv.residual_step) = (shape.outputStepY * layout.pitch, shape.outputStepX * lanes)
            conv.residual_block = layout.blockStride
        }
        (conv.depth, conv.tail_depth) = (phase.depth, phase.tailDepth)
        (conv.low, conv.high) = convolution.activation.limits
        return conv
    }

    /// From the first pixel of a block of the result, or of the residual, to that of these rows of the phase. The two may
    /// have different borders.
    private func start(_ phase: Phase, _ rows: Range<Int>, in layout: FeatureLayout) -> Int {
        let shape = phase.phase
        if phase.isFlat { return rows.lowerBound * layout.lanes }
        return (shape.firstRow + rows.lowerBound * shape.outputStepY) * layout.pitch
            + shape.firstColumn * layout.lanes
    }

    /// All segments of one group, in passes whose weights stay in the cache of a core.
    private func sum(
        _ phase: Phase, _ conv: inout cvk_blocked_conv, group: Int, isLast: Bool, _ offsets: UnsafePointer<Int>,
        rows: Int
    ) {
        let vectors = packed.vectors(of: group)
        let line = vectors * packed.lanes
        let total = phase.segments * phase.depth + phase.tailSegments * phase.tailDepth
        phase.weights.withValues { weights in
            packed.bias.withValues { bias in
                conv.bias = bias.baseAddress! + group * PackedConvolution.groupVectors * packed.lanes
                let start = weights.baseAddress! + group * PackedConvolution.groupVectors * packed.lanes * total
                var segment = 0
                repeat {
                    let end = min(segment + phase.segmentsPerPass, phase.segments)
                    conv.offsets = offsets + segment
                    conv.segments = end - segment
                    conv.weights = start + segment * phase.depth * line
                    conv.tail_segments = end == phase.segments ? phase.tailSegments : 0
                    (conv.continues, conv.is_partial) = (segment > 0, end < phase.segments)
                    // What comes after these weights: the next pass, or the first of the next group.
                    let isEnd = isLast && end == phase.segments
                    conv.ahead = isEnd ? 0 : min(phase.segmentsPerPass, phase.segments) * phase.depth * line
                    packed.operands.convolve(&conv, vectors: vectors, rows: rows, isa)
                    segment = end
                } while segment < phase.segments
            }
        }
    }

    /// The activation, where it is more than limits, while the results are in the cache.
    private func finish(_ conv: cvk_blocked_conv, group: Int, rows: Int) {
        guard convolution.activation.needsPass else { return }
        for vector in 0..<packed.vectors(of: group) {
            for row in 0..<rows {
                let start = conv.y + vector * conv.y_block + row * conv.y_row
                if conv.y_step == packed.lanes {
                    convolution.activation.apply(to: start, count: conv.columns * packed.lanes, isa)
                } else {
                    for column in 0..<conv.columns {
                        convolution.activation.apply(to: start + column * conv.y_step, count: packed.lanes, isa)
                    }
                }
            }
        }
    }

    /// Zeros around the result, beside the rows of a task. The first phase does it for all.
    private func zeroBorder(
        _ phase: Phase, image: Int, _ rows: Range<Int>, _ groups: Range<Int>, _ memory: RunMemory
    ) {
        guard phase.phase.firstRow == 0, phase.phase.firstColumn == 0, y.layout.border != .none else { return }
        let step = phase.phase.outputStepY
        let lines =
            rows.lowerBound * step..<(rows.upperBound == phase.phase.rows ? y.layout.rows : rows.upperBound * step)
        let first = groups.lowerBound * PackedConvolution.groupVectors
        let end = min(groups.upperBound * PackedConvolution.groupVectors, packed.vectors)
        for block in first..<end { memory.zeroBorder(y, image: image, block: block, rows: lines, isa) }
    }

    package var description: PlanStepDescription {
        let taps = phases.reduce(0) { $0 + $1.phase.taps.count * $1.phase.rows * $1.phase.columns }
        let work = 2.0 * Double(x.layout.batch * taps) * Double(x.layout.channels * convolution.cout)
        return PlanStepDescription(
            operation: convolution.name,
            algorithm: (phases[0].isFlat ? "direct, flat" : "direct") + packed.operands.suffix,
            layout: x.layout.lanes == 1 ? "planar → blocked \(packed.lanes)" : "blocked \(packed.lanes)",
            shape: y.layout.shape, operations: work,
            floats: Double(x.layout.count + y.layout.count + convolution.weightShape.count), key: convolution.key)
    }
}
