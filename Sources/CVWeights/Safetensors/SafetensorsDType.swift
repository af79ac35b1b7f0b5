/// The element types of the safetensors format, in the order of its reference library.
///
/// The order matters for writing: tensors are stored by descending type.
public enum SafetensorsDType: String, Sendable, CaseIterable {
    /// A byte, 0 or 1.
    case bool = "BOOL"
    /// A 4-bit float (MX).
    case f4 = "F4"
    /// A 6-bit float with 2 bits of exponent (MX).
    case f6E2M3 = "F6_E2M3"
    /// A 6-bit float with 3 bits of exponent (MX).
    case f6E3M2 = "F6_E3M2"
    /// An unsigned 8-bit integer.
    case u8 = "U8"
    /// A signed 8-bit integer.
    case i8 = "I8"
    /// An 8-bit float with 5 bits of exponent.
    case f8E5M2 = "F8_E5M2"
    /// An 8-bit float with 4 bits of exponent.
    case f8E4M3 = "F8_E4M3"
    /// An 8-bit power of two (MX scale).
    case f8E8M0 = "F8_E8M0"
    /// An 8-bit float with 4 bits of exponent and no negative zero.
    case f8E4M3FNUZ = "F8_E4M3FNUZ"
    /// An 8-bit float with 5 bits of exponent and no negative zero.
    case f8E5M2FNUZ = "F8_E5M2FNUZ"
    /// A signed 16-bit integer.
    case i16 = "I16"
    /// An unsigned 16-bit integer.
    case u16 = "U16"
    /// An IEEE 754 16-bit float.
    case f16 = "F16"
    /// A bfloat16.
    case bf16 = "BF16"
    /// A signed 32-bit integer.
    case i32 = "I32"
    /// An unsigned 32-bit integer.
    case u32 = "U32"
    /// An IEEE 754 32-bit float.
    case f32 = "F32"
    /// A complex number of two 32-bit floats.
    case c64 = "C64"
    /// An IEEE 754 64-bit float.
    case f64 = "F64"
    /// A signed 64-bit integer.
    case i64 = "I64"
    /// An unsigned 64-bit integer.
    case u64 = "U64"

    /// The bytes of one element; nil for types of less than a byte, which are not supported.
    public var byteCount: Int? {
        switch self {
        case .f4, .f6E2M3, .f6E3M2: nil
        case .bool, .u8, .i8, .f8E5M2, .f8E4M3, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ: 1
        case .i16, .u16, .f16, .bf16: 2
        case .i32, .u32, .f32: 4
        case .c64, .f64, .i64, .u64: 8
        }
    }

    /// Whether elements convert to `Float`.
    public var convertsToFloat: Bool {
        switch self {
        case .f64, .f32, .f16, .bf16: true
        default: false
        }
    }
}
