import CKernels
import CVCore
import CVTensor

/// How the operands of a convolution's sums are stored.
package enum OperandForm: Sendable {
    case float32
    /// Words of two channels, for the instruction that multiplies pairs.
    case bf16Pairs
    /// Floats that are rounded to bfloat16: exactly what the pairs hold, for processors without that instruction.
    case bf16Rounded

    package init(_ precision: Precision, _ isa: InstructionSet) {
        switch precision {
        case .float32: self = .float32
        case .bf16: self = cvk_bf16_has_pairs(isa.cValue) ? .bf16Pairs : .bf16Rounded
        }
    }

    package var isNarrow: Bool { self != .float32 }

    /// For the printed plan.
    package var suffix: String { isNarrow ? ", bf16" : "" }

    /// Words of 32 bits for so many channels of a pixel, or rows of weights.
    package func words(_ channels: Int) -> Int { self == .bf16Pairs ? (channels + 1) / 2 : channels }

    /// Multiply-adds in the time of one in single precision.
    package var speed: Double { self == .bf16Pairs ? 2 : 1 }

    /// Brings `count` floats of an input, a multiple of the lanes, into this form.
    package func narrow(_ from: UnsafePointer<Float>, to words: UnsafeMutablePointer<Float>, count: Int) {
        switch self {
        case .float32: words.update(from: from, count: count)
        case .bf16Pairs: cvk_bf16_narrow(from, words, count)
        case .bf16Rounded: cvk_bf16_round(from, words, count)
        }
    }

    /// Brings rows of weights into this form: those of a segment, [rows][width].
    ///
    /// - Returns: the words that were written.
    package func narrowWeights(
        _ from: UnsafePointer<Float>, rows: Int, width: Int, to words: UnsafeMutablePointer<Float>
    ) -> Int {
        guard self == .bf16Pairs else {
            narrow(from, to: words, count: rows * width)
            return rows * width
        }
        for pair in 0..<(rows + 1) / 2 {
            let even = from + 2 * pair * width
            cvk_bf16_pack_rows(even, 2 * pair + 1 < rows ? even + width : nil, words + pair * width, width)
        }
        return (rows + 1) / 2 * width
    }

    /// Computes rows of a convolution whose operands are of this form.
    package func convolve(_ conv: inout cvk_blocked_conv, vectors: Int, rows: Int, _ isa: InstructionSet) {
        if self == .bf16Pairs {
            cvk_bf16_conv_rows(&conv, vectors, 0, rows)
        } else {
            cvk_blocked_conv_rows(isa.cValue, &conv, vectors, 0, rows)
        }
    }
}
