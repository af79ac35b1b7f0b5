import CVDetection
import CVImage
import CVModels
import CVNN
import CVTensor
import Foundation
import TestSupport
import Testing

/// The whole way from numbers or pictures to boxes, against a PyTorch twin that reads the original darknet file.
@Suite struct DetectorTests {
    private struct Heads: Decodable {
        struct Head: Decodable { let shape: [Int], largestMagnitude: Float, positions: [Int], values: [Float] }
        let inputSeed: UInt64, inputShape: [Int], heads: [Head]
    }

    /// Made by `Tools/golden.py heads`.
    @Test func rawHeadsOfYOLOv3TinyEqualTheReference() throws {
        let golden = try decoded("Golden/yolov3-tiny-heads.json", as: Heads.self)
        let grids = try Detector().run(uniformTensor(seed: golden.inputSeed, Shape([1] + golden.inputShape)))
        #expect(grids.map(\.values.shape) == golden.heads.map { Shape([1] + $0.shape) })
        for (grid, head) in zip(grids, golden.heads) {
            let values = grid.values.values
            let worst = zip(head.positions, head.values).map { abs(values[$0] - $1) }.max() ?? .infinity
            // The required 1e-3 is for the numbers as they are; their magnitude goes up to 20.
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
    @Test(arguments: ["plain", "groups", "pools", "pyramid", "shortcuts", "partial", "new-coords"])
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
