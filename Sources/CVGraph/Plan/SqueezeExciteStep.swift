import CKernels
import CVCore
import CVTensor

/// Squeeze-and-excitation: the channels' means, two products with matrices, and the channels times the gates (Hu et al.
/// 2018, arXiv:1709.01507).
package struct SqueezeExciteStep: PlanStep {
    /// The two matrices, transposed, so that sums over inputs run along contiguous outputs.
    package struct Weights: Sendable {
        package let squeeze, excite: Matrix

        package struct Matrix: Sendable {
            /// [inputs][outputs], outputs padded to whole vectors.
            package let values: Tensor
            package let bias: Tensor
            package let inputs, outputs: Int
            package let activation: Activation

            package init(_ convolution: FusedConvolution, lanes: Int) {
                let (outputs, inputs) = (convolution.cout, convolution.weightShape[1])
                let padded = (outputs + lanes - 1) / lanes * lanes
                (self.inputs, self.outputs, activation) = (inputs, padded, convolution.activation)
                bias = PackedConvolution.padded(convolution.bias, channels: outputs, lanes: lanes)
                values = Tensor(shape: [inputs, padded]) { target in
                    target.initialize(repeating: 0)
                    convolution.scaledWeight().withValues { weight in
                        for output in 0..<outputs {
                            for input in 0..<inputs {
                                target[input * padded + output] = weight[output * inputs + input]
                            }
                        }
                    }
                }
            }
        }

        package init(_ squeeze: FusedConvolution, _ excite: FusedConvolution, lanes: Int) {
            (self.squeeze, self.excite) = (Matrix(squeeze, lanes: lanes), Matrix(excite, lanes: lanes))
        }
    }

    private let weights: Weights
    private let x, y: Placement
    private let isa: InstructionSet

    package init(_ weights: Weights, x: Placement, y: Placement, isa: InstructionSet) {
        (self.weights, self.x, self.y, self.isa) = (weights, x, y, isa)
    }

    package func run(_ memory: RunMemory) {
        let layout = x.layout
        let width = layout.blocks * layout.lanes
        withScratch(layout.batch * (2 * width + weights.squeeze.outputs)) { scratch in
            let gates = scratch + layout.batch * width
            let hidden = gates + layout.batch * width
            Parallel.forRanges(layout.batch * layout.blocks, grain: grain) { range in
                for index in range {
                    let (image, block) = (index / layout.blocks, index % layout.blocks)
                    var plane = layout.plane(at: memory.read(x, image: image, block: block))
                    cvk_blocked_mean(isa.cValue, &plane, scratch + index * layout.lanes)
                }
            }
            for image in 0..<layout.batch {
                multiply(weights.squeeze, scratch + image * width, hidden)
                multiply(weights.excite, hidden, gates + image * width)
            }
            Parallel.forRanges(layout.batch * layout.blocks, grain: grain) { range in
                for index in range { scale(index, gates, memory) }
            }
        }
    }

    /// Blocks that are worth a task.
    private var grain: Int { max(1, 16_000 / (x.layout.pixels * x.layout.lanes)) }

    private func scale(_ index: Int, _ gates: UnsafeMutablePointer<Float>, _ memory: RunMemory) {
        let (image, block) = (index / x.layout.blocks, index % x.layout.blocks)
        var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
        cvk_blocked_scale(
            isa.cValue, &plane, gates + index * x.layout.lanes, nil, memory.write(y, image: image, block: block),
            y.layout.pitch)
        memory.zeroBorder(y, image: image, block: block, rows: 0..<y.layout.rows, isa)
    }

    private func multiply(
        _ matrix: Weights.Matrix, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) {
        matrix.bias.withValues { y.update(from: $0.baseAddress!, count: matrix.outputs) }
        matrix.values.withValues { values in
            for input in 0..<matrix.inputs {
                cvk_combine(
                    isa.cValue, x[input], values.baseAddress! + input * matrix.outputs, 1, y, 0, y, matrix.outputs)
            }
        }
        matrix.activation.apply(to: y, count: matrix.outputs, isa)
    }

    package var description: PlanStepDescription {
        PlanStepDescription(
            operation: "squeezeExcite", algorithm: "", layout: "blocked \(x.layout.lanes)", shape: x.layout.shape,
            operations: 2 * Double(x.layout.count), floats: 3 * Double(x.layout.count))
    }
}
