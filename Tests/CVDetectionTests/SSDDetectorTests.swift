import CVDetection
import CVImage
import CVModels
import CVTensor
import Foundation
import TestSupport
import Testing

/// The published SSD from numbers or images to boxes, against a PyTorch implementation with the float32 values of the frozen graph.
/// Made by `Tools/golden.py ssd`; `Tools/evaluate/compare_ssd.py` compares with TensorFlow itself.
@Suite struct SSDDetectorTests {
    private struct Heads: Decodable {
        struct Head: Decodable { let shape: [Int], largestMagnitude: Float, positions: [Int], values: [Float] }
        let inputSeed: UInt64, inputShape: [Int], heads: [Head]
    }

    @Test("SSD: raw heads match PyTorch up to half precision") func rawHeadsMatchPyTorch() throws {
        let golden = try decoded("Golden/ssd-mobilenetv2-heads.json", as: Heads.self)
        let input = seededTensor(seed: golden.inputSeed, Shape([1] + golden.inputShape))
        let heads = try Detector("ssd-mobilenetv2").run(input).flatMap(\.tensors)
        #expect(heads.map(\.shape) == golden.heads.map { Shape([1] + $0.shape) })
        for (found, head) in zip(heads, golden.heads) {
            let values = found.values
            let worst = zip(head.positions, head.values).map { abs(values[$0] - $1) }.max() ?? .infinity
            // The weights of the package are float32, those that come with the library are rounded.
            #expect(worst < 4e-3 * max(head.largestMagnitude, 1), "largest magnitude \(head.largestMagnitude)")
        }
    }

    private struct Golden: Decodable {
        struct Photograph: Decodable {
            let file: String, width: Int, height: Int, detections: [Expected]
        }
        struct Expected: Decodable {
            let label: String, confidence: Float, box: [Float]
        }
        let images: [Photograph]
    }

    @Test("SSD: boxes of photographs match PyTorch") func boxesOfPhotographsMatchPyTorch() throws {
        let golden = try decoded("Golden/ssd-mobilenetv2-detections.json", as: Golden.self)
        let darknet = ProcessInfo.processInfo.environment["CVTOOLKIT_PHOTOS"] ?? "/usr/share/darknet/data"
        let folders = [packageFolder.appending(path: "SampleImages").path, darknet]
        let detector = try Detector("ssd-mobilenetv2")
        var compared = 0
        for photograph in golden.images {
            let path = folders.map { "\($0)/\(photograph.file)" }.first { FileManager.default.fileExists(atPath: $0) }
            guard let path else { continue }
            let image = try Image(contentsOf: path)
            #expect((image.width, image.height) == (photograph.width, photograph.height), "\(photograph.file)")
            compare(try detector.detect(image), photograph)
            compared += 1
        }
        #expect(compared >= 10, "the package has ten samples")
    }

    /// Each expected box has a partner of its class with IoU ≥ 0.99 and a score within 0.005, and no box is left over; where a score
    /// is as near to the threshold of 0.25, it may be on either side of it.
    private func compare(_ found: [Detection], _ photograph: Golden.Photograph) {
        let (threshold, tolerance): (Float, Float) = (0.25, 0.005)
        var rest = found
        for wanted in photograph.detections where wanted.confidence >= threshold - tolerance {
            let box = Box(minX: wanted.box[0], minY: wanted.box[1], maxX: wanted.box[2], maxY: wanted.box[3])
            let partner = rest.firstIndex {
                $0.label == wanted.label && abs($0.confidence - wanted.confidence) <= tolerance
                    && $0.box.intersectionOverUnion(with: box) >= 0.99
            }
            if let partner {
                rest.remove(at: partner)
            } else if wanted.confidence >= threshold + tolerance {
                Issue.record("\(photograph.file): no partner of \(wanted) in \(found)")
            }
        }
        #expect(rest.isEmpty, "\(photograph.file)")
    }

    /// One cell of 100 × 100 pixels with two anchors and two classes.
    private func grid(scores: [Float], values: [Float]) -> SSDGrid {
        SSDGrid(
            scores: Tensor(scores, shape: [1, 4, 1, 1]), values: Tensor(values, shape: [1, 8, 1, 1]),
            anchors: [.init(20, 40), .init(10, 10)], inputWidth: 100, inputHeight: 100)
    }

    private func candidates(_ grid: SSDGrid, confidence: Float) -> [Candidate] {
        var found: [Candidate] = []
        grid.decode(confidence: confidence, into: &found)
        return found
    }

    @Test("SSD: decoding by hand") func decodingByHand() {
        // Moved by half an anchor to the right and a quarter down, twice as wide.
        let values: [Float] = [5, 2.5, 5 * Float(log(2.0)), 0, 0, 0, 0, 0]
        let found = candidates(grid(scores: [0, -9, -9, 2], values: values), confidence: 0.5)
        #expect(found.map(\.classIndex) == [0, 1])
        #expect(found[0].confidence == 0.5 && abs(found[1].confidence - 0.880797) < 1e-6)
        let box = found[0].box
        for (side, expected) in zip([box.minX, box.minY, box.maxX, box.maxY], [40, 40, 80, 80] as [Float]) {
            #expect(abs(side - expected) < 1e-4)
        }
        #expect(found[1].box == Box(minX: 45, minY: 45, maxX: 55, maxY: 55))
    }

    @Test("SSD: NaN, infinity and huge sizes trap nowhere", arguments: [Float.nan, .infinity, -.infinity, 3e38])
    func hostileValues(_ value: Float) {
        for position in 0..<8 {
            var values = [Float](repeating: 0, count: 8)
            values[position] = value
            let found = candidates(grid(scores: [1, 1, 1, 1], values: values), confidence: 0.1)
            #expect(found.allSatisfy { $0.box.minX.isFinite && $0.box.maxX.isFinite && $0.box.maxY.isFinite })
            #expect(found.count == (value.isFinite && position % 4 > 1 ? 4 : found.count))
        }
        for confidence: Float in [0, 0.5, 1] {
            let found = candidates(
                grid(scores: [value, 0, 0, 0], values: .init(repeating: 0, count: 8)), confidence: confidence)
            #expect(found.allSatisfy { $0.confidence.isFinite && $0.confidence >= confidence })
        }
    }

    @Test("SSD: people, and boxes may overlap by 0.6") func portraitAndOptions() throws {
        let detector = try Detector()
        #expect(detector.name == "ssd-mobilenetv2" && detector.defaultOptions.iouThreshold == 0.6)
        #expect(try Detector("yolov3-tiny").defaultOptions == DetectionOptions())
        let portrait = try Image(contentsOf: packageFolder.appending(path: "SampleImages/portrait.jpg"))
        #expect(try detector.detect(portrait).first?.label == "person")
        #expect(try detector.detect(portrait, options: .ssd) == detector.detect(portrait))
    }

    @Test("SSD: an image is stretched, and boxes come back to its proportions") func stretchedImages() throws {
        let detector = try Detector("ssd-mobilenetv2")
        let (input, letterbox) = detector.prepare(Image(width: 600, height: 150, fill: .white))
        #expect(input.shape == [1, 3, 300, 300] && input.values.allSatisfy { $0 == 1 })
        #expect(
            letterbox.toSource(Box(minX: 0, minY: 150, maxX: 300, maxY: 300))
                == Box(minX: 0, minY: 75, maxX: 600, maxY: 150))
        let larger = try detector.resized(width: 320, height: 200)
        #expect((larger.preprocessing.width, larger.preprocessing.height) == (320, 200))
        #expect(throws: DetectorError.self) { try detector.resized(width: 0, height: 300) }
    }
}
