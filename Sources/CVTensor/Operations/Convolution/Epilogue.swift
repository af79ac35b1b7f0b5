import CKernels
import CVCore

/// What follows a convolution without another pass over memory: `activation(scale · y + shift + residual)`.
///
/// Scale and shift are by output channel: a bias, a batch normalization in inference, or both. The residual is one of
/// the operands of a run, so that an epilogue can be made once and used for many.
package struct Epilogue: Sendable {
    /// Nothing follows.
    package static let none = Epilogue(scale: nil, shift: nil, .linear)

    let scale, shift: [Float]?
    let activation: Activation

    /// - Parameters:
    ///   - scale: [Cout]; nil for 1.
    ///   - shift: [Cout]; nil for 0.
    ///   - activation: the last.
    package init(scale: [Float]?, shift: [Float]?, _ activation: Activation) {
        precondition(
            scale == nil || shift == nil || scale!.count == shift!.count,
            "Epilogue: scale of \(scale!.count) channels, shift of \(shift!.count)")
        (self.scale, self.shift, self.activation) = (scale, shift, activation)
    }

    /// A bias, [Cout], and an activation.
    package init(bias: Tensor?, _ activation: Activation = .linear) {
        self.init(scale: nil, shift: bias?.values, activation)
    }

    /// The channels that it is for; nil for any number.
    var channels: Int? { scale?.count ?? shift?.count }

    /// Applies it to some results of one channel in place.
    ///
    /// - Parameters:
    ///   - operands: those of the run.
    ///   - channel: the output channel.
    ///   - offset: where the first of them is, counted from the first of all results.
    ///   - count: how many there are, one after the other.
    ///   - isa: the instruction set of the kernels.
    func apply(_ operands: ConvOperands, channel: Int, at offset: Int, count: Int, _ isa: InstructionSet) {
        let y = operands.y + offset
        if scale != nil || shift != nil {
            cvk_scale_shift(isa.cValue, scale?[channel] ?? 1, shift?[channel] ?? 0, y, y, count)
        }
        if let residual = operands.residual { cvk_add(isa.cValue, y, residual + offset, y, count) }
        activation.apply(y, y, count: count, under: isa)
    }
}
