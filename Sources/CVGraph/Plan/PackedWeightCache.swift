import CKernels
import CVCore
import CVTensor
import Synchronization

/// Packed weights of a network, shared by the plans for all its input shapes.
///
/// By the name of the weight and by what passes have made of it: one weight may be used twice, with a normalization of its
/// own each time, and a normalization may be folded into it for one shape of the input and not for another.
package final class PackedWeightCache: Sendable {
    private struct Key: Hashable {
        let weight: String
        let form: String
        /// Where the values of the weight lie: an entry keeps them there.
        let values: UInt
        let terms, factors: [Float]?
    }

    private struct Entry<Packed: Sendable>: Sendable {
        let packed: Packed
        let source: Tensor
    }

    private let packed = Mutex<[Key: Entry<PackedConvolution>]>([:])
    private let winograd = Mutex<[Key: Entry<WinogradWeights>]>([:])

    /// - Parameters:
    ///   - convolution: with its weight.
    ///   - phases: the taps of each.
    ///   - inputLanes: channels of an input block; 1 for a planar input.
    ///   - operands: the form of the words.
    ///   - isa: the instruction set of the kernels.
    /// - Returns: the weights, packed once for all plans.
    package func packed(
        _ convolution: FusedConvolution, _ phases: [ConvolutionPhase], inputLanes: Int, _ operands: OperandForm,
        _ isa: InstructionSet
    ) -> PackedConvolution {
        let taps = phases.map { $0.taps.map { "\($0.ky),\($0.kx)" }.joined(separator: " ") }
        return Self.found(
            convolution, "\(inputLanes) \(isa.lanes) \(operands) \(convolution.transposed != nil) \(taps)", in: packed
        ) {
            PackedConvolution(
                convolution, phases: phases, inputLanes: inputLanes, lanes: isa.lanes, operands, isa)
        }
    }

    /// - Parameters:
    ///   - convolution: with its weight.
    ///   - tile: outputs of a tile in each direction.
    ///   - isa: the instruction set of the kernels.
    /// - Returns: the transformed weights, made once for all plans.
    package func winograd(_ convolution: FusedConvolution, tile: Int, _ isa: InstructionSet) -> WinogradWeights {
        Self.found(convolution, "\(tile) \(isa.lanes)", in: winograd) {
            WinogradWeights(convolution, tile: tile, lanes: isa.lanes, isa)
        }
    }

    /// What is known by the key of the weight, the form and the values; else what `make` returns, for the next time.
    private static func found<Packed: Sendable>(
        _ convolution: FusedConvolution, _ form: String, in known: borrowing Mutex<[Key: Entry<Packed>]>,
        make: () -> Packed
    ) -> Packed {
        guard let weight = convolution.key else { return make() }
        let key = Key(
            weight: weight, form: form,
            values: convolution.storedWeight.withValues { UInt(bitPattern: $0.baseAddress) },
            terms: convolution.bias?.values, factors: convolution.scale?.values)
        if let found = known.withLock({ $0[key] }) { return found.packed }
        let made = Entry(packed: make(), source: convolution.storedWeight)
        // Another thread may have been faster.
        return known.withLock { known in
            if let found = known[key] { return found.packed }
            known[key] = made
            return made.packed
        }
    }
}
