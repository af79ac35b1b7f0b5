import CVDetection
import CVImage
import Foundation
import TestSupport
import Testing

@Suite struct NonMaxSuppressionTests {
    /// The definition, over all pairs.
    func reference(_ candidates: [Candidate], iouThreshold: Float, perClass: Bool) -> [Candidate] {
        var kept: [Candidate] = []
        let order = candidates.indices.sorted {
            let (a, b) = (candidates[$0].confidence, candidates[$1].confidence)
            return a == b ? $0 < $1 : a > b
        }
        for candidate in order.map({ candidates[$0] }) {
            let rivals = kept.filter { !perClass || $0.classIndex == candidate.classIndex }
            if rivals.allSatisfy({ $0.box.intersectionOverUnion(with: candidate.box) <= iouThreshold }) {
                kept.append(candidate)
            }
        }
        return kept
    }

    /// Boxes of many sizes and shapes, some without area, in clusters or evenly spread, with ties in confidence.
    func randomCandidates(_ count: Int, _ random: inout SplitMix64) -> [Candidate] {
        let spread = random.float(1...400)
        let largest = random.float(2...8)
        return (0..<count).map { _ in
            let side = exp(random.float(-3...largest))
            let flat = random.float(0...1) < 0.02
            let box = Box(
                center: random.float(-spread...spread), random.float(-spread...spread),
                width: flat ? 0 : side * random.float(0.3...1), height: side * random.float(0.3...1))
            return Candidate(
                classIndex: Int(random.float(0...3)), confidence: random.float(0...64).rounded() / 64, box: box)
        }
    }

    @Test(
        "NMS: result matches the definition over all pairs",
        arguments: [Float(0), 0.001, 0.1, 0.25, 0.45, 0.5, 0.7, 0.9, 0.99, 1])
    func equalsAllPairsReference(threshold: Float) {
        for seed in 0..<40 {
            var random = SplitMix64(seed: UInt64(seed))
            let candidates = randomCandidates(seed * 10, &random)
            for perClass in [true, false] {
                let found = nonMaxSuppression(candidates, iouThreshold: threshold, perClass: perClass)
                let expected = reference(candidates, iouThreshold: threshold, perClass: perClass)
                #expect(found == expected, "seed \(seed), perClass \(perClass), \(candidates.count) candidates")
            }
        }
    }

    struct GoldenCase: Decodable {
        let threshold: Float, boxes: [[Float]], scores: [Float], classes: [Int], perClass: [Int], agnostic: [Int]
    }

    /// Golden/nms.json is made by `Tools/golden.py suppression`.
    @Test("NMS: result matches torchvision") func equalsTorchvision() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/nms.json")
        let cases = try JSONDecoder().decode([GoldenCase].self, from: Data(contentsOf: file))
        #expect(cases.count == 5)
        for golden in cases {
            let candidates = golden.boxes.indices.map { index in
                let b = golden.boxes[index]
                return Candidate(
                    classIndex: golden.classes[index], confidence: golden.scores[index],
                    box: Box(minX: b[0], minY: b[1], maxX: b[2], maxY: b[3]))
            }
            let perClass = nonMaxSuppression(candidates, iouThreshold: golden.threshold)
            #expect(perClass == golden.perClass.map { candidates[$0] })
            let agnostic = nonMaxSuppression(candidates, iouThreshold: golden.threshold, perClass: false)
            #expect(agnostic == golden.agnostic.map { candidates[$0] })
            #expect(golden.boxes.count == 1 || agnostic.count < candidates.count)
        }
    }

    @Test("NMS: NaN and inverted boxes are dropped") func dropsNaNAndInvertedBoxes() {
        let good = Candidate(classIndex: 0, confidence: 0.5, box: Box(minX: 0, minY: 0, maxX: 9, maxY: 9))
        var candidates = [good]
        for bad in [Float.nan, .infinity, -.infinity] {
            for field in [\Box.minX, \.minY, \.maxX, \.maxY] {
                var candidate = good
                candidate.box[keyPath: field] = bad
                candidates.append(candidate)
            }
            candidates.append(Candidate(classIndex: 0, confidence: bad, box: good.box))
        }
        candidates.append(
            Candidate(classIndex: 0, confidence: 0.9, box: Box(minX: 9, minY: 0, maxX: 0, maxY: 9)))
        candidates.append(
            Candidate(classIndex: 0, confidence: 0.9, box: Box(minX: 0, minY: 9, maxX: 9, maxY: 0)))
        #expect(nonMaxSuppression(candidates, iouThreshold: 0.5) == [good])
        #expect(nonMaxSuppression([], iouThreshold: 0.5) == [])
    }

    /// Where nothing would suppress it.
    @Test("NMS: a candidate without a finite confidence is dropped, wherever it lies")
    func dropsNaNConfidenceElsewhere() {
        let good = Candidate(classIndex: 0, confidence: 0.5, box: Box(minX: 0, minY: 0, maxX: 9, maxY: 9))
        for bad in [Float.nan, .infinity, -.infinity] {
            let apart = Candidate(classIndex: 0, confidence: bad, box: Box(minX: 50, minY: 50, maxX: 59, maxY: 59))
            #expect(nonMaxSuppression([good, apart], iouThreshold: 0.5) == [good])
            #expect(nonMaxSuppression([apart, good], iouThreshold: 0.5, perClass: false) == [good])
            #expect(nonMaxSuppression([apart], iouThreshold: 0.5).isEmpty)
        }
    }

    @Test("NMS: of equal confidences the earlier candidate wins") func tiesGoToTheEarlierCandidate() {
        let candidates = [0, 3, 1, 2].map {
            Candidate(classIndex: 0, confidence: 0.5, box: Box(minX: Float($0), minY: 0, maxX: 100, maxY: 100))
        }
        #expect(nonMaxSuppression(candidates, iouThreshold: 0.5) == [candidates[0]])
        #expect(nonMaxSuppression(candidates, iouThreshold: 1) == candidates)
    }

    @Test("NMS: maxDetections keeps the most confident") func maxDetectionsKeepsTheMostConfident() {
        let candidates = (0..<10).map {
            Candidate(
                classIndex: 0, confidence: Float($0) / 10,
                box: Box(center: Float($0) * 100, 0, width: 10, height: 10))
        }
        #expect(
            nonMaxSuppression(candidates, iouThreshold: 0.5, maxDetections: 3) == [
                candidates[9], candidates[8], candidates[7],
            ])
        #expect(nonMaxSuppression(candidates, iouThreshold: 0.5, maxDetections: 0) == [])
    }

    @Test("NMS: huge and tiny coordinates are handled") func hugeAndTinyCoordinatesAreHandled() {
        let limit = Float.greatestFiniteMagnitude
        let boxes = [
            Box(minX: -limit, minY: -limit, maxX: limit, maxY: limit),
            Box(minX: limit, minY: limit, maxX: limit, maxY: limit),
            Box(minX: 0, minY: 0, maxX: .leastNonzeroMagnitude, maxY: .leastNonzeroMagnitude),
            Box(minX: 1e18, minY: -1e18, maxX: 2e18, maxY: 1),
        ]
        let candidates = boxes.map { Candidate(classIndex: .max, confidence: 0.5, box: $0) }
        for threshold: Float in [0, 0.5, 1] {
            #expect(nonMaxSuppression(candidates, iouThreshold: threshold).count == 4)
        }
    }

    /// Arrangements of 100,000 boxes, each the worst case of some simple method.
    enum Crowd: String, CaseIterable {
        case allOverlapping, apartOnAGrid, evenlySpread, clustered, oneRow, denseEqual
    }

    /// CPU time instead of wall-clock time, because other tests run in parallel.
    private static func secondsOfThisThread() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// About half a second at most; all five billion pairs would take many times that.
    @Test("NMS: 100,000 boxes take less than two seconds", arguments: Crowd.allCases)
    func hundredThousandBoxesTakeUnderTwoSeconds(crowd: Crowd) {
        var random = SplitMix64(seed: 7)
        let candidates = (0..<100_000).map { index -> Candidate in
            let box: Box
            switch crowd {
            case .allOverlapping:
                box = Box(
                    center: 300 + random.float(-2...2), 300 + random.float(-2...2), width: 200, height: 200)
            case .apartOnAGrid:
                box = Box(center: Float(index % 317) * 4, Float(index / 317) * 4, width: 3, height: 3)
            case .evenlySpread:
                let side = exp(random.float(1...6))
                box = Box(
                    center: random.float(0...2000), random.float(0...2000), width: side,
                    height: side * random.float(0.4...2.5))
            case .clustered:
                let center = Float(index % 50) * 40
                box = Box(
                    center: center + random.float(-10...10), center + random.float(-10...10),
                    width: random.float(20...80), height: random.float(20...80))
            case .oneRow: box = Box(center: Float(index) * 2, 0, width: 1, height: 1000)
            case .denseEqual: box = Box(center: random.float(0...608), random.float(0...608), width: 50, height: 50)
            }
            return Candidate(classIndex: index % 80, confidence: random.float(0.001...1), box: box)
        }
        for (threshold, perClass) in [(Float(0.45), true), (0.45, false), (0.05, true), (0.9, false)] {
            let start = Self.secondsOfThisThread()
            let kept = nonMaxSuppression(candidates, iouThreshold: threshold, perClass: perClass).count
            let seconds = Self.secondsOfThisThread() - start
            #expect(seconds < 2, "\(crowd), IoU \(threshold), perClass \(perClass)")
            #expect(kept > 0)
            if crowd == .apartOnAGrid { #expect(kept == 100_000) }
        }
    }
}
