import CKernels
import CVCore
import CVTensor

extension Activation {
    /// The limits that a kernel applies to its sums; none for other activations.
    ///
    /// The kernels make NaN of an infinite sum, which limits would hide: an overflow, which damaged weights cause, must not
    /// pass for a result.
    package var limits: (low: Float, high: Float) {
        switch self {
        case .relu: (0, .infinity)
        case .relu6: (0, 6)
        default: (-.infinity, .infinity)
        }
    }

    /// Whether it is more than limits.
    package var needsPass: Bool {
        switch self {
        case .linear, .relu, .relu6: false
        default: true
        }
    }

    /// Applies it in place.
    package func apply(to values: UnsafeMutablePointer<Float>, count: Int, _ isa: InstructionSet) {
        apply(UnsafePointer(values), values, count: count, under: isa)
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
