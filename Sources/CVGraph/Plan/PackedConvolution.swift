import CKernels
import CVCore
import CVTensor

/// The weight and the bias of a convolution in the order in which `cvk_blocked_conv_rows` reads them; immutable, shared
/// by all plans of a network.
///
/// Output channels are in groups of two vectors, the last of one where the number is odd; for each group there is, phase
/// by phase, a line of two vectors for every float of the segments.
package struct PackedConvolution: Sendable {
    /// Of one phase: [groups][words of all segments][vectors of the group][lanes].
    package let phases: [Tensor]
    /// The form of those words.
    package let operands: OperandForm
    /// [vectors][lanes], zeros past the last channel.
    package let bias: Tensor
    /// Channels of a vector, and vectors of output channels.
    package let lanes, vectors: Int

    /// Vectors of a group.
    package static let groupVectors = 2

    package var groups: Int { (vectors + Self.groupVectors - 1) / Self.groupVectors }

    /// Vectors of this group: two, but for the last of an odd number.
    package func vectors(of group: Int) -> Int { min(Self.groupVectors, vectors - group * Self.groupVectors) }

    /// - Parameters:
    ///   - convolution: with its weight.
    ///   - phases: the taps of each.
    ///   - inputLanes: channels of an input block; 1 for a planar input.
    ///   - lanes: channels of a vector.
    ///   - operands: the form of the words; single precision for a planar input.
    ///   - isa: the instruction set of the kernels.
    package init(
        _ convolution: FusedConvolution, phases: [ConvolutionPhase], inputLanes: Int, lanes: Int,
        _ operands: OperandForm = .float32, _ isa: InstructionSet
    ) {
        let cout = convolution.cout
        let vectors = (cout + lanes - 1) / lanes
        (self.lanes, self.vectors, self.operands) = (lanes, vectors, operands)
        let weight = convolution.storedWeight
        let scale = convolution.scale.map { Self.padded($0, channels: cout, lanes: lanes) }
        self.phases = phases.map { phase in
            let floats = Self.packed(convolution, phase.taps, inputLanes: inputLanes, lanes: lanes, scale, isa)
            guard operands.isNarrow else { return floats }
            let cin = convolution.transposed == nil ? weight.shape[1] : weight.shape[0]
            return Self.narrowed(
                floats, cin: cin, taps: phase.taps.count, vectors: vectors, lanes: lanes, operands)
        }
        bias = Self.padded(convolution.bias, channels: cout, lanes: lanes)
    }

    package static func padded(_ values: Tensor?, channels: Int, lanes: Int) -> Tensor {
        let count = (channels + lanes - 1) / lanes * lanes
        return Tensor(shape: [count]) { target in
            target.initialize(repeating: 0)
            guard let values else { return }
            values.withValues { source in for index in 0..<channels { target[index] = source[index] } }
        }
    }

    private static func packed(
        _ convolution: FusedConvolution, _ taps: [ConvolutionPhase.Tap], inputLanes: Int, lanes: Int, _ scale: Tensor?,
        _ isa: InstructionSet
    ) -> Tensor {
        let weight = convolution.storedWeight
        let shape = weight.shape
        let isTransposed = convolution.transposed != nil
        let (cout, cin) = (convolution.cout, isTransposed ? shape[0] : shape[1])
        let (window, columns) = (shape[2] * shape[3], shape[3])
        let depth = cin * taps.count
        let vectors = (cout + lanes - 1) / lanes
        let groups = (vectors + groupVectors - 1) / groupVectors
        let order = Self.order(cin: cin, taps: taps.count, inputLanes: inputLanes)
        return Tensor(shape: [vectors * lanes * depth]) { target in
            weight.withValues { weight in
                Parallel.forEach(groups) { group in
                    let first = group * groupVectors * lanes
                    let width = min(groupVectors * lanes, vectors * lanes - first)
                    let channels = min(width, cout - first)
                    let to = target.baseAddress! + first * depth
                    if channels < width { to.update(repeating: 0, count: width * depth) }
                    if !isTransposed, window == 1 {
                        // [Cout, Cin] to [Cin][Cout].
                        cvk_transpose(
                            isa.cValue, weight.baseAddress! + first * cin, cin, channels, cin, to, width)
                        multiply(to, lines: depth, width: width, by: scale, first, isa)
                        return
                    }
                    withScratch(cin * window * width) { lines in
                        if channels < width { lines.update(repeating: 0, count: cin * window * width) }
                        // Transposed as they are stored, then line by line in the order of the segments.
                        transpose(
                            weight.baseAddress!, shape, isTransposed: isTransposed, first..<first + channels, to: lines,
                            width, isa)
                        for (line, (channel, tap)) in order.enumerated() {
                            let position = taps[tap].ky * columns + taps[tap].kx
                            (to + line * width).update(
                                from: lines + (channel * window + position) * width, count: width)
                        }
                        multiply(to, lines: depth, width: width, by: scale, first, isa)
                    }
                }
            }
        }
    }

    /// Multiplies lines of a group by the factors of its channels, the first of which is `first`.
    private static func multiply(
        _ values: UnsafeMutablePointer<Float>, lines: Int, width: Int, by scale: Tensor?, _ first: Int,
        _ isa: InstructionSet
    ) {
        guard let scale else { return }
        scale.withValues { factors in
            for line in 0..<lines {
                let start = values + line * width
                cvk_multiply(isa.cValue, start, factors.baseAddress! + first, start, width)
            }
        }
    }

    /// Packed weights in a narrower form, segment by segment.
    private static func narrowed(
        _ floats: Tensor, cin: Int, taps: Int, vectors: Int, lanes: Int, _ operands: OperandForm
    ) -> Tensor {
        let segments = stride(from: 0, to: cin, by: lanes).flatMap {
            [Int](repeating: min(lanes, cin - $0), count: taps)
        }
        let words = segments.reduce(0) { $0 + operands.words($1) }
        return Tensor(shape: [vectors * lanes * words]) { target in
            floats.withValues { values in
                var (from, to) = (values.baseAddress!, target.baseAddress!)
                for first in stride(from: 0, to: vectors, by: groupVectors) {
                    let width = min(groupVectors, vectors - first) * lanes
                    for rows in segments {
                        to += operands.narrowWeights(from, rows: rows, width: width, to: to)
                        from += rows * width
                    }
                }
            }
        }
    }

    /// Some filters as [Cin · window][width].
    private static func transpose(
        _ weight: UnsafePointer<Float>, _ shape: Shape, isTransposed: Bool, _ filters: Range<Int>,
        to lines: UnsafeMutablePointer<Float>, _ width: Int, _ isa: InstructionSet
    ) {
        let window = shape[2] * shape[3]
        guard isTransposed else {
            let stored = shape[1] * window
            cvk_transpose(
                isa.cValue, weight + filters.lowerBound * stored, stored, filters.count, stored, lines, width)
            return
        }
        for channel in 0..<shape[0] {
            cvk_transpose(
                isa.cValue, weight + (channel * shape[1] + filters.lowerBound) * window, window, filters.count, window,
                lines + channel * window * width, width)
        }
    }

    /// Input channel and tap of each float of the segments: block by block, tap by tap, channel by channel.
    private static func order(cin: Int, taps: Int, inputLanes: Int) -> [(channel: Int, tap: Int)] {
        stride(from: 0, to: cin, by: inputLanes).flatMap { block in
            (0..<taps).flatMap { tap in (block..<min(block + inputLanes, cin)).map { ($0, tap) } }
        }
    }
}
