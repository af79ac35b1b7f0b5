/// A small seeded generator: the same numbers for the same seed everywhere, in Swift and in `Tools/golden/seeded.py`.
///
/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators". Not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    public init(seed: UInt64) { state = seed }

    /// The generator number `stream` of those that belong to `seed`.
    ///
    /// For work that is split up: picture or row number i takes stream i, and its numbers depend neither on the order
    /// of the work nor on how much of it there is.
    public init(seed: UInt64, stream: Int) {
        // Seeds that lie a multiple of the step apart give the same numbers shifted; mixing both in turn parts them.
        var mixed = SplitMix64(seed: seed)
        mixed.state = mixed.next() ^ UInt64(truncatingIfNeeded: stream)
        self.init(seed: mixed.next())
    }

    public mutating func next() -> UInt64 {
        defer { state &+= Self.step }
        return Self.number(0, seed: state)
    }

    /// What the `index`-th call of `next` gives, from 0: made from its place alone.
    public static func number(_ index: UInt64, seed: UInt64) -> UInt64 {
        var z = seed &+ (index &+ 1) &* step
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 ..< 1, from the upper 24 bits.
    public mutating func uniform() -> Float { Float(next() >> 40) / Float(1 << 24) }
}
