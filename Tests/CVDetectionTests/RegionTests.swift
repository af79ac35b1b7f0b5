import CVDetection
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights
import TestSupport
import Testing

/// Regions: how boxes are coded, which are proposed, and what a detector says of them.
@Suite struct RegionTests {
    @Test("a box that was encoded relative to another is decoded to itself")
    func codingIsReversible() {
        let (box, reference) = (SIMD4<Float>(10, 20, 70, 44), SIMD4<Float>(4, 8, 52, 72))
        for coder in [BoxCoder.proposals, .regions] {
            let raw = coder.encode(box, relativeTo: reference)
            let again = coder.decode(raw, relativeTo: reference)
            #expect((0..<4).allSatisfy { abs(again[$0] - box[$0]) < 1e-4 }, "\(again)")
        }
        // The center moves by 12/48 and -8/64 of the size, which is 60/48 and 24/64 of the other.
        let raw = BoxCoder.proposals.encode(box, relativeTo: reference)
        let expected = SIMD4<Float>(0.25, -0.125, 0.22314355, -0.98082925)
        #expect((0..<4).allSatisfy { abs(raw[$0] - expected[$0]) < 1e-6 }, "\(raw)")
        #expect(
            (0..<4).allSatisfy {
                abs(BoxCoder.regions.encode(box, relativeTo: reference)[$0] - expected[$0] * [10, 10, 5, 5][$0]) < 1e-5
            })
        // Sizes grow to 62.5 times the other's at most.
        let large = BoxCoder.proposals.decode(SIMD4(0, 0, 1e9, 100), relativeTo: SIMD4(0, 0, 2, 4))
        #expect(abs(large.z - large.x - 125) < 1e-3 && abs(large.w - large.y - 250) < 1e-3)
    }

    @Test("anchors are those of torchvision: rounded, around the corners of the cells")
    func anchors() {
        let boxes = RegionAnchors.boxes(rows: 2, columns: 3)
        #expect(boxes.count == 2 * 3 * 12)
        // AnchorGenerator(((32, 64, 128, 256),), ((0.5, 1.0, 2.0),)).
        #expect(boxes[0] == SIMD4(-23, -11, 23, 11) && boxes[4] == SIMD4(-16, -16, 16, 16))
        #expect(boxes[11] == SIMD4(-91, -181, 91, 181))
        #expect(boxes[12 + 5] == SIMD4(-16, -32, 48, 32))
    }

    private func grid(_ score: (Int) -> Float) -> ProposalGrid {
        ProposalGrid(
            scores: Tensor((0..<12 * 24).map(score), shape: [1, 12, 4, 6]),
            values: Tensor([Float](repeating: 0, count: 48 * 24), shape: [1, 48, 4, 6]))
    }

    @Test("proposals are inside of the image, the best first, without those that are nearly the same")
    func proposals() {
        let boxes = grid { Float($0) }.proposals(ofImage: 0, width: 96, height: 64)
        #expect(!boxes.isEmpty && boxes.count < 12 * 24)
        #expect(boxes.allSatisfy { $0.minX >= 0 && $0.minY >= 0 && $0.maxX <= 96 && $0.maxY <= 64 && $0.area > 0 })
        for (index, box) in boxes.enumerated() {
            #expect(boxes[..<index].allSatisfy { $0.intersectionOverUnion(with: box) <= 0.7 })
        }
        // The last anchor of the last cell is the best: 182 × 362 around (80, 48), clipped.
        #expect(boxes[0] == Box(minX: 0, minY: 0, maxX: 96, maxY: 64))
        var options = ProposalOptions()
        options.count = 2
        #expect(grid { Float($0) }.proposals(ofImage: 0, width: 96, height: 64, options: options) == Array(boxes[..<2]))
        #expect(grid { _ in .nan }.proposals(ofImage: 0, width: 96, height: 64) == [])
    }

    @Test("what a region shows is decoded, but not the background, and nothing that is not a number")
    func decoding() {
        let region = Box(minX: 10, minY: 10, maxX: 30, maxY: 50)
        func found(_ scores: [Float], _ values: [Float]) -> [Candidate] {
            var candidates: [Candidate] = []
            RegionGrid(
                regions: [region], scores: Tensor(scores, shape: [1, 3]), values: Tensor(values, shape: [1, 12]),
                inputWidth: 64, inputHeight: 64
            ).decode(confidence: 0.1, into: &candidates)
            return candidates
        }
        let zeros = [Float](repeating: 0, count: 12)
        #expect(found([9, 0, 0], zeros).isEmpty)
        let one = found([0, 0, 9], zeros)
        #expect(one.count == 1 && one[0].classIndex == 1 && one[0].box == region)
        #expect(abs(one[0].confidence - 0.99975) < 1e-4)
        // The second class is moved by its own numbers: a tenth of the width each.
        let moved = found([0, 0, 9], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])[0].box
        #expect(abs(moved.minX - 12) < 1e-4 && abs(moved.maxX - 32) < 1e-4)
        #expect(found([0, 0, 9], [0, 0, 0, 0, 0, 0, 0, 0, .nan, 0, 0, 0]).isEmpty)
        #expect(found([.nan, 0, 9], zeros).isEmpty)
        // Moved to the border, where it ends, and beyond.
        #expect(found([0, 0, 9], [0, 0, 0, 0, 0, 0, 0, 0, 22, 0, 0, 0])[0].box.maxX == 64)
        #expect(found([0, 0, 9], [0, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0]).isEmpty)
    }

    @Test("an input is made an image again", arguments: [Preprocessing.Channels.rgb, .bgr])
    func imageOfAnInput(_ channels: Preprocessing.Channels) {
        let image = Image(
            width: 16, height: 8, format: .rgb, pixels: (0..<16 * 8 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })
        let preprocessing = Preprocessing(
            width: 16, height: 8, resize: .letterbox, channels: channels, mean: [123.675, 116.28, 103.53],
            std: [58.395, 57.12, 57.375])
        #expect(preprocessing.image(preprocessing.batch([image, image]), at: 1) == image)
    }

    /// A detector with random weights.
    private func detector(_ kind: RegionNetwork.Kind, scale: Float = 1) throws -> Detector {
        let spec = try ModelRegistry.spec(named: kind.rawValue, task: .detect)
        let (network, parameters) = ParameterSet.initialize(seed: 3) { spec.make(classes: 2, $0) }
        let state = parameters.stateDictionary.mapValues { $0.shape.rank == 4 ? $0 * scale : $0 }
        try parameters.load(state)
        return Detector(
            network, name: spec.name, labels: ["a", "b"],
            preprocessing: spec.preprocessing(for: .init(channels: 3, height: 96, width: 128)))
    }

    @Test("all three detectors give boxes inside of an image", arguments: RegionNetwork.Kind.allCases)
    func detects(_ kind: RegionNetwork.Kind) throws {
        var image = Image(width: 200, height: 150, fill: Color(90, 120, 90))
        image.paste(Image(width: 60, height: 50, fill: Color(220, 40, 40)), x: 40, y: 60)
        var options = DetectionOptions()
        options.confidence = 0.1
        let detector = try detector(kind)
        let found = try detector.detect(image, options: options)
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.box.minX >= 0 && $0.box.maxX <= 200 && $0.box.minY >= 0 && $0.box.maxY <= 150 })
        #expect(try detector.resized(width: 100, height: 60).preprocessing.width == 112)
        #expect(throws: NonFiniteOutput.self) {
            try self.detector(kind, scale: .infinity).detect(image, options: options)
        }
        // The search finds nothing in a stripe, which is looked at as a whole.
        _ = try detector.resized(width: 1104, height: 16).detect(image, options: options)
    }

    @Test("numbers of a proposer that are infinite are not hidden by regions that are finite")
    func infiniteProposals() throws {
        let spec = try ModelRegistry.spec(named: "faster-r-cnn", task: .detect)
        let (network, parameters) = ParameterSet.initialize(seed: 3) { spec.make(classes: 2, $0) }
        let state = parameters.stateDictionary.filter { $0.key.hasPrefix("rpn.head.bbox_pred.weight") }
        try parameters.load(parameters.stateDictionary.merging(state.mapValues { $0 * 1e38 * 1e5 }) { $1 })
        let detector = Detector(
            network, name: spec.name, labels: ["a", "b"],
            preprocessing: spec.preprocessing(for: .init(channels: 3, height: 96, width: 128)))
        #expect(throws: NonFiniteOutput.self) {
            try detector.detect(Image(width: 60, height: 50, fill: Color(220, 40, 40)))
        }
    }
}
