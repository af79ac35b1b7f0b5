/// A small seeded random number generator: the same numbers for the same seed everywhere, in Swift and in
/// `Tools/golden/seeded.py`.
///
/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators". Not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// A generator with `seed`.
    ///
    /// - Parameter seed: any number.
    public init(seed: UInt64) { state = seed }

    /// An independent stream of random numbers for `seed`.
    ///
    /// For parallel work: image or row i uses stream i, and its numbers depend neither on the order of the work nor on
    /// its amount.
    ///
    /// - Parameters:
    ///   - seed: any number.
    ///   - stream: the index of the stream.
    public init(seed: UInt64, stream: Int) {
        // Seeds that differ by a multiple of the step give shifted sequences; mixing both numbers prevents that.
        var mixed = SplitMix64(seed: seed)
        mixed.state = mixed.next() ^ UInt64(truncatingIfNeeded: stream)
        self.init(seed: mixed.next())
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        defer { state &+= Self.step }
        return Self.number(0, seed: state)
    }

    /// The result of the `index`-th call of `next`, from 0, computed from its index alone.
    ///
    /// - Parameters:
    ///   - index: the index of the call, from 0.
    ///   - seed: the seed of the generator.
    /// - Returns: 64 random bits.
    public static func number(_ index: UInt64, seed: UInt64) -> UInt64 {
        var z = seed &+ (index &+ 1) &* step
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A uniform number in 0 ..< 1, from the upper 24 bits.
    ///
    /// - Returns: the next number.
    public mutating func uniform() -> Float { Float(next() >> 40) / Float(1 << 24) }
}
