import CVImage
import TestSupport
import Testing

@Suite struct MixupMaskTests {
    @Test("mixup: the masks and the label are those of the sample with the larger weight")
    func masksAreOfTheLargerWeight() {
        func sample(_ value: UInt8) -> Sample {
            Sample(
                Image(width: 2, height: 2, fill: .black),
                masks: [Mask(width: 2, height: 2, values: [UInt8](repeating: value, count: 4))], label: Int(value))
        }
        var larger: Set<Bool> = []
        for seed in 0..<20 {
            var random = SplitMix64(seed: UInt64(seed))
            let mixture = Augment.Mixup(alpha: 1).combine(sample(1), sample(2), using: &random)
            let isFirst = mixture.weight >= 0.5
            larger.insert(isFirst)
            #expect(mixture.merged.masks == sample(isFirst ? 1 : 2).masks, "\(mixture.weight)")
            #expect(mixture.merged.label == (isFirst ? 1 : 2))
        }
        #expect(larger.count == 2)
    }
}
