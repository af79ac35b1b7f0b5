import CKernels
import CVCore
import CVTensor

/// An activation as the last part of a step.
package struct StepActivation: Sendable {
    package let activation: Activation
    /// Whether an infinite sum is excluded. ReLU6 would hide it; then it is applied where infinities are noticed.
    package let excludesOverflow: Bool

    package static let linear = StepActivation(activation: .linear, excludesOverflow: true)

    /// The limits that a kernel applies to its sums; none for other activations.
    package var limits: (low: Float, high: Float) {
        switch activation {
        case .relu: (0, .infinity)
        case .relu6 where excludesOverflow: (0, 6)
        default: (-.infinity, .infinity)
        }
    }

    /// Whether it is more than limits.
    package var needsPass: Bool {
        switch activation {
        case .linear, .relu: false
        case .relu6: !excludesOverflow
        default: true
        }
    }

    /// Applies it in place.
    package func apply(to values: UnsafeMutablePointer<Float>, count: Int, _ isa: InstructionSet) {
        activation.apply(to: values, count: count, isa)
    }
}

extension FeatureLayout {
    /// [N, C, H, W].
    package var shape: Shape { [batch, channels, rows, columns] }

    /// A block of channels from its pixel (0, 0), as an argument of the kernels.
    package func plane(at pixels: UnsafePointer<Float>) -> cvk_blocked_plane {
        cvk_blocked_plane(pixels: pixels, rows: rows, columns: columns, pitch: pitch)
    }
}

extension RunMemory {
    /// Writes the zeros beside some rows of a block; with the first and the last row also those above and below.
    package func zeroBorder(_ placement: Placement, image: Int, block: Int, rows: Range<Int>, _ isa: InstructionSet) {
        let layout = placement.layout
        let border = layout.border
        guard border != .none, !rows.isEmpty else { return }
        cvk_blocked_zero_border(
            isa.cValue, write(placement, image: image, block: block) + rows.lowerBound * layout.pitch, rows.count,
            layout.columns, layout.pitch, rows.lowerBound == 0 ? border.top : 0,
            rows.upperBound == layout.rows ? border.bottom : 0, border.left, border.right)
    }
}

extension Activation {
    /// Applies it in place.
    package func apply(to values: UnsafeMutablePointer<Float>, count: Int, _ isa: InstructionSet) {
        apply(UnsafePointer(values), values, count: count, under: isa)
    }
}
