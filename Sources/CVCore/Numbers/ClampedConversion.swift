// How a float becomes an integer in this package. `Int(value)` traps for NaN, infinity and what is out of range, and such
// values come from files: here they become 0 or the nearest integer, or nil.
//
// The standard library's initializers are shadowed below for all files that import this module, as deprecated: the
// compiler then names each place that would trap, by the types, and the house rules see to the imports.

public import CKernels

extension Int {
    /// Truncates toward zero; NaN becomes 0, and what is out of range the nearest integer.
    @inlinable @inline(__always)
    package init(clamping value: Double) {
        // 2^63 is not an Int any more. Comparisons with NaN are false.
        if value > -0x1p63, value < 0x1p63 {
            self = Int(truncatingIfNeeded: cvk_truncated(value))
        } else {
            self = value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : 0
        }
    }

    /// Truncates toward zero; NaN becomes 0, and what is out of range the nearest integer.
    @inlinable @inline(__always)
    package init(clamping value: Float) { self.init(clamping: Double(value)) }

    @available(*, deprecated, message: "traps for NaN and out of range: use init(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: value) }
    @available(*, deprecated, message: "traps for NaN and out of range: use init(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: value) }
}

extension UInt8 {
    /// Truncates toward zero; NaN becomes 0, and what is out of range 0 or 255.
    @inlinable @inline(__always)
    package init(clamping value: Float) {
        let limited = value > 0 ? (value < 255 ? value : 255) : 0
        self.init(truncatingIfNeeded: cvk_truncated_float(limited))
    }

    /// Truncates toward zero; NaN becomes 0, and what is out of range 0 or 255.
    @inlinable @inline(__always)
    package init(clamping value: Double) {
        let limited = value > 0 ? (value < 255 ? value : 255) : 0
        self.init(truncatingIfNeeded: cvk_truncated(limited))
    }

    @available(*, deprecated, message: "traps for NaN and out of range: use init(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: value) }
    @available(*, deprecated, message: "traps for NaN and out of range: use init(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: value) }
}

extension UInt32 {
    /// Truncates toward zero; NaN becomes 0, and what is out of range the nearest integer.
    @inlinable @inline(__always)
    package init(clamping value: Double) { self.init(clamping: Int(clamping: value)) }

    /// Truncates toward zero; NaN becomes 0, and what is out of range the nearest integer.
    @inlinable @inline(__always)
    package init(clamping value: Float) { self.init(clamping: Int(clamping: value)) }

    @available(*, deprecated, message: "traps for NaN and out of range: use init(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: value) }
    @available(*, deprecated, message: "traps for NaN and out of range: use init(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: value) }
}

// The other types have no conversion that clamps, because none is needed; these only name what would trap.

extension Int8 {
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: Int(clamping: value)) }
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: Int(clamping: value)) }
}

extension Int16 {
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: Int(clamping: value)) }
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: Int(clamping: value)) }
}

extension Int32 {
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: Int(clamping: value)) }
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: Int(clamping: value)) }
}

extension Int64 {
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: Int(clamping: value)) }
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: Int(clamping: value)) }
}

extension UInt {
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: Int(clamping: value)) }
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: Int(clamping: value)) }
}

extension UInt16 {
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: Int(clamping: value)) }
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: Int(clamping: value)) }
}

extension UInt64 {
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Double) { self.init(clamping: Int(clamping: value)) }
    @available(*, deprecated, message: "traps for NaN and out of range: use Int(clamping:) or init(exactly:)")
    package init(_ value: Float) { self.init(clamping: Int(clamping: value)) }
}
