import CVCore

/// Random numbers in double precision that depend only on the seed, on every platform: those of `SplitMix64`.
public struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64
    private var second: Double?

    /// Creates the sequence of a seed.
    ///
    /// - Parameter seed: any number.
    public init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    /// The sequence of one of many generators that share a seed: `name` is hashed into it (FNV-1a).
    init(seed: UInt64, name: String) {
        let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        self.init(seed: SplitMix64.number(0, seed: seed) ^ hash)
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 { numbers.next() }

    /// A uniform number in 0 ..< 1, from the upper 53 bits.
    ///
    /// - Returns: the next number.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A normal number with mean 0 and standard deviation 1 (Box & Muller 1958, two at a time).
    ///
    /// - Returns: the next number.
    public mutating func normal() -> Double {
        if let number = second {
            second = nil
            return number
        }
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        second = radius * sin(angle)
        return radius * cos(angle)
    }
}
