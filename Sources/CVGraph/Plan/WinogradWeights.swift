import CKernels
import CVCore
import CVTensor

/// The transformed filters of a 3×3 convolution: [positions][groups][Cin][vectors of the group][lanes].
package struct WinogradWeights: Sendable {
    package let values: Tensor
    /// [vectors][lanes], zeros past the last channel.
    package let bias: Tensor
    /// Outputs of a tile in each direction: 4 or 6.
    package let tile: Int
    package let cin, lanes, vectors: Int

    package var positions: Int { (tile + 2) * (tile + 2) }
    package var groups: Int { (vectors + PackedConvolution.groupVectors - 1) / PackedConvolution.groupVectors }

    package func vectors(of group: Int) -> Int {
        min(PackedConvolution.groupVectors, vectors - group * PackedConvolution.groupVectors)
    }

    /// Floats before the filters of a group at a position of the tile.
    package func offset(position: Int, group: Int) -> Int {
        (position * vectors + group * PackedConvolution.groupVectors) * lanes * cin
    }

    package init(_ convolution: FusedConvolution, tile: Int, lanes: Int, _ isa: InstructionSet) {
        let (cout, cin) = (convolution.cout, convolution.weightShape[1])
        let vectors = (cout + lanes - 1) / lanes
        let positions = (tile + 2) * (tile + 2)
        (self.tile, self.cin, self.lanes, self.vectors) = (tile, cin, lanes, vectors)
        bias = PackedConvolution.padded(convolution.bias, channels: cout, lanes: lanes)
        let scale = convolution.scale.map { PackedConvolution.padded($0, channels: cout, lanes: lanes) }
        let perPosition = vectors * lanes * cin
        values = Tensor(shape: [positions * perPosition]) { target in
            Parallel.forEach(vectors) { vector in
                let first = vector / PackedConvolution.groupVectors * PackedConvolution.groupVectors
                let width = min(PackedConvolution.groupVectors, vectors - first) * lanes
                let start = target.baseAddress! + first * lanes * cin + (vector - first) * lanes
                Self.forTaps(convolution, vector * lanes, lanes, scale, isa) { taps, channels, factors in
                    cvk_blocked_winograd_filters(
                        isa.cValue, tile, taps, channels.count, factors, start + channels.lowerBound * width,
                        perPosition, width)
                }
            }
        }
    }

    /// Calls `body` with the taps of a vector of filters, for some input channels at a time: [channels][9][lanes].
    private static func forTaps(
        _ convolution: FusedConvolution, _ filter: Int, _ lanes: Int, _ scale: Tensor?,
        _ isa: InstructionSet,
        body: (_ taps: UnsafePointer<Float>, _ channels: Range<Int>, _ factors: UnsafePointer<Float>?) -> Void
    ) {
        let (cout, cin) = (convolution.cout, convolution.weightShape[1])
        let (count, most) = (min(lanes, cout - filter), 32)
        let factors = scale.map { $0.withValues { $0.baseAddress! + filter } }
        withScratch(most * 9 * lanes) { taps in
            taps.update(repeating: 0, count: most * 9 * lanes)
            convolution.storedWeight.withValues { weight in
                for channel in stride(from: 0, to: cin, by: most) {
                    let channels = channel..<min(channel + most, cin)
                    cvk_transpose(
                        isa.cValue, weight.baseAddress! + (filter * cin + channel) * 9, cin * 9, count,
                        channels.count * 9, taps, lanes)
                    body(taps, channels, factors)
                }
            }
        }
        withExtendedLifetime(scale) {}
    }
}
