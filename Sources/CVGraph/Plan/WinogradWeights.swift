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
            convolution.storedWeight.withValues { weight in
                Parallel.forEach(vectors) { vector in
                    let group = vector / PackedConvolution.groupVectors
                    let first = group * PackedConvolution.groupVectors
                    let width = min(PackedConvolution.groupVectors, vectors - first) * lanes
                    let start = target.baseAddress! + first * lanes * cin + (vector - first) * lanes
                    let filter = vector * lanes
                    let factors = scale.map { $0.withValues { $0.baseAddress! + filter } }
                    for channel in 0..<cin {
                        cvk_blocked_winograd_filters(
                            isa.cValue, tile, weight.baseAddress! + (filter * cin + channel) * 9, cin * 9,
                            min(lanes, cout - filter), factors, start + channel * width, perPosition)
                    }
                }
            }
            withExtendedLifetime(scale) {}
        }
    }
}
