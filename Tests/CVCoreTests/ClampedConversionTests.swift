import CVCore
import Testing

@Suite struct ClampedConversionTests {
    @Test("conversion to Int: truncates, and clamps what is out of range") func intsAreClamped() {
        for (value, expected) in [
            (2.9, 2), (-2.9, -2), (0.0, 0), (-0.0, 0), (.nan, 0), (.signalingNaN, 0), (.infinity, .max),
            (-.infinity, .min), (1e300, .max), (-1e300, .min), (0x1p63, .max), (-0x1p63, .min),
            (0x1p63.nextDown, 0x7FFF_FFFF_FFFF_FC00), (1e-300, 0),
        ] as [(Double, Int)] {
            #expect(Int(clamping: value) == expected, "\(value)")
            #expect(Int(clamping: Float(value)) == (value == 0x1p63.nextDown ? .max : expected), "\(value)")
        }
    }

    @Test("conversion to UInt8: truncates, and clamps what is out of range") func bytesAreClamped() {
        for (value, expected) in [
            (0.999, 0), (1, 1), (254.99, 254), (255, 255), (255.9, 255), (256, 255), (1e30, 255), (-0.5, 0), (-300, 0),
            (.nan, 0), (.infinity, 255), (-.infinity, 0),
        ] as [(Float, UInt8)] {
            #expect(UInt8(clamping: value) == expected, "\(value)")
            #expect(UInt8(clamping: Double(value)) == expected, "\(value)")
        }
        for byte in UInt8.min...UInt8.max { #expect(UInt8(clamping: Float(byte) + 0.5) == byte) }
    }

    @Test("conversion to UInt32: truncates, and clamps what is out of range") func wordsAreClamped() {
        for (value, expected) in [(-1, 0), (.nan, 0), (1.5, 1), (5e9, .max), (.infinity, .max)] as [(Float, UInt32)] {
            #expect(UInt32(clamping: value) == expected && UInt32(clamping: Double(value)) == expected, "\(value)")
        }
    }
}
