import CVCore
import CVImage
import TestSupport
import Testing

@Suite(.serialized) struct AugmentationPipelineTests {
    static let everything = AugmentationKind.all.map(\.demonstration)

    @Test("augmentation: the result depends on the seed, not on the threads")
    func theSameSeedGivesTheSameBytesAtAnyNumberOfThreads() throws {
        let before = Parallel.threadCount
        defer { Parallel.threadCount = before }
        let sample = PaintedSample.make()
        for text in Self.everything + [Self.everything.joined(separator: ",")] {
            let pipeline = try AugmentationRecipe(text).pipeline
            var results: [Sample] = []
            for threads in [1, 2, 7] {
                Parallel.threadCount = threads
                results.append(pipeline(sample, seed: 11))
            }
            #expect(results[0] == results[1] && results[1] == results[2], "\(text)")
        }
    }

    /// Augmentations with a range give another image for another seed; all of them change the image.
    @Test("augmentation: another seed gives another image") func anotherSeedGivesAnotherImage() throws {
        let sample = Sample(noise(width: 60, height: 40, format: .rgb))
        for kind in AugmentationKind.all {
            let pipeline = try AugmentationRecipe(kind.demonstration).pipeline
            let results = (0..<6).map { pipeline(sample, seed: UInt64($0)).image }
            #expect(results.allSatisfy { $0 != sample.image }, "\(kind.name)")
            if kind.limits != nil { #expect(Set(results.map(\.pixels)).count >= 5, "\(kind.name)") }
        }
    }

    @Test("augmentation: the pixel format is kept") func whatHasNoTransparencyGetsNoneAndWhatHasKeepsIt() throws {
        for format in [Image.Format.rgb, .rgba] {
            let sample = Sample(noise(width: 40, height: 30, format: format))
            for text in Self.everything {
                #expect(try AugmentationRecipe(text).pipeline(sample, seed: 1).image.format == format, "\(text)")
            }
        }
    }

    @Test("augmentation: steps are applied with their probability") func aStepIsTakenWithItsProbability() throws {
        let sample = Sample(noise(width: 2, height: 1, format: .rgb))
        let pipeline = try AugmentationRecipe("mirror@0.3").pipeline
        let applied = (0..<2000).filter { pipeline(sample, seed: UInt64($0)) != sample }.count
        // Five standard errors of 600.
        #expect(abs(applied - 600) < 103, "\(applied) of 2000")
        let one = Augment.OneOf([Augment.Mirror(), Augment.Flip()])
        let mirrored = (0..<2000).filter { one(sample, seed: UInt64($0)) != sample }.count
        #expect(abs(mirrored - 1000) < 112, "\(mirrored) of 2000")
    }

    @Test("cutout: covered keypoints become invisible") func cutoutHidesKeypointsBelowIt() {
        let sample = PaintedSample.make()
        let color = Color(1, 2, 3)
        for seed in 0..<20 {
            let cut = Augment.Cutout(side: 0.4...0.8, color: color)(sample, seed: UInt64(seed))
            #expect(cut.boxes == sample.boxes && cut.masks == sample.masks)
            for keypoint in cut.keypoints[0] {
                let below = cut.image[Int(clamping: keypoint.position.x), Int(clamping: keypoint.position.y)]
                #expect(keypoint.isVisible == (below != color), "seed \(seed)")
            }
        }
    }

    @Test("mosaic: at a scale, boxes move with their parts, and gray is around what is smaller")
    func aScaledMosaicMovesBoxes() throws {
        // A red square of 20 pixels in a corner of a white image of 60.
        var image = Image(width: 60, height: 60, fill: Color(255, 255, 255))
        image.paste(Image(width: 20, height: 20, fill: Color(255, 0, 0)), x: 40, y: 40)
        let sample = Sample(image, boxes: [LabeledBox(Box(minX: 40, minY: 40, maxX: 60, maxY: 60), label: 3)])
        for seed in 0..<10 {
            var random = SplitMix64(seed: UInt64(seed))
            // Each image of 24 pixels lies at the middle.
            let mosaic = Augment.Mosaic(meeting: 0.5...0.5, scale: 0.4...0.4).combine(
                [sample, sample, sample, sample], using: &random)
            #expect(mosaic.image.width == 60 && mosaic.image[2, 2] == .letterbox && mosaic.image[58, 30] == .letterbox)
            let corners: [Float] = mosaic.boxes.flatMap { [$0.box.minX, $0.box.minY, $0.box.maxX, $0.box.maxY] }
            let expected: [Float] = [22, 22, 30, 30, 46, 22, 54, 30, 22, 46, 30, 54, 46, 46, 54, 54]
            #expect(zip(corners, expected).allSatisfy { abs($0 - $1) < 1e-3 } && corners.count == 16, "\(corners)")
            #expect(mosaic.image[26, 26] == Color(255, 0, 0) && mosaic.image[10, 26] == Color(255, 255, 255))
            // At twice the size, parts fill the quadrants.
            let large = Augment.Mosaic(meeting: 0.5...0.5, scale: 2...2).combine(
                [sample, sample, sample, sample], using: &random)
            #expect((0..<60).allSatisfy { large.image[$0, $0] != .letterbox })
            for labeled in large.boxes where labeled.box.width > 3 && labeled.box.height > 3 {
                let (x, y) = (labeled.box.minX + labeled.box.maxX, labeled.box.minY + labeled.box.maxY)
                let color = large.image[Int(clamping: x / 2), Int(clamping: y / 2)]
                #expect(color.red > 200 && color.green < 60, "seed \(seed): \(labeled)")
            }
        }
        let recipe = try AugmentationRecipe("mosaic=0.5:1.5@0.5")
        #expect(recipe.pipeline.steps.count == 1)
        #expect(throws: AugmentationError.self) { try AugmentationRecipe("mosaic=0") }
    }

    /// Each tile has its own color, box and mask; they stay aligned.
    @Test("mosaic: holds four images with their labels") func aMosaicHoldsFourImagesWithTheirLabels() {
        let colors = [Color(255, 0, 0), Color(0, 255, 0), Color(0, 0, 255), Color(255, 255, 0)]
        let samples = colors.enumerated().map { index, color in
            let (width, height) = (80 + 20 * index, 90)
            return Sample(
                Image(width: width, height: height, fill: color),
                boxes: [LabeledBox(Box(minX: 0, minY: 0, maxX: Float(width), maxY: Float(height)), label: index)],
                masks: [
                    Mask(width: width, height: height, values: [UInt8](repeating: UInt8(index), count: width * height))
                ],
                keypoints: [[Keypoint(Point(x: Float(width) / 2, y: 45))]])
        }
        for seed in 0..<10 {
            var random = SplitMix64(seed: UInt64(seed))
            let mosaic = Augment.Mosaic().combine(samples, using: &random)
            #expect(mosaic.image.width == 80 && mosaic.image.height == 90)
            #expect(mosaic.boxes.map(\.label) == [0, 1, 2, 3] && mosaic.keypoints.count == 4)
            #expect(mosaic.boxes.reduce(0) { $0 + $1.box.area } == 80 * 90)
            for labeled in mosaic.boxes {
                let box = labeled.box
                for y in Int(clamping: box.minY)..<Int(clamping: box.maxY) {
                    for x in Int(clamping: box.minX)..<Int(clamping: box.maxX)
                    where mosaic.image[x, y] != colors[labeled.label] || mosaic.masks[0][x, y] != labeled.label {
                        Issue.record("seed \(seed): tile \(labeled) at (\(x), \(y))")
                        return
                    }
                }
            }
        }
        // Quadrants that meet in a corner leave no room for three tiles.
        var random = SplitMix64(seed: 0)
        let alone = Augment.Mosaic(meeting: 1...1).combine(samples, using: &random)
        #expect(alone.boxes.map(\.label) == [0])
    }

    @Test("mixup: images are blended by the reported weight") func mixupWeightsImagesAsItSays() {
        let first = Sample(
            Image(width: 4, height: 4, fill: Color(200, 0, 100)),
            boxes: [LabeledBox(Box(minX: 0, minY: 0, maxX: 4, maxY: 4), label: 0)])
        let second = Sample(
            Image(width: 8, height: 2, fill: Color(0, 200, 100)),
            boxes: [LabeledBox(Box(minX: 4, minY: 0, maxX: 8, maxY: 1), label: 1)])
        for seed in 0..<20 {
            var random = SplitMix64(seed: UInt64(seed))
            let mixture = Augment.Mixup(alpha: 1).combine(first, second, using: &random)
            let color = mixture.image[2, 1]
            #expect(abs(Float(color.red) - 200 * mixture.weight) <= 0.51)
            #expect(abs(Float(color.green) - 200 * (1 - mixture.weight)) <= 0.51)
            #expect(color.blue == 100)
            let moved = Box(minX: 2, minY: 0, maxX: 4, maxY: 2)
            #expect(mixture.merged.boxes == first.boxes + [LabeledBox(moved, label: 1)])
        }
    }

    /// The beta distribution's mean is 1/2 and its variance 1 / (4 (2 alpha + 1)).
    @Test("mixup: the weight is beta distributed", arguments: [0.05, 0.2, 1, 32])
    func theWeightOfMixupIsBetaDistributed(alpha: Double) {
        let sample = Sample(Image(width: 1, height: 1, fill: .white))
        let mixup = Augment.Mixup(alpha: alpha)
        var random = SplitMix64(seed: 5)
        let weights = (0..<20000).map { _ in Double(mixup.combine(sample, sample, using: &random).weight) }
        #expect(weights.allSatisfy { (0...1).contains($0) })
        let mean = weights.reduce(0, +) / 20000
        let variance = weights.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / 20000
        let expected = 1 / (4 * (2 * alpha + 1))
        #expect(abs(mean - 0.5) < 5 * (expected / 20000).squareRoot(), "\(mean)")
        #expect(abs(variance / expected - 1) < 0.06, "\(variance), expected \(expected)")
    }

    @Test(
        "recipe: errors describe the problem",
        arguments: [
            ("rotat=5", AugmentationError.unknownName("rotat"), "did you mean \"rotate\"?"),
            ("zebra", .unknownName("zebra"), "there are mirror, resized-crop, "),
            ("", .emptyStep, "a name is missing beside a comma"),
            ("mirror,,flip", .emptyStep, "a name is missing"),
            ("=5", .emptyStep, "a name is missing"),
            ("mirror=5", .needlessValue("mirror", found: "5"), "mirror takes no value"),
            ("rotate=x", .badValue("rotate", found: "x", limits: -360...360), "a number from -360 to 360 is expected"),
            ("rotate=nan", .badValue("rotate", found: "nan", limits: -360...360), "a number from"),
            ("rotate=20:10", .badValue("rotate", found: "20:10", limits: -360...360), "two in order, as low:high"),
            ("rotate=1:2:3", .badValue("rotate", found: "1:2:3", limits: -360...360), "as low:high"),
            ("rotate=", .badValue("rotate", found: "", limits: -360...360), "a number from"),
            ("elastic=0.5", .badValue("elastic", found: "0.5", limits: 0...0.33), "from 0 to 0.33"),
            ("blur=1e999", .badValue("blur", found: "1e999", limits: 0...100), "from 0 to 100"),
            ("elastic=0.1:0.2", .needlessRange("elastic", found: "0.1:0.2"), "elastic takes one number"),
            ("mirror@2", .badProbability("mirror", found: "2"), "a probability from 0 to 1"),
            ("mirror@", .badProbability("mirror", found: ""), "a probability from 0 to 1"),
        ])
    func badRecipesSayWhatIsWrong(text: String, error: AugmentationError, message: String) {
        #expect(error.description.contains(message))
        #expect(throws: error) { try AugmentationRecipe(text) }
    }

    @Test("recipe: numbers are strengths or ranges") func numbersAreStrengthsOrRanges() throws {
        let sample = PaintedSample.make()
        func same(_ text: String, _ augmentation: any Augmentation) throws {
            #expect(try AugmentationRecipe(text).pipeline(sample, seed: 4) == augmentation(sample, seed: 4), "\(text)")
        }
        try same("rotate=20", Augment.Rotate(degrees: -20...20))
        try same(" Rotate = 5:6 , MIRROR", Augment.Pipeline([Augment.Rotate(degrees: 5...6), Augment.Mirror()]))
        try same("brightness=0.3", Augment.Brightness(factor: 0.7...1.3))
        try same("contrast=3", Augment.Contrast(factor: 0...4))
        try same("gamma=2", Augment.Gamma(gamma: 0.5...2))
        try same("blur=1.5", Augment.Blur(sigma: 1.5...1.5))
        try same("crop", Augment.Crop())
    }

    /// Also at the limits: no accepted number may trap.
    @Test("recipe: all numbers within the limits are valid") func everyNumberWithinTheLimitsWorks() throws {
        let sample = Sample(noise(width: 13, height: 9, format: .rgb))
        for kind in AugmentationKind.all {
            guard let limits = kind.limits else { continue }
            let (low, high) = (limits.lowerBound, limits.upperBound)
            let ranges = kind.takesRange ? ["\(low):\(high)", "\(low):\(low)", "\(high):\(high)"] : []
            for value in ["\(low)", "\(high)"] + ranges {
                let pipeline = try AugmentationRecipe("\(kind.name)=\(value)").pipeline
                for seed in 0..<5 { _ = pipeline(sample, seed: UInt64(seed)) }
            }
        }
    }
}
