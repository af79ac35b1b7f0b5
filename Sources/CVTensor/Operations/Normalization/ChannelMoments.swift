import CKernels
import CVCore

/// Count, mean and sum of squared differences from the mean, of values that arrive in parts, combined after Chan, Golub
/// & LeVeque 1979: as exact as two passes.
struct Moments {
    private(set) var count = 0.0
    private(set) var mean = 0.0
    private(set) var squares = 0.0

    mutating func add(_ x: UnsafePointer<Float>, _ size: Int, _ isa: cvk_isa) {
        let number = Double(size)
        let own = Double(cvk_sum(isa, x, size)) / number
        let shift = Float(own)
        squares += Double(cvk_dot(isa, x, shift, x, shift, size))
        let difference = own - mean
        squares += difference * difference * count * number / (count + number)
        mean += difference * number / (count + number)
        count += number
    }

    /// The biased variance.
    var variance: Float { Float(squares / max(count, 1)) }
}

/// Mean and variance of each channel of feature maps that arrive in parts, for a normalization over the whole.
///
/// The last digits depend on how the feature maps are divided, not on the number of threads.
package struct ChannelMoments {
    private var channels: [Moments]

    package init(channels: Int) { self.channels = [Moments](repeating: Moments(), count: channels) }

    /// x: [1, C, H, W].
    package mutating func add(_ x: Tensor) {
        let shape = ImageShape(x.shape, for: "ChannelMoments")
        precondition(
            shape.batch == 1 && shape.channels == channels.count,
            "ChannelMoments: [1, \(channels.count), H, W] expected, found \(x.shape)")
        let isa = InstructionSet.current.cValue
        x.withValues { x in
            channels.withUnsafeMutableBufferPointer { channels in
                Parallel.forEach(channels.count) { index in
                    channels[index].add(x.baseAddress! + index * shape.plane, shape.plane, isa)
                }
            }
        }
    }

    /// [C].
    package var mean: Tensor { Tensor(channels.map { Float($0.mean) }, shape: [channels.count]) }
    /// [C]; the biased one.
    package var variance: Tensor { Tensor(channels.map(\.variance), shape: [channels.count]) }
}
