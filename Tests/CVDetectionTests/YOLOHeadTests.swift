import CVDetection
import CVImage
import Foundation
import TestSupport
import Testing

@Suite struct YOLOHeadTests {
    typealias Anchor = YOLOHead.Anchor

    /// The definition in double precision, over all pairs.
    func reference(_ head: YOLOHead, _ values: [Float], confidence: Double) -> [(
        index: Int, score: Double, box: [Double]
    )] {
        func sigmoid(_ x: Double) -> Double { head.coordinates == .squared ? x : 1 / (1 + exp(-x)) }
        let (w, h) = (head.gridWidth, head.gridHeight)
        var found: [(Int, Double, [Double])] = []
        for (a, anchor) in head.anchors.enumerated() {
            for row in 0..<h {
                for column in 0..<w {
                    let v = (0..<5 + head.classCount).map {
                        Double(values[((a * (5 + head.classCount) + $0) * h + row) * w + column])
                    }
                    let s = Double(head.scaleXY)
                    let x = (sigmoid(v[0]) * s - (s - 1) / 2 + Double(column)) / Double(w) * Double(head.inputWidth)
                    let y = (sigmoid(v[1]) * s - (s - 1) / 2 + Double(row)) / Double(h) * Double(head.inputHeight)
                    let squared = head.coordinates == .squared
                    let bw = Double(anchor.width) * (squared ? pow(2 * v[2], 2) : exp(v[2]))
                    let bh = Double(anchor.height) * (squared ? pow(2 * v[3], 2) : exp(v[3]))
                    for c in 0..<head.classCount {
                        let score = sigmoid(v[4]) * sigmoid(v[5 + c])
                        if score >= confidence {
                            found.append((c, score, [x - bw / 2, y - bh / 2, x + bw / 2, y + bh / 2]))
                        }
                    }
                }
            }
        }
        return found
    }

    @Test("YOLOX: boxes are offsets from the cell, and only the best class counts") func decodesOffsets() throws {
        let head = YOLOHead(
            anchors: [Anchor(16, 16)], classCount: 3, gridWidth: 2, gridHeight: 1, inputWidth: 32, inputHeight: 16,
            coordinates: .offset)
        // Channels x, y, width, height, objectness, three classes, each of two cells.
        let values: [Float] = [0, 0.5, 0, 0.25, 0, 0.5, 0, -0.5, -9, 2, 0, 1, 0, 3, 0, 2.5]
        let found = head.decode(values, confidence: 0.5)
        let only = try #require(found.first)
        #expect(found.count == 1 && only.classIndex == 1)
        func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
        #expect(abs(only.confidence - sigmoid(2) * sigmoid(3)) < 1e-6)
        let (width, height) = (16 * exp(Float(0.5)), 16 * exp(Float(-0.5)))
        #expect(abs(only.box.minX - (24 - width / 2)) < 1e-4 && abs(only.box.maxX - (24 + width / 2)) < 1e-4)
        #expect(abs(only.box.minY - (4 - height / 2)) < 1e-4 && abs(only.box.maxY - (4 + height / 2)) < 1e-4)
    }

    @Test(
        "YOLO head: decoding matches a reference in double precision",
        arguments: [Float(0), 0.001, 0.25, 0.9], [YOLOHead.Coordinates.exponential, .squared])
    func equalsReferenceInDoubles(confidence: Float, coordinates: YOLOHead.Coordinates) {
        for (seed, scaleXY) in [Float(1), 1.05, 2].enumerated() {
            let head = YOLOHead(
                anchors: [Anchor(10, 14), Anchor(37, 58), Anchor(81, 82)], classCount: 7, gridWidth: 5, gridHeight: 3,
                inputWidth: 160, inputHeight: 96, scaleXY: scaleXY, coordinates: coordinates)
            var random = SplitMix64(seed: UInt64(seed))
            let range: ClosedRange<Float> = coordinates == .squared ? 0...1 : -6...6
            let values = (0..<head.valueCount).map { _ in random.float(range) }
            let found = head.decode(values, confidence: confidence)
            let expected = reference(head, values, confidence: Double(confidence))
            #expect(found.count == expected.count)
            #expect(found.count > (confidence == 0 ? 3 * 5 * 3 * 7 - 1 : 0))
            for (candidate, wanted) in zip(found, expected) {
                #expect(candidate.classIndex == wanted.index)
                #expect(abs(Double(candidate.confidence) - wanted.score) < 1e-6)
                let b = candidate.box
                for (value, want) in zip([b.minX, b.minY, b.maxX, b.maxY], wanted.box) {
                    #expect(abs(Double(value) - want) < 1e-4 + 2e-6 * abs(want), "\(confidence) \(scaleXY)")
                }
            }
        }
    }

    /// One cell, one class: zero logits decode to a box of the anchor's size at the center of the cell.
    let single = YOLOHead(
        anchors: [Anchor(8, 4)], classCount: 1, gridWidth: 1, gridHeight: 1, inputWidth: 32, inputHeight: 16)

    @Test("YOLO head: zero logits give the anchor at the center of the cell") func zeroLogitsGiveCenteredAnchor() {
        let expected = Candidate(
            classIndex: 0, confidence: 0.25, box: Box(minX: 12, minY: 6, maxX: 20, maxY: 10))
        #expect(single.decode([0, 0, 0, 0, 0, 0], confidence: 0.25) == [expected])
        #expect(single.decode([0, 0, 0, 0, 0, 0], confidence: 0.2501) == [])
        #expect(single.decode([0, 0, 0, 0, 40, 40], confidence: 1).count == 1)
    }

    @Test("YOLO head: NaN and infinite values give no candidate") func nonFiniteValuesGiveNoCandidate() {
        for position in 0..<6 {
            for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] {
                for head in [single, squared] {
                    var values: [Float] = [0.5, 0.5, 0.5, 0.5, 0.9, 0.9]
                    #expect(head.decode(values, confidence: 0.1).count == 1)
                    values[position] = bad
                    #expect(head.decode(values, confidence: 0) == [], "\(bad) at \(position)")
                }
            }
        }
    }

    var squared: YOLOHead {
        YOLOHead(
            anchors: [Anchor(8, 4)], classCount: 1, gridWidth: 1, gridHeight: 1, inputWidth: 32, inputHeight: 16,
            coordinates: .squared)
    }

    @Test("YOLO head: extreme values give finite boxes or none") func extremeValuesGiveFiniteBoxesOrNone() throws {
        let large = try #require(single.decode([0, 0, 1e30, 100, 9, 9], confidence: 0.5).first).box
        #expect(large.width.isFinite && large.height.isFinite && large.width > 1e6)
        let small = try #require(single.decode([-1e30, 1e30, -1e30, -1e30, 9, 9], confidence: 0.5).first).box
        #expect(small == Box(minX: 0, minY: 16, maxX: 0, maxY: 16))
        #expect(squared.decode([0, 0, 1e30, 0, 1, 1], confidence: 0.5) == [])
        #expect(single.decode([0, 0, 0, 0, -1e30, -1e30], confidence: 0).count == 1)
    }

    /// Random bit patterns, half of them near typical logits.
    @Test("YOLO head: random bit patterns give finite candidates") func randomBitsGiveFiniteCandidates() {
        for seed in 0..<200 {
            var random = SplitMix64(seed: UInt64(seed))
            let head = YOLOHead(
                anchors: [Anchor(10, 14), Anchor(.greatestFiniteMagnitude, 0)], classCount: 3, gridWidth: 7,
                gridHeight: 4, inputWidth: 224, inputHeight: 128, scaleXY: 1.2,
                coordinates: seed % 2 == 0 ? .exponential : .squared)
            let values = (0..<head.valueCount).map { _ in
                random.next() % 2 == 0
                    ? Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) : random.float(-3...9)
            }
            let found = head.decode(values, confidence: 0.1)
            #expect(found.allSatisfy { $0.box.width.isFinite && (0.1...1).contains($0.confidence) })
            #expect(!found.isEmpty)
            #expect(nonMaxSuppression(found, iouThreshold: 0.45).count <= found.count)
        }
    }

    /// The limits are at least five times the measured time, for machines under load.
    @Test(
        "YOLO head: decoding takes a few milliseconds at most",
        arguments: [
            (name: "yolov3-tiny at 416", sides: [13, 26], limit: Duration.milliseconds(2)),
            (name: "yolov3 at 608", sides: [19, 38, 76], limit: .milliseconds(15)),
        ])
    func decodingTakesFewMilliseconds(network: (name: String, sides: [Int], limit: Duration)) {
        var random = SplitMix64(seed: 3)
        let heads = network.sides.map { side in
            YOLOHead(
                anchors: [Anchor(10, 13), Anchor(62, 45), Anchor(156, 198)], classCount: 80, gridWidth: side,
                gridHeight: side, inputWidth: side * 32, inputHeight: side * 32)
        }
        let values = heads.map { head in (0..<head.valueCount).map { _ in random.float(-9...1) } }
        var best = Duration.seconds(9)
        var count = 0
        for _ in 0..<10 {
            let time = ContinuousClock().measure {
                count = zip(heads, values).map { $0.decode($1, confidence: 0.25).count }.reduce(0, +)
            }
            best = min(best, time)
        }
        let boxes = network.sides.map { 3 * $0 * $0 }.reduce(0, +)
        print("decoding \(network.name): \(boxes) boxes to \(count) candidates in \(best)")
        #expect(count > 0)
        #expect(best < network.limit)
    }
}

@Suite struct ResultsTests {
    let candidates = [
        Candidate(classIndex: 0, confidence: 0.9, box: Box(minX: 10, minY: 10, maxX: 30, maxY: 30)),
        Candidate(classIndex: 1, confidence: 0.8, box: Box(minX: 11, minY: 10, maxX: 30, maxY: 30)),
        Candidate(classIndex: 0, confidence: 0.7, box: Box(minX: 90, minY: 90, maxX: 120, maxY: 130)),
        Candidate(classIndex: 0, confidence: 0.6, box: Box(minX: -50, minY: 0, maxX: -10, maxY: 9)),
        Candidate(classIndex: 5, confidence: 0.3, box: Box(minX: 60, minY: 0, maxX: 70, maxY: 9)),
        Candidate(classIndex: 5, confidence: 0.2, box: Box(minX: 40, minY: 0, maxX: 50, maxY: 9)),
    ]

    func run(_ change: (inout DetectionOptions) -> Void = { _ in }) -> [Detection] {
        var options = DetectionOptions()
        change(&options)
        return detections(from: candidates, options: options, labels: ["cat", "dog"], width: 200, height: 210) {
            Box(minX: $0.minX * 2, minY: $0.minY * 2, maxX: $0.maxX * 2, maxY: $0.maxY * 2)
        }
    }

    @Test("detections: boxes are mapped, clipped and dropped outside the image") func boxesAreMappedAndClipped() {
        #expect(
            run() == [
                Detection(
                    label: "cat", classIndex: 0, confidence: 0.9, box: Box(minX: 20, minY: 20, maxX: 60, maxY: 60)),
                Detection(
                    label: "dog", classIndex: 1, confidence: 0.8, box: Box(minX: 22, minY: 20, maxX: 60, maxY: 60)),
                Detection(
                    label: "cat", classIndex: 0, confidence: 0.7,
                    box: Box(minX: 180, minY: 180, maxX: 200, maxY: 210)),
                Detection(
                    label: "class 5", classIndex: 5, confidence: 0.3,
                    box: Box(minX: 120, minY: 0, maxX: 140, maxY: 18)),
            ])
    }

    @Test("detections: options select by class, confidence and number") func optionsSelect() {
        #expect(run { $0.classAgnostic = true }.map(\.confidence) == [0.9, 0.7, 0.3])
        #expect(run { $0.classes = [1, 5] }.map(\.confidence) == [0.8, 0.3])
        #expect(run { $0.classes = [] }.isEmpty)
        #expect(run { $0.confidence = 0.1 }.count == 5)
        #expect(run { $0.maxDetections = 3 }.map(\.confidence) == [0.9, 0.8, 0.7])
        #expect(run { $0.maxDetections = -1 }.isEmpty)
        #expect(run { $0.confidence = .nan }.isEmpty)
    }

    @Test("detections: a box outside the image takes the place of no other") func boxesOutsideTakeNoPlace() {
        let boxes = [Box(minX: 300, minY: 10, maxX: 320, maxY: 30), Box(minX: 10, minY: 10, maxX: 30, maxY: 30)]
        let candidates = zip(boxes, [0.9, 0.5] as [Float]).map { Candidate(classIndex: 0, confidence: $1, box: $0) }
        var options = DetectionOptions()
        options.maxDetections = 1
        let found = detections(from: candidates, options: options, labels: ["cat"], width: 200, height: 100) { $0 }
        #expect(found.map(\.confidence) == [0.5])
    }

    @Test("YOLO head: a limit keeps the most confident candidates") func limitKeepsMostConfident() {
        let head = YOLOHead(
            anchors: [.init(1, 1)], classCount: 1, gridWidth: 100, gridHeight: 1, inputWidth: 100, inputHeight: 1,
            coordinates: .squared)
        // Confidence rises and falls along the row.
        let objectness = (0..<100).map { Float(($0 * 37) % 100 + 1) / 128 }
        let values = [Float](repeating: 0.5, count: 400) + objectness + [Float](repeating: 1, count: 100)
        var (all, some): ([Candidate], [Candidate]) = ([], [])
        values.withUnsafeBufferPointer {
            head.decode($0, confidence: 0, into: &all)
            head.decode($0, confidence: 0, into: &some, limit: 30)
        }
        #expect(all.count == 100)
        #expect((30..<60).contains(some.count))
        let best = all.filter { candidate in all.count { $0.confidence > candidate.confidence } < 30 }
        #expect(some.filter { best.contains($0) } == best)
    }

    @Test("detections: a box mapped to NaN is dropped") func boxMappedToNaNIsDropped() {
        let found = detections(
            from: candidates, options: DetectionOptions(), labels: [], width: 9, height: 9
        ) { _ in Box(minX: .nan, minY: 0, maxX: 1, maxY: 1) }
        #expect(found.isEmpty)
    }

    @Test("IoU: known pairs") func iouOfKnownPairs() {
        let a = Box(minX: 0, minY: 0, maxX: 10, maxY: 10)
        #expect(a.intersectionOverUnion(with: a) == 1)
        #expect(a.intersectionOverUnion(with: Box(minX: 5, minY: 0, maxX: 15, maxY: 10)) == Float(50) / 150)
        #expect(a.intersectionOverUnion(with: Box(minX: 10, minY: 0, maxX: 20, maxY: 10)) == 0)
        #expect(a.intersectionOverUnion(with: Box(minX: 2, minY: 2, maxX: 4, maxY: 7)) == Float(10) / 100)
        let empty = Box(minX: 3, minY: 3, maxX: 3, maxY: 3)
        #expect(empty.intersectionOverUnion(with: empty) == 0)
        #expect(a.intersectionOverUnion(with: Box(minX: .nan, minY: 0, maxX: 1, maxY: 1)) == 0)
    }
}
