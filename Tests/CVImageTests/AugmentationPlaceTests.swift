import CVImage
import TestSupport
import Testing

/// Where augmentations draw from, and where they put what they draw.
@Suite struct AugmentationPlaceTests {
    @Test("mosaic: keypoints move with their quarter") func keypointsMoveWithTheirQuarter() {
        let sample = Sample(
            Image(width: 80, height: 60, fill: .black), keypoints: [[Keypoint(Point(x: 20, y: 30))]])
        var random = SplitMix64(seed: 1)
        let mosaic = Augment.Mosaic(meeting: 0.5...0.5).combine([sample, sample, sample, sample], using: &random)
        let expected = [Point(x: 10, y: 15), Point(x: 50, y: 15), Point(x: 10, y: 45), Point(x: 50, y: 45)]
        #expect(mosaic.keypoints.map { $0.map(\.position) } == expected.map { [$0] })
    }

    @Test("crop: every position is drawn, up to the right and lower borders") func everyPositionIsDrawn() {
        var image = Image(width: 2, height: 2, fill: .black)
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] { image[x, y] = Color(UInt8(100 * x), UInt8(100 * y), 0) }
        let crop = Augment.Crop(part: 0.5...0.5)
        let found = (0..<100).map { crop(Sample(image), seed: UInt64($0)).image }
        #expect(found.allSatisfy { $0.width == 1 && $0.height == 1 })
        #expect(Set(found.map { [$0[0, 0].red, $0[0, 0].green] }) == [[0, 0], [100, 0], [0, 100], [100, 100]])
    }

    @Test("resized crop: the aspect ratio is relative to that of the output") func aspectIsThatOfTheOutput() {
        // Wherever the crop lies, some of these squares are in it as a whole.
        var boxes: [LabeledBox] = []
        for y in 0..<10 {
            for x in 0..<10 {
                let (left, top) = (Float(20 * x), Float(20 * y))
                boxes.append(LabeledBox(Box(minX: left, minY: top, maxX: left + 10, maxY: top + 10), label: 0))
            }
        }
        let sample = Sample(Image(width: 200, height: 200, fill: .black), boxes: boxes)
        let crop = Augment.ResizedCrop(area: 0.3...0.4, aspect: 1...1, size: (200, 100))
        for seed in 0..<10 {
            var whole = 0
            for box in crop(sample, seed: UInt64(seed)).boxes.map(\.box)
            where box.minX > 0 && box.minY > 0 && box.maxX < 200 && box.maxY < 100 {
                whole += 1
                #expect(abs(box.width / box.height - 1) < 0.05)
            }
            #expect(whole > 0)
        }
    }
}
