import CVCore
import Testing

@Suite struct SplitMix64Tests {
    /// The published generator's first numbers for the seed 0 (Vigna, splitmix64.c).
    @Test("SplitMix64: equals the published sequence") func numbersAreThePublishedOnes() {
        var random = SplitMix64(seed: 0)
        #expect(
            (0..<3).map { _ in random.next() } == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F])
    }

    @Test("SplitMix64: any number is computed from its index") func anyNumberCanBeMadeFromItsPosition() {
        var random = SplitMix64(seed: 42)
        for index in 0..<100 as Range<UInt64> { #expect(SplitMix64.number(index, seed: 42) == random.next()) }
    }

    /// Streams are neither equal nor shifted: no output of one stream is among the first of another.
    @Test("SplitMix64: streams do not overlap") func streamsHaveNothingInCommon() {
        var numbers: Set<UInt64> = []
        for seed in [0, 1, 0x9E37_79B9_7F4A_7C15] as [UInt64] {
            for stream in 0..<50 {
                var random = SplitMix64(seed: seed, stream: stream)
                for _ in 0..<100 { numbers.insert(random.next()) }
            }
        }
        #expect(numbers.count == 3 * 50 * 100)
        var again = SplitMix64(seed: 1, stream: 7)
        #expect(numbers.contains(again.next()))
    }
}
