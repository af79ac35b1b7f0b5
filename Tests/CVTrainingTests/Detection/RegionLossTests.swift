import CVCore
import CVDetection
import CVImage
import CVModels
import CVNN
import CVTensor
import CVTraining
import TestSupport
import Testing

/// R-CNN, Fast and Faster R-CNN against torchvision: `Tools/golden.py regions`.
@Suite struct RegionLossTests {
    private struct Golden: Decodable {
        struct Found: Decodable { let boxes, scores: [Float], labels: [Int] }
        let kind: String, seed: UInt64, input: [Int]
        /// Of each image: left, top, right, bottom, class.
        let objects, regions: [[[Float]]]
        let classes, boxes: Double
        let objectness: Double?, proposalBoxes: Double?
        let gradients: [String: NetworkGolden.Summary]
        let candidates, count: Int?
        let proposals: [[Float]]?
        let found: [Found]?
    }

    private func box(_ edges: some Collection<Float>) -> Box {
        let edges = Array(edges)
        return Box(minX: edges[0], minY: edges[1], maxX: edges[2], maxY: edges[3])
    }

    private func boxes(_ numbers: [Float]) -> [Box] {
        stride(from: 0, to: numbers.count, by: 4).map { box(numbers[$0..<$0 + 4]) }
    }

    private func golden(_ kind: RegionNetwork.Kind) throws -> Golden {
        try #require(
            decoded("Golden/regions.json", as: [Golden].self).first { $0.kind == kind.rawValue })
    }

    private func network(_ golden: Golden, _ kind: RegionNetwork.Kind) throws -> (RegionNetwork, ParameterSet) {
        func make(_ p: ParameterScope) -> RegionNetwork { RegionNetwork(kind, classes: 3, p) }
        return try ParameterSet.load(make, from: seededState(ParameterSet.shapes(make), seed: golden.seed))
    }

    // A rectifier whose input is as near to its kink as single precision is exact may have another gradient. For whole images none is;
    // of R-CNN's encoder, which runs for ten regions, some are: PyTorch in single precision is 0.09 from double there.
    @Test(
        "regions: losses and gradients match torchvision",
        arguments: zip(RegionNetwork.Kind.allCases, [0.12, 1e-4, 1e-4]))
    func lossesMatch(_ kind: RegionNetwork.Kind, _ inEncoder: Double) throws {
        let golden = try golden(kind)
        let (network, parameters) = try network(golden, kind)
        var loss = RegionLoss()
        // All are learned from.
        (loss.anchors.count, loss.anchors.positiveFraction) = (1 << 30, 0.5)
        var regions = RegionMatching.regions
        (regions.count, regions.positiveFraction) = (1 << 30, 0.5)
        loss.regions = regions
        (loss.proposals.candidates, loss.proposals.count) = (golden.candidates ?? 0, golden.count ?? 0)
        let objects = golden.objects.map { image in
            image.map { LabeledBox(box($0.prefix(4)), label: Int(clamping: $0[4])) }
        }
        let tape = Tape(.inference)
        let x = tape.watch(seededTensor(seed: golden.seed, Shape(golden.input)))
        let value = loss(network, x, objects, found: golden.regions.map { $0.map { box($0) } })
        for (found, expected) in [
            (value.classes, golden.classes), (value.boxes, golden.boxes),
            (value.objectness, golden.objectness ?? 0), (value.proposals, golden.proposalBoxes ?? 0),
        ] {
            #expect(abs(found - expected) <= 5e-5 * max(expected, 1))
        }
        let sum = value.classes + value.boxes + value.objectness + value.proposals
        #expect(abs(Double(value.total.item) - sum) < 1e-4 * sum)
        tape.gradients(of: value.total)
        let largest = golden.gradients.values.map(\.norm).max() ?? 0
        #expect(Set(golden.gradients.keys) == Set(parameters.filter { !$0.isBuffer }.map(\.name)))
        for (key, expected) in golden.gradients where expected.norm > 1e-6 * largest {
            let error = parameters[key]?.gradient.map { expected.error(of: $0) } ?? .infinity
            let tolerance = key.hasPrefix("encoder.") ? inEncoder : 2e-4
            #expect(error < tolerance, "gradient of \(key)")
        }
    }

    @Test("Faster R-CNN: proposals and detections match torchvision")
    func detectionsMatch() throws {
        let golden = try golden(.fasterRCNN)
        let (network, parameters) = try network(golden, .fasterRCNN)
        // As in the golden: or nearly all would be background.
        let key = "roi_heads.box_predictor.cls_score.weight"
        try parameters.load(
            parameters.stateDictionary.merging([key: try #require(parameters[key]).value * 0.02]) { $1 })
        let x = seededTensor(seed: golden.seed, Shape(golden.input))
        let features = network.features(x)
        let proposer = try #require(network.proposer)
        let grid = proposer(features)
        var options = ProposalOptions()
        (options.candidates, options.count) = (try #require(golden.candidates), try #require(golden.count))
        for image in 0..<golden.input[0] {
            let regions = grid.proposals(
                ofImage: image, width: golden.input[3], height: golden.input[2], options: options)
            let expected = boxes(try #require(golden.proposals)[image])
            #expect(regions.count == expected.count)
            #expect(zip(regions, expected).allSatisfy { near($0, $1) })
            let scores = network.scores(
                regions.map {
                    RegionOfInterest(image: image, minX: $0.minX, minY: $0.minY, maxX: $0.maxX, maxY: $0.maxY)
                }, of: x, features: features)
            var candidates: [Candidate] = []
            RegionGrid(
                regions: regions, scores: scores.classes, values: scores.boxes, inputWidth: golden.input[3],
                inputHeight: golden.input[2]
            ).decode(confidence: 0.05, into: &candidates)
            let found = nonMaxSuppression(candidates, iouThreshold: 0.5, maxDetections: 100)
            let wanted = try #require(golden.found)[image]
            #expect(found.map(\.classIndex) == wanted.labels)
            #expect(found.count >= 2)
            #expect(zip(found, wanted.scores).allSatisfy { abs($0.confidence - $1) < 1e-4 })
            #expect(zip(found, boxes(wanted.boxes)).allSatisfy { near($0.box, $1) })
        }
    }

    private func near(_ a: Box, _ b: Box) -> Bool {
        [a.minX - b.minX, a.minY - b.minY, a.maxX - b.maxX, a.maxY - b.maxY].allSatisfy { abs($0) < 2e-3 }
    }

    @Test("boxes stand for the object that they share enough with, and the best one in any case")
    func matching() {
        func square(_ x: Float, _ side: Float) -> Box { Box(minX: x, minY: 0, maxX: x + side, maxY: side) }
        let objects = [square(0, 10), square(100, 20)]
        // The same; half of it; far away; a third of the second object, which is the most there is.
        let boxes = [square(0, 10), Box(minX: 0, minY: 0, maxX: 5, maxY: 10), square(50, 10), square(90, 20)]
        #expect(
            RegionMatching.proposals.matches(boxes, objects) == [.object(0), .unclear, .ground, .object(1)])
        #expect(RegionMatching.regions.matches(boxes, objects) == [.object(0), .object(0), .ground, .ground])
        #expect(RegionMatching.proposals.matches(boxes, []) == boxes.map { _ in .ground })
        // An object that no box meets stands for nothing.
        #expect(RegionMatching.proposals.matches([square(50, 10)], objects) == [.ground])
    }

    @Test("of the boxes, at most a share stand for objects, and the seed decides which")
    func drawing() {
        var matching = RegionMatching.regions
        (matching.count, matching.positiveFraction) = (8, 0.25)
        let matches = (0..<40).map { $0 % 4 == 0 ? RegionMatching.Match.object(0) : .ground }
        func drawn(_ seed: UInt64) -> [Int] {
            var random = SplitMix64(seed: seed, stream: 0)
            return matching.drawn(matches, using: &random)
        }
        #expect(drawn(1) == drawn(1) && drawn(1) != drawn(2))
        #expect(drawn(1).count == 8 && drawn(1).filter { $0 % 4 == 0 }.count == 2)
        // With few boxes all are taken; what is unclear never is.
        var random = SplitMix64(seed: 1, stream: 0)
        #expect(matching.drawn([.ground, .unclear, .object(3)], using: &random) == [2, 0])
    }
}
