import CVCore
import CVImage
import TestSupport
import Testing

/// An image whose pixels show its labels: red boxes, a green circle at each keypoint, and a mask of the boxes.
struct PaintedSample {
    static let boxes = [Box(minX: 60, minY: 40, maxX: 110, maxY: 90), Box(minX: 150, minY: 100, maxX: 190, maxY: 160)]
    static let points = [Point(x: 85, y: 65), Point(x: 170, y: 130), Point(x: 40, y: 170), Point(x: 200, y: 30)]

    /// 240 × 200 pixels on black.
    static func make() -> Sample {
        var image = Image(width: 240, height: 200, fill: .black)
        var values = [UInt8](repeating: 0, count: 240 * 200)
        for (index, box) in boxes.enumerated() {
            image.fill(box, color: Color(255, 0, 0))
            for y in Int(clamping: box.minY)..<Int(clamping: box.maxY) {
                for x in Int(clamping: box.minX)..<Int(clamping: box.maxX) { values[y * 240 + x] = UInt8(index + 1) }
            }
        }
        for point in points { image.fillCircle(center: point, radius: 5, color: Color(0, 255, 0)) }
        return Sample(
            image, boxes: boxes.enumerated().map { LabeledBox($1, label: $0) },
            masks: [Mask(width: 240, height: 200, values: values)], keypoints: [points.map { Keypoint($0) }])
    }
}

@Suite struct AugmentationGeometryTests {
    /// A fill, because other borders would repeat the objects.
    static let moves: [(name: String, move: any Augmentation)] = [
        ("mirror", Augment.Mirror()),
        ("flip", Augment.Flip()),
        ("crop", Augment.Crop(part: 0.6...0.9)),
        ("resized crop", Augment.ResizedCrop(area: 0.4...0.9)),
        ("resized crop to a frame", Augment.ResizedCrop(area: 0.4...0.9, size: (320, 150))),
        ("shift", Augment.Shift(.part(0.3), border: .fill(.black))),
        ("shift by pixels", Augment.Shift(.pixels(30), border: .fill(.black))),
        ("rotate", Augment.Rotate(degrees: -40...40, border: .fill(.black))),
        ("shear", Augment.Shear(degrees: -30...30, border: .fill(.black))),
        ("affine", Augment.Affine(strength: 1.5, border: .fill(.black))),
        ("elastic", Augment.Elastic(cells: 4, strength: 0.33, border: .fill(.black))),
    ]

    /// The bounding box of the pixels where `isPaint` is true; nil for none.
    private func extent(_ image: Image, where isPaint: (Int, Int) -> Bool) -> Box? {
        var box: Box?
        for y in 0..<image.height {
            for x in 0..<image.width where isPaint(x, y) {
                let (left, top) = (Float(x), Float(y))
                let old = box ?? Box(minX: left, minY: top, maxX: left, maxY: top)
                box = Box(
                    minX: min(old.minX, left), minY: min(old.minY, top), maxX: max(old.maxX, left + 1),
                    maxY: max(old.maxY, top + 1))
            }
        }
        return box
    }

    private func distance(_ a: Box, _ b: Box) -> Float {
        max(abs(a.minX - b.minX), abs(a.minY - b.minY), abs(a.maxX - b.maxX), abs(a.maxY - b.maxY))
    }

    /// The objects, located by mask and color, are where boxes, masks and keypoints are.
    @Test("augmentation: boxes, masks and keypoints move with the pixels", arguments: moves.indices)
    func labelsMoveWithThePaint(index: Int) {
        let (name, move) = Self.moves[index]
        let original = PaintedSample.make()
        var boxes = 0
        for seed in 0..<12 {
            let sample = move(original, seed: UInt64(seed))
            let (image, mask) = (sample.image, sample.masks[0])
            #expect(mask.width == image.width && mask.height == image.height)
            for labeled in sample.boxes {
                guard let found = extent(image, where: { mask[$0, $1] == UInt8(labeled.label + 1) }) else {
                    Issue.record("\(name), seed \(seed): box \(labeled) without paint")
                    continue
                }
                boxes += 1
                #expect(distance(found, labeled.box) <= 2.1, "\(name), seed \(seed): \(labeled.box) \(found)")
            }
            checkMask(sample, name, seed)
            checkKeypoints(sample, name, seed)
        }
        #expect(boxes >= 12, "\(name): \(boxes) boxes remain in 12 images")
    }

    /// A pixel inside an object by its mask is red or green, and one outside is not red.
    private func checkMask(_ sample: Sample, _ name: String, _ seed: Int) {
        var wrong = 0
        let mask = sample.masks[0]
        for y in 1..<mask.height - 1 {
            for x in 1..<mask.width - 1 {
                // Edges are blended by interpolation: only where the mask is constant around the pixel.
                let around = [(x, y), (x - 1, y - 1), (x + 1, y - 1), (x - 1, y + 1), (x + 1, y + 1)].map {
                    mask[$0, $1]
                }
                guard Set(around).count == 1 else { continue }
                let color = sample.image[x, y]
                let isPainted = Int(color.red) + Int(color.green) > 240
                let isRed = color.red > 128
                if around[0] == Mask.ignore ? color != .black : around[0] == 0 ? isRed : !isPainted { wrong += 1 }
            }
        }
        #expect(wrong <= 4, "\(name), seed \(seed): \(wrong) pixels")
    }

    /// The centroid of each green circle that is fully inside is at its keypoint.
    private func checkKeypoints(_ sample: Sample, _ name: String, _ seed: Int) {
        let image = sample.image
        for keypoint in sample.keypoints[0] {
            let (x, y) = (keypoint.position.x, keypoint.position.y)
            let isInside = x >= 0 && x < Float(image.width) && y >= 0 && y < Float(image.height)
            #expect(keypoint.isVisible == isInside, "\(name), seed \(seed): \(keypoint)")
            guard x > 14, y > 14, x < Float(image.width) - 14, y < Float(image.height) - 14 else { continue }
            var (sumX, sumY, weight): (Float, Float, Float) = (0, 0, 0)
            for row in Int(clamping: y) - 13...Int(clamping: y) + 13 {
                for column in Int(clamping: x) - 13...Int(clamping: x) + 13 {
                    let green = Float(image[column, row].green)
                    sumX += green * (Float(column) + 0.5)
                    sumY += green * (Float(row) + 0.5)
                    weight += green
                }
            }
            #expect(weight > 255 * 20, "\(name), seed \(seed): no disc at \(keypoint)")
            let (dx, dy) = (abs(sumX / weight - x), abs(sumY / weight - y))
            #expect(dx < 0.8 && dy < 0.8, "\(name), seed \(seed): \(keypoint) is off by \(dx), \(dy)")
        }
    }

    @Test("mirror: left and right keypoints of each object swap") func aMirrorSwapsLeftAndRightKeypointsOfEachObject() {
        var sample = PaintedSample.make()
        sample.keypoints = [
            [Keypoint(Point(x: 10, y: 20)), Keypoint(Point(x: 30, y: 20)), Keypoint(Point(x: 20, y: 25))],
            [
                Keypoint(Point(x: 100, y: 20), isVisible: false), Keypoint(Point(x: 90, y: 20)),
                Keypoint(Point(x: 0.5, y: 1)),
            ],
        ]
        var random = SplitMix64(seed: 0)
        let mirrored = Augment.Mirror(keypointPairs: [.init(0, 1)])(sample, using: &random)
        #expect(
            mirrored.keypoints == [
                [Keypoint(Point(x: 210, y: 20)), Keypoint(Point(x: 230, y: 20)), Keypoint(Point(x: 220, y: 25))],
                [
                    Keypoint(Point(x: 150, y: 20)), Keypoint(Point(x: 140, y: 20), isVisible: false),
                    Keypoint(Point(x: 239.5, y: 1)),
                ],
            ])
        #expect(mirrored.mirrored(keypointPairs: [(0, 1)]) == sample)
    }

    @Test("crop: boxes are clipped, and dropped if too little is left")
    func boxesAreCutAtTheBorderAndDroppedWhenTooLittleIsLeft() {
        var sample = Sample(Image(width: 100, height: 100, fill: .white))
        func box(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> LabeledBox {
            LabeledBox(Box(minX: x, minY: y, maxX: x + width, maxY: y + height), label: Int(clamping: x))
        }
        // Of the crop's 50 columns from 25: all, half, a twentieth, none of each; and less than a pixel.
        sample.boxes = [
            box(30, 30, 10, 10), box(20, 30, 10, 10), box(5, 30, 21, 10), box(80, 30, 5, 5), box(40, 30, 0.5, 9),
        ]
        let cropped = sample.cropped(x: 25, y: 25, width: 50, height: 50)
        #expect(cropped.boxes.map(\.label) == [30, 20])
        #expect(cropped.boxes[0].box == Box(minX: 5, minY: 5, maxX: 15, maxY: 15))
        #expect(cropped.boxes[1].box == Box(minX: 0, minY: 5, maxX: 5, maxY: 15))
        sample.leastVisiblePart = 0.6
        #expect(sample.cropped(x: 25, y: 25, width: 50, height: 50).boxes.map(\.label) == [30])
        sample.boxes = [LabeledBox(Box(minX: .nan, minY: 0, maxX: 50, maxY: .infinity), label: 0)]
        #expect(sample.mirrored().boxes.isEmpty)
    }

    /// Outside the image: its mirror image, its edge pixels, or a color; the mask is `Mask.ignore` for all three.
    @Test("border: reflect, edge and fill") func bordersAreWhatTheySay() {
        var image = Image(width: 6, height: 1, fill: .black)
        for x in 0..<6 { image[x, 0] = Color(UInt8(40 * x), 0, 0) }
        let sample = Sample(image, masks: [Mask(width: 6, height: 1, values: [1, 2, 3, 4, 5, 6])])
        func reds(_ border: Border) -> [UInt8] {
            let moved = sample.warped(by: .translation(x: 2, y: 0), border: border)
            #expect(moved.masks[0].values == [255, 255, 1, 2, 3, 4])
            return (0..<6).map { moved.image[$0, 0].red }
        }
        #expect(reds(.reflect) == [40, 0, 0, 40, 80, 120])
        #expect(reds(.edge) == [0, 0, 0, 40, 80, 120])
        #expect(reds(.fill(Color(9, 9, 9))) == [9, 9, 0, 40, 80, 120])
        // Beyond the width of the image, it repeats.
        let far = sample.warped(by: .translation(x: 8, y: 0)).image
        #expect((0..<6).map { far[$0, 0].red } == [160, 200, 200, 160, 120, 80])
        #expect(sample.warped(by: .translation(x: 14, y: 0)).image == sample.warped(by: .translation(x: 2, y: 0)).image)
    }

    /// Copying equals resampling, for every border and any distance.
    @Test(
        "shift: equals a warp by the translation", arguments: [Border.reflect, .edge, .fill(Color(9, 8, 7))],
        [Image.Format.rgb, .rgba])
    func aShiftIsATranslation(border: Border, format: Image.Format) {
        for (width, height) in [(7, 5), (1, 4), (32, 32)] {
            let image = noise(width: width, height: height, format: format)
            // Opaque: between transparent pixels, resampling rounds.
            let sample = Sample(
                format == .rgb ? image : Image(width: width, height: height, format: .rgba, fill: .white))
            for (x, y) in [(0, 0), (2, -1), (-3, 4), (6, 9), (-40, 70), (1, 0), (0, -5)] {
                let warped = sample.warped(by: .translation(x: Double(x), y: Double(y)), border: border)
                let isSame = sample.shifted(x: x, y: y, border: border) == warped
                #expect(isSame, "\(width)×\(height) by (\(x), \(y))")
            }
            for (x, y) in [(Int.max, 0), (0, Int.min), (Int.min, Int.max)] {
                #expect(image.shifted(x: x, y: y, border: border).width == width)
            }
        }
    }

    /// All 81 translations of up to four pixels each way are about equally likely.
    @Test("shift: translations are uniformly distributed") func shiftsAreDrawnEvenly() {
        var image = Image(width: 32, height: 32, fill: .black)
        image[16, 16] = .white
        var counts: [Int: Int] = [:]
        for seed in 0..<8100 {
            let moved = Augment.Shift(.part(0.125), border: .fill(.black))(Sample(image), seed: UInt64(seed)).image
            let position = moved.pixels.firstIndex(of: 255)! / 3
            counts[position, default: 0] += 1
        }
        #expect(Set(counts.keys.map { $0 % 32 }) == Set(12...20) && Set(counts.keys.map { $0 / 32 }) == Set(12...20))
        #expect(counts.count == 81)
        // 100 expected, with a standard deviation of 10.
        #expect(counts.values.allSatisfy { (50...150).contains($0) })
    }

    @Test("augmentation: tiny images pass through all kinds", arguments: [(1, 1), (1, 30), (30, 1), (2, 3)])
    func tinyImagesGoThroughEverything(width: Int, height: Int) throws {
        let image = noise(width: width, height: height, format: width == 2 ? .rgba : .rgb)
        let sample = Sample(
            image, boxes: [LabeledBox(Box(minX: 0, minY: 0, maxX: 1, maxY: 1), label: 0)],
            masks: [Mask(width: width, height: height, values: [UInt8](repeating: 3, count: width * height))])
        for kind in AugmentationKind.all {
            for text in [kind.name, kind.demonstration] {
                let pipeline = try AugmentationRecipe(text).pipeline
                for seed in 0..<20 {
                    let result = pipeline(sample, seed: UInt64(seed))
                    let (width, height) = (result.image.width, result.image.height)
                    #expect(result.masks.allSatisfy { $0.width == width && $0.height == height })
                }
            }
        }
    }
}
