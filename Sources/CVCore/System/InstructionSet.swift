import CKernels

/// The instruction sets of the C kernels.
package enum InstructionSet: String, Sendable, CaseIterable {
    case scalar, neon, avx2, avx512

    /// The instruction set in use: the best of this processor, or the one named by `CVTOOLKIT_ISA` if available.
    ///
    /// Forcing a lower one is for tests, and to find out whether a kernel is at fault.
    package static let current: InstructionSet = {
        let requested = environmentVariable("CVTOOLKIT_ISA").flatMap(InstructionSet.init(rawValue:))
        return requested.flatMap { available.contains($0) ? $0 : nil } ?? available.last!
    }()

    /// The instruction sets of this processor, the best last.
    package static let available: [InstructionSet] =
        switch cvk_isa_best() {
        case CVK_AVX512: [.scalar, .avx2, .avx512]
        case CVK_AVX2: [.scalar, .avx2]
        case CVK_NEON: [.scalar, .neon]
        default: [.scalar]
        }

    /// The argument of the C kernels.
    package var cValue: cvk_isa {
        switch self {
        case .scalar: CVK_SCALAR
        case .neon: CVK_NEON
        case .avx2: CVK_AVX2
        case .avx512: CVK_AVX512
        }
    }
}
