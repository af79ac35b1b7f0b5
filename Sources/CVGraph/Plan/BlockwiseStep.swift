import CKernels
import CVCore
import CVTensor

/// A step that computes each block of channels by itself, in ranges of rows: pooling, resizing, sums, depthwise windows.
package struct BlockwiseStep: PlanStep {
    /// Computes some rows of a block. Receives the memory, the image, the block and the rows of the result.
    package typealias Body = @Sendable (RunMemory, _ image: Int, _ block: Int, _ rows: Range<Int>) -> Void

    package let description: PlanStepDescription
    package let y: Placement
    package let isa: InstructionSet
    package let activation: Activation
    private let body: Body
    private let rowTasks, blocksPerTask, blockTasks: Int

    /// - Parameters:
    ///   - operation: what it does, for the printed plan.
    ///   - y: the result.
    ///   - work: floating-point operations of the whole step.
    ///   - floats: that are read and written.
    ///   - activation: applied to the rows that `body` has written, where it is more than limits.
    ///   - isa: the instruction set of the kernels.
    ///   - body: computes some rows of a block; it applies limits itself.
    package init(
        _ operation: String, y: Placement, work: Double, floats: Int, activation: Activation = .linear,
        key: String? = nil, isa: InstructionSet, _ body: @escaping Body
    ) {
        description = PlanStepDescription(
            operation: operation, algorithm: "", layout: "blocked \(y.layout.lanes)", shape: y.layout.shape,
            operations: work, floats: Double(floats), key: key)
        (self.y, self.isa, self.activation, self.body) = (y, isa, activation, body)
        // A task is worth some microseconds: 16,000 results.
        let block = y.layout.pixels * y.layout.lanes
        rowTasks = max(1, min(y.layout.rows / 4, block / 16_000))
        blocksPerTask = max(1, min(16_000 / max(block, 1), y.layout.blocks))
        blockTasks = (y.layout.blocks + blocksPerTask - 1) / blocksPerTask
    }

    package func run(_ memory: RunMemory) {
        let layout = y.layout
        Parallel.forEach(layout.batch * blockTasks * rowTasks) { task in
            let part = task % rowTasks
            let rows = layout.rows * part / rowTasks..<layout.rows * (part + 1) / rowTasks
            let image = task / rowTasks / blockTasks
            let first = task / rowTasks % blockTasks * blocksPerTask
            for block in first..<min(first + blocksPerTask, layout.blocks) {
                body(memory, image, block, rows)
                if activation.needsPass {
                    let start = memory.write(y, image: image, block: block)
                    for row in rows {
                        activation.apply(
                            to: start + row * layout.pitch, count: layout.columns * layout.lanes, isa)
                    }
                }
                memory.zeroBorder(y, image: image, block: block, rows: rows, isa)
            }
        }
    }
}

extension BlockwiseStep {
    /// A depthwise convolution.
    package static func depthwise(
        _ convolution: FusedConvolution, x: Placement, y: Placement, residual: Placement?, isa: InstructionSet
    ) -> BlockwiseStep {
        let lanes = y.layout.lanes
        let taps = convolution.geometry.y.kernel * convolution.geometry.x.kernel
        let weights = packedDepthwise(convolution, lanes: lanes)
        let bias = PackedConvolution.padded(convolution.bias, channels: convolution.cout, lanes: lanes)
        let (low, high) = convolution.activation.limits
        let geometry = convolution.geometry
        return BlockwiseStep(
            convolution.name, y: y, work: 2 * Double(taps * y.layout.batch * y.layout.channels * y.layout.pixels),
            floats: x.layout.count + y.layout.count, activation: convolution.activation,
            key: convolution.key, isa: isa
        ) { memory, image, block, rows in
            weights.withValues { weights in
                bias.withValues { bias in
                    var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
                    var epilogue = cvk_blocked_epilogue(
                        bias: bias.baseAddress! + block * lanes,
                        residual: residual.map { memory.read($0, image: image, block: block) },
                        residual_pitch: residual?.layout.pitch ?? 0, low: low, high: high)
                    cvk_blocked_depthwise(
                        isa.cValue, &plane, geometry.y.kernel, geometry.x.kernel, geometry.y.stride,
                        geometry.x.stride, geometry.y.dilation, geometry.x.dilation, geometry.y.padding.before,
                        geometry.x.padding.before, weights.baseAddress! + block * taps * lanes, &epilogue,
                        rows.lowerBound, rows.upperBound,
                        memory.write(y, image: image, block: block) + rows.lowerBound * y.layout.pitch,
                        y.layout.pitch, y.layout.columns)
                }
            }
        }
    }

    /// [blocks][taps][lanes].
    private static func packedDepthwise(_ convolution: FusedConvolution, lanes: Int) -> Tensor {
        let taps = convolution.geometry.y.kernel * convolution.geometry.x.kernel
        let channels = convolution.cout
        return Tensor(shape: [(channels + lanes - 1) / lanes * taps * lanes]) { target in
            target.initialize(repeating: 0)
            convolution.scaledWeight().withValues { weight in
                for channel in 0..<channels {
                    for tap in 0..<taps {
                        target[(channel / lanes * taps + tap) * lanes + channel % lanes] = weight[channel * taps + tap]
                    }
                }
            }
        }
    }

    /// `activation(a + b)`.
    package static func add(
        _ activation: Activation, _ a: Placement, _ b: Placement, y: Placement, isa: InstructionSet
    ) -> BlockwiseStep {
        let (low, high) = activation.limits
        return BlockwiseStep(
            GraphOperation.add(activation).name, y: y, work: Double(y.layout.count), floats: 3 * y.layout.count,
            activation: activation, isa: isa
        ) { memory, image, block, rows in
            var left = a.layout.rows(rows, at: memory.read(a, image: image, block: block))
            var right = b.layout.rows(rows, at: memory.read(b, image: image, block: block))
            cvk_blocked_add(
                isa.cValue, &left, &right, low, high,
                memory.write(y, image: image, block: block) + rows.lowerBound * y.layout.pitch, y.layout.pitch)
        }
    }

    /// `activation(scale · x + shift)`, by channel.
    package static func affine(
        scale: Tensor, shift: Tensor, _ activation: Activation, x: Placement, y: Placement, isa: InstructionSet
    ) -> BlockwiseStep {
        let lanes = y.layout.lanes
        let factors = PackedConvolution.padded(scale, channels: y.layout.channels, lanes: lanes)
        let terms = PackedConvolution.padded(shift, channels: y.layout.channels, lanes: lanes)
        return BlockwiseStep(
            "affine" + activation.suffix, y: y, work: 2 * Double(y.layout.count), floats: 2 * y.layout.count, isa: isa
        ) { memory, image, block, rows in
            factors.withValues { factors in
                terms.withValues { terms in
                    var plane = x.layout.rows(rows, at: memory.read(x, image: image, block: block))
                    let to = memory.write(y, image: image, block: block) + rows.lowerBound * y.layout.pitch
                    cvk_blocked_scale(
                        isa.cValue, &plane, factors.baseAddress! + block * lanes, terms.baseAddress! + block * lanes,
                        to, y.layout.pitch)
                    activation.apply(toRows: rows.count, of: y.layout, at: to, isa)
                }
            }
        }
    }

    /// An activation by itself.
    package static func activation(
        _ activation: Activation, x: Placement, y: Placement, isa: InstructionSet
    ) -> BlockwiseStep {
        BlockwiseStep(
            activation.name, y: y, work: Double(y.layout.count), floats: 2 * y.layout.count, isa: isa
        ) { memory, image, block, rows in
            let from = memory.read(x, image: image, block: block)
            let to = memory.write(y, image: image, block: block)
            for row in rows {
                activation.apply(
                    from + row * x.layout.pitch, to + row * y.layout.pitch, count: y.layout.columns * y.layout.lanes,
                    under: isa)
            }
        }
    }
}

extension FeatureLayout {
    /// Some rows of a block, as an argument of the kernels.
    package func rows(_ rows: Range<Int>, at pixels: UnsafePointer<Float>) -> cvk_blocked_plane {
        cvk_blocked_plane(
            pixels: pixels + rows.lowerBound * pitch, rows: rows.count, columns: columns, pitch: pitch)
    }
}

extension Activation {
    /// Applies it in place to some rows of a block.
    package func apply(
        toRows rows: Int, of layout: FeatureLayout, at start: UnsafeMutablePointer<Float>, _ isa: InstructionSet
    ) {
        guard self != .linear else { return }
        for row in 0..<rows {
            apply(to: start + row * layout.pitch, count: layout.columns * layout.lanes, isa)
        }
    }
}
