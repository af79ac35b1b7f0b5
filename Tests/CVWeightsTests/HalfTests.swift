import CKernels
import CVCore
import TestSupport
import Testing

/// Conversions of F16 and BF16 for all bit patterns, with every available instruction set.
@Suite struct HalfTests {
    static let patterns = (UInt16.min...UInt16.max).map { $0 }

    enum Format: CaseIterable {
        case f16, bf16

        func widen(_ isa: InstructionSet, _ halves: [UInt16]) -> [UInt32] {
            var floats = [Float](repeating: -1, count: halves.count)
            switch self {
            case .f16: cvk_f16_to_f32(isa.cValue, halves, &floats, halves.count)
            case .bf16: cvk_bf16_to_f32(isa.cValue, halves, &floats, halves.count)
            }
            return floats.map(\.bitPattern)
        }

        func narrow(_ isa: InstructionSet, _ floats: [Float]) -> [UInt16] {
            var halves = [UInt16](repeating: 0x1234, count: floats.count)
            switch self {
            case .f16: cvk_f32_to_f16(isa.cValue, floats, &halves, floats.count)
            case .bf16: cvk_f32_to_bf16(isa.cValue, floats, &halves, floats.count)
            }
            return halves
        }

        var mantissaBits: UInt16 { self == .f16 ? 10 : 7 }
        var infinity: UInt16 { self == .f16 ? 0x7C00 : 0x7F80 }
        var quiet: UInt16 { 1 << (mantissaBits - 1) }

        /// The value of a pattern that is not NaN, by the definition of the format.
        func value(_ half: UInt16) -> Double {
            let bias = self == .f16 ? 15 : 127
            let mantissa = Double(half & ((1 << mantissaBits) - 1))
            let exponent = Int((half & 0x7FFF) >> mantissaBits)
            let magnitude: Double =
                if half & 0x7FFF == infinity {
                    .infinity
                } else if exponent == 0 {
                    scaled(mantissa, 1 - bias - Int(mantissaBits))
                } else {
                    scaled(mantissa + Double(1 << mantissaBits), exponent - bias - Int(mantissaBits))
                }
            return half & 0x8000 == 0 ? magnitude : -magnitude
        }

        private func scaled(_ value: Double, _ exponent: Int) -> Double {
            Double(sign: .plus, exponent: exponent, significand: value)
        }

        func isNaN(_ half: UInt16) -> Bool { half & 0x7FFF > infinity }
    }

    @Test("F16 and BF16: every bit pattern widens to its value", arguments: Format.allCases, InstructionSet.available)
    func everyPatternWidensToItsValue(format: Format, isa: InstructionSet) {
        let widened = format.widen(isa, Self.patterns)
        for (half, bits) in zip(Self.patterns, widened) {
            let expected: UInt32 =
                if format.isNaN(half) {
                    // The sign, all ones in the exponent, and the payload with the quiet bit.
                    UInt32(half & 0x8000) << 16 | 0x7F80_0000
                        | UInt32(half & (format.infinity ^ 0x7FFF) | format.quiet) << (23 - UInt32(format.mantissaBits))
                } else {
                    Float(format.value(half)).bitPattern
                }
            if bits != expected {
                Issue.record("\(isa) \(format) \(hex(half)): \(hex(bits)), expected \(hex(expected))")
            }
        }
    }

    @Test("F16 and BF16: every bit pattern survives a round trip", arguments: Format.allCases, InstructionSet.available)
    func everyPatternSurvivesTheRoundTrip(format: Format, isa: InstructionSet) {
        let back = format.narrow(isa, format.widen(isa, Self.patterns).map { Float(bitPattern: $0) })
        for (half, result) in zip(Self.patterns, back) {
            let expected = format.isNaN(half) ? half | format.quiet : half
            if result != expected { Issue.record("\(isa) \(format) \(hex(half)): \(hex(result))") }
        }
    }

    /// Between each two adjacent values of the format: just below the middle, the middle, and just above.
    @Test("F16 and BF16: rounding is to nearest, ties to even", arguments: Format.allCases, InstructionSet.available)
    func tiesGoToEvenAndTheRestToTheNearest(format: Format, isa: InstructionSet) {
        var floats: [Float] = []
        var expected: [UInt16] = []
        for lower in 0..<format.infinity {
            let upper = lower + 1
            // Above the largest finite value, the next power of two represents infinity.
            let step = format.value(lower) - (lower == 0 ? -format.value(1) : format.value(lower - 1))
            let top = upper == format.infinity ? format.value(lower) + step : format.value(upper)
            let middle = Float((format.value(lower) + top) / 2)
            for sign in [UInt16(0), 0x8000] {
                let signed = sign == 0 ? middle : -middle
                floats += [towardsZero(signed), signed, -towardsZero(-signed, away: true)]
                expected += [lower | sign, (lower % 2 == 0 ? lower : upper) | sign, upper | sign]
            }
        }
        for (index, result) in format.narrow(isa, floats).enumerated() where result != expected[index] {
            Issue.record("\(isa) \(format) \(floats[index]): \(hex(result)), expected \(hex(expected[index]))")
        }
    }

    private func towardsZero(_ value: Float, away: Bool = false) -> Float {
        let magnitude = away ? value.magnitude.nextUp : value.magnitude.nextDown
        return value.sign == .minus ? -magnitude : magnitude
    }

    @Test("F16 and BF16: extreme floats narrow correctly", arguments: InstructionSet.available)
    func extremesOfFloatNarrow(isa: InstructionSet) {
        let floats: [Float] = [
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
            .infinity, -.infinity, Float(bitPattern: 0x7F80_0001), Float(bitPattern: 0xFFC0_2000), 65519, 65520,
        ]
        #expect(
            Format.f16.narrow(isa, floats) == [
                0x7C00, 0xFC00, 0x0000, 0x8000, 0x7C00, 0xFC00, 0x7E00, 0xFE01, 0x7BFF, 0x7C00,
            ])
        #expect(
            Format.bf16.narrow(isa, floats) == [
                0x7F80, 0xFF80, 0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC0, 0xFFC0, 0x4780, 0x4780,
            ])
    }

    #if !(os(macOS) && arch(x86_64))
    @Test("F16: narrowing matches Swift's Float16", arguments: InstructionSet.available) func narrowsAsSwiftsFloat16(
        isa: InstructionSet
    ) {
        var generator = SplitMix64(seed: 16)
        let floats = (0..<200_000).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator)) }
            .filter { !$0.isNaN }
        #expect(Format.f16.narrow(isa, floats) == floats.map { Float16($0).bitPattern })
    }
    #endif

    /// Every count around the register width, from an odd address; nothing is written beyond the end.
    @Test(
        "F16 and BF16: any count and any alignment, without writing beyond the end", arguments: InstructionSet.available
    ) func anyCountAndAnyAddress(isa: InstructionSet) {
        for count in 0...40 {
            let halves = (0..<count).map { UInt16(0x3C00 + $0 * 37) }
            var bytes = [UInt8](repeating: 0xEE, count: 2 * count + 2)
            var floats = [Float](repeating: 7, count: count + 1)
            bytes.withUnsafeMutableBytes { raw in
                for (index, half) in halves.enumerated() {
                    raw.storeBytes(of: half, toByteOffset: 1 + 2 * index, as: UInt16.self)
                }
                cvk_f16_to_f32(isa.cValue, raw.baseAddress! + 1, &floats, count)
            }
            #expect(floats == halves.map { Float(Format.f16.value($0)) } + [7], "count \(count)")
            bytes.withUnsafeMutableBytes { cvk_f32_to_bf16(isa.cValue, floats, $0.baseAddress! + 1, count) }
            let narrowed = Format.bf16.narrow(.scalar, Array(floats.prefix(count)))
            let stored = (0..<count).map { UInt16(bytes[1 + 2 * $0]) | UInt16(bytes[2 + 2 * $0]) << 8 }
            #expect(stored == narrowed, "count \(count)")
            #expect(bytes.last == 0xEE && bytes.first == 0xEE)
        }
    }

    private func hex(_ value: some FixedWidthInteger) -> String { "0x" + String(value, radix: 16) }
}
