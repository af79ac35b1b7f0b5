import CVCore

/// Random numbers in double precision that are the same for the same seed, everywhere: those of `SplitMix64`.
public struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64
    private var spare: Double?

    public init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    /// The numbers of one of many that share a seed: `name` is hashed into it (FNV-1a).
    init(seed: UInt64, name: String) {
        let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        self.init(seed: SplitMix64.number(0, seed: seed) ^ hash)
    }

    public mutating func next() -> UInt64 { numbers.next() }

    /// 0 ..< 1, from the upper 53 bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Mean 0, deviation 1 (Box & Muller 1958: two at a time).
    public mutating func normal() -> Double {
        if let number = spare {
            spare = nil
            return number
        }
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }
}
