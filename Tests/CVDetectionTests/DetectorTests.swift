import CVDetection
import CVImage
import CVModels
import CVNN
import CVTensor
import Foundation
import TestSupport
import Testing

/// From numbers or images to boxes, against a PyTorch reference implementation that reads the original darknet file.
@Suite struct DetectorTests {
    private struct Heads: Decodable {
        struct Head: Decodable { let shape: [Int], largestMagnitude: Float, positions: [Int], values: [Float] }
        let inputSeed: UInt64, inputShape: [Int], heads: [Head]
    }

    /// Made by `Tools/golden.py heads`.
    @Test("YOLOv3-tiny: raw heads match PyTorch") func rawHeadsOfYOLOv3TinyEqualTheReference() throws {
        let golden = try decoded("Golden/yolov3-tiny-heads.json", as: Heads.self)
        let grids = try Detector("yolov3-tiny").run(
            uniformTensor(seed: golden.inputSeed, Shape([1] + golden.inputShape)))
        #expect(grids.flatMap(\.tensors).map(\.shape) == golden.heads.map { Shape([1] + $0.shape) })
        for (grid, head) in zip(grids, golden.heads) {
            let values = grid.tensors[0].values
            let worst = zip(head.positions, head.values).map { abs(values[$0] - $1) }.max() ?? .infinity
            // The tolerance of 1e-3 is absolute; the magnitude of the values is up to 20.
            #expect(worst < 1e-3, "largest magnitude \(head.largestMagnitude)")
        }
    }

    private struct DarknetGolden: Decodable {
        struct Found: Decodable {
            let `class`: Int, confidence: Float, box: [Float]
        }
        let inputSeed: UInt64, inputShape: [Int], confidenceThreshold: Float, iouThreshold: Float, boxes: [Found]
    }

    /// Made by `Tools/golden.py darknet`: decoding of v3, of v4's scale_x_y and of new_coords, and suppression.
    @Test(
        "darknet networks: boxes match PyTorch",
        arguments: ["plain", "groups", "pools", "pyramid", "shortcuts", "partial", "new-coords"])
    func boxesOfDarknetNetworksEqualTheReference(name: String) throws {
        let folder = packageFolder.appending(path: "Tests/CVModelsTests/Golden/darknet").path
        let golden = try decoded("../CVModelsTests/Golden/darknet/\(name).json", as: DarknetGolden.self)
        let network = try DarknetNetwork(configuration: "\(folder)/\(name).cfg", weights: "\(folder)/\(name).weights")
        let grids = network(uniformTensor(seed: golden.inputSeed, Shape([1] + golden.inputShape)))
        var candidates: [Candidate] = []
        for grid in grids {
            let head = YOLOHead(
                grid, classCount: network.classCount, inputWidth: network.width, inputHeight: network.height)
            grid.values.withValues { head.decode($0, confidence: golden.confidenceThreshold, into: &candidates) }
        }
        let found = nonMaxSuppression(candidates, iouThreshold: golden.iouThreshold)
        #expect(found.count == golden.boxes.count)
        for (box, expected) in zip(found, golden.boxes) {
            #expect(box.classIndex == expected.class)
            #expect(abs(box.confidence - expected.confidence) < 1e-4)
            let corners = [box.box.minX, box.box.minY, box.box.maxX, box.box.maxY]
            let size = max(box.box.width, box.box.height)
            #expect(zip(corners, expected.box).allSatisfy { abs($0 - $1) < 1e-3 * max(size, 1) })
        }
    }
}

/// Photographs, from the file to the boxes, against the reference implementation. Made by `Tools/golden.py detections`.
///
/// The samples are in the package. Darknet's photographs may not be: `CVTOOLKIT_PHOTOS` names the folder where Debian's
/// package `darknet` installs them; missing ones are skipped.
@Suite struct PhotographTests {
    private struct Golden: Decodable {
        struct Photograph: Decodable, CustomTestStringConvertible {
            let file: String, sha256: String, width: Int, height: Int, detections: [Expected]
            var testDescription: String { file }
        }

        struct Expected: Decodable {
            let `class`: Int, label: String, confidence: Float, box: [Float]
        }

        let images: [Photograph]

        private enum CodingKeys: String, CodingKey { case images = "pictures" }
    }

    private static let confidence: Float = 0.25

    private static func path(_ file: String) -> String? {
        let darknet = ProcessInfo.processInfo.environment["CVTOOLKIT_PHOTOS"] ?? "/usr/share/darknet/data"
        return [packageFolder.appending(path: "SampleImages").path, darknet].map { "\($0)/\(file)" }.first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    @Test("YOLOv3-tiny: boxes of photographs match PyTorch") func boxesOfPhotographsMatchPyTorch() throws {
        let detector = try Detector("yolov3-tiny")
        var compared = 0
        for photograph in try decoded("Golden/yolov3-tiny-detections.json", as: Golden.self).images {
            guard let path = Self.path(photograph.file) else { continue }
            let image = try Image(contentsOf: path)
            #expect((image.width, image.height) == (photograph.width, photograph.height), "\(photograph.file)")
            compare(try detector.detect(image), photograph)
            compared += 1
        }
        #expect(compared >= 8, "the package has eight samples")
    }

    /// Each expected box has a partner of its class with IoU ≥ 0.97 and a confidence within 0.01, and no box is left over.
    private func compare(_ found: [Detection], _ photograph: Golden.Photograph) {
        let expected = photograph.detections.filter { $0.confidence >= Self.confidence }
        #expect(found.count == expected.count, "\(photograph.file)")
        var rest = found
        for wanted in expected {
            let box = Box(minX: wanted.box[0], minY: wanted.box[1], maxX: wanted.box[2], maxY: wanted.box[3])
            let partner = rest.firstIndex {
                $0.classIndex == wanted.class && $0.label == wanted.label
                    && abs($0.confidence - wanted.confidence) <= 0.01 && $0.box.intersectionOverUnion(with: box) >= 0.97
            }
            guard let partner else {
                Issue.record("\(photograph.file): no partner of \(wanted) in \(found)")
                continue
            }
            rest.remove(at: partner)
        }
    }
}
