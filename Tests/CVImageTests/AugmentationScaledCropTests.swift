import CVCore
import CVImage
import Testing

/// Crops of fixed size at a random scale, with masks.
@Suite struct AugmentationScaledCropTests {
    /// 0 to 5 in blocks of 8 × 8 pixels; the red of the image is 40 times the mask.
    private let sample: Sample = {
        let values = (0..<24 * 16).map { (index: Int) -> UInt8 in
            let (row, column) = index.quotientAndRemainder(dividingBy: 24)
            return UInt8(column / 8 + row / 8 * 3)
        }
        let image = Image(width: 24, height: 16, format: .rgb, pixels: values.flatMap { [$0 * 40, 0, 0] as [UInt8] })
        return Sample(image, masks: [Mask(width: 24, height: 16, values: values)])
    }()

    @Test("scaled crop: at full size the sample is unchanged") func atItsOwnSizeAnImageStaysAsItIs() {
        let same = Augment.ScaledCrop(width: 24, height: 16)(sample, seed: 1)
        #expect(same == sample)
    }

    @Test("scaled crop: without scaling it is a region of the image") func withoutScaleItIsAPartOfTheImage() {
        var positions: Set<[Int]> = []
        for seed in 0..<50 {
            let part = Augment.ScaledCrop(width: 10, height: 7)(sample, seed: UInt64(seed))
            #expect(part.image.width == 10 && part.image.height == 7)
            for y in 0..<7 {
                for x in 0..<10 { #expect(part.image[x, y].red == part.masks[0][x, y] * 40) }
            }
            positions.insert((0..<70).map { Int(part.masks[0].values[$0]) })
        }
        #expect(positions.count > 20)
    }

    /// Pixels with a class show the image; the others are gray.
    @Test("scaled crop: image and mask stay aligned", arguments: [0.3...0.7, 1.5...2.5, 0.5...2])
    func imageAndMaskMoveTogether(scale: ClosedRange<Double>) {
        var ignored = 0
        for seed in 0..<40 {
            let moved = Augment.ScaledCrop(width: 20, height: 20, scale: scale)(sample, seed: UInt64(seed))
            let (image, mask) = (moved.image, moved.masks[0])
            #expect(image.width == 20 && image.height == 20 && mask.width == 20)
            for y in 1..<19 {
                for x in 1..<19 {
                    if mask[x, y] == Mask.ignore {
                        #expect(image[x, y] == Color(127, 127, 127))
                        ignored += 1
                        continue
                    }
                    // Away from the edges of blocks, where the image is blended.
                    let around = [-1, 0, 1].flatMap { dy in [-1, 0, 1].map { mask[x + $0, y + dy] } }
                    if Set(around).count == 1, scale.lowerBound > 1 {
                        // Upsampling overshoots slightly beside an edge.
                        #expect(abs(Int(image[x, y].red) - Int(mask[x, y]) * 40) <= 12)
                    }
                    #expect(image[x, y].green == 0)
                }
            }
        }
        #expect((ignored > 0) == (scale.lowerBound < 1))
    }
}
