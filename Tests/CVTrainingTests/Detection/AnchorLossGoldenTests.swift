import CVImage
import CVModels
import CVNN
import CVTensor
import CVTraining
import TestSupport
import Testing

/// The loss of YOLOv3 against PyTorch's autograd: `Tools/golden.py anchor-loss`.
@Suite struct AnchorLossGoldenTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            let overlap: String, focal: Bool
            let box, objectness, classes: Double
            let gradients: [[Float]]
        }
        /// Of each image: left, top, right, bottom, class.
        let objects: [[[Float]]]
        /// Of each image: level, anchor, row, column, object.
        let matches: [[[Int]]]
        let cases: [Case]
    }

    private static let anchors = [
        [YOLOGrid.Anchor(40, 40), .init(60, 30)], [YOLOGrid.Anchor(10, 12), .init(20, 20)],
    ]

    @Test("YOLOv3: matches, losses and gradients equal PyTorch's, with every loss of boxes and of objectness")
    func equalsTheReference() throws {
        let golden: Golden = try decoded("Golden/anchor-loss.json", as: Golden.self)
        let objects = golden.objects.map { image in
            image.map {
                LabeledBox(Box(minX: $0[0], minY: $0[1], maxX: $0[2], maxY: $0[3]), label: $0[4] == 1 ? 1 : 0)
            }
        }
        #expect(golden.cases.count == 10)
        for expected in golden.cases {
            let tape = Tape(.training)
            let values = [seededTensor(seed: 5, [2, 14, 2, 3]), seededTensor(seed: 6, [2, 14, 4, 6])]
                .map { tape.watch($0 * 0.7, gradient: true) }
            let grids = zip(values, Self.anchors).map { YOLOGrid(values: $0, anchors: $1) }
            var loss = AnchorLoss()
            // Without a name, the errors of raw values.
            loss.overlap = OverlapLoss(rawValue: expected.overlap)
            #expect((loss.overlap == nil) == expected.overlap.isEmpty)
            loss.objectness = expected.focal ? .focal : .crossEntropy
            let levels = grids.map { AnchorLevel($0, width: 96, height: 64) }
            for (image, matches) in zip(objects, golden.matches) {
                #expect(
                    loss.matches(image, levels).map { [$0.level, $0.anchor, $0.row, $0.column, $0.object] } == matches)
            }
            let value = loss(grids, objects, width: 96, height: 64)
            let parts = [
                (value.box, expected.box), (value.objectness, expected.objectness), (value.classes, expected.classes),
            ]
            for (found, expected) in parts { #expect(abs(found - expected) <= 1e-5 * max(expected, 1)) }
            let gradients = tape.gradients(of: value.total)
            for (values, expected) in zip(values, expected.gradients) {
                let found = try #require(gradients[values])
                #expect(relativeError(found, Tensor(expected, shape: found.shape)) < 1e-5)
            }
        }
    }
}
