import CVImage
import CVModels
import CVNN
import CVTensor
import CVTraining
import TestSupport
import Testing

/// The loss of YOLOv3: which places answer for which object, values and gradients.
@Suite struct AnchorLossTests {
    private static let anchors = [
        [YOLOGrid.Anchor(40, 40), .init(60, 30)], [YOLOGrid.Anchor(10, 12), .init(20, 20)],
    ]

    private func labeled(_ x: Float, _ y: Float, _ width: Float, _ height: Float, _ label: Int) -> LabeledBox {
        LabeledBox(
            Box(minX: x - width / 2, minY: y - height / 2, maxX: x + width / 2, maxY: y + height / 2), label: label)
    }

    /// Two images of 96 × 64 in cells of 32 and 16 pixels, two anchors each, two classes.
    private var values: [Tensor] {
        [seededTensor(seed: 5, [2, 14, 2, 3]), seededTensor(seed: 6, [2, 14, 4, 6])].map { $0 * 0.7 }
    }

    private func grids(_ values: [Tensor]) -> [YOLOGrid] {
        zip(values, Self.anchors).map { YOLOGrid(values: $0, anchors: $1) }
    }

    private var objects: [[LabeledBox]] {
        [[labeled(50, 20, 45, 38, 1), labeled(20.5, 41.25, 9, 14, 0)], [labeled(70, 40, 22, 17, 1)]]
    }

    @Test("YOLOv3: the cell of the center answers, by the anchor of the nearest size")
    func cellsAndAnchors() {
        let levels = grids(values).map { AnchorLevel($0, width: 96, height: 64) }
        let loss = AnchorLoss()
        let matches = loss.matches(objects[0], levels)
        #expect(
            matches == [
                .init(level: 0, anchor: 0, row: 0, column: 1, object: 0),
                .init(level: 1, anchor: 0, row: 2, column: 1, object: 1),
            ])
        #expect(loss.matches(objects[1], levels) == [.init(level: 1, anchor: 1, row: 2, column: 4, object: 0)])
        // The place is taken; what lies on the right edge belongs to the last cell.
        let twice = loss.matches([labeled(50, 20, 45, 38, 1), labeled(49, 21, 44, 37, 0)], levels)
        #expect(twice.map(\.object) == [0])
        #expect(loss.matches([labeled(96, 64, 10, 12, 0)], levels).map { [$0.row, $0.column] } == [[3, 5]])
        #expect(AnchorLoss.shapeIoU((10, 20), (20, 10)) == 100.0 / 300)
    }

    @Test(
        "YOLOv3: the gradient of the loss is that of finite differences",
        arguments: [nil, OverlapLoss.iou, .giou], ObjectnessLoss.allCases)
    func gradients(_ overlap: OverlapLoss?, _ objectness: ObjectnessLoss) {
        var loss = AnchorLoss()
        (loss.overlap, loss.objectness, loss.boxWeight) = (overlap, objectness, 2)
        checkGradient(of: values) { [loss, objects] in loss(grids($0), objects, width: 96, height: 64).total }
    }

    @Test("YOLOv3: boxes that are predicted as they are cost nothing, and what meets an object well is not ground")
    func perfectBoxes() {
        var raw = values.map { Tensor(repeating: -20, shape: $0.shape).values }
        // The object of the second image in its place: center at 70 / 16 = 4.375 and 40 / 16 = 2.5 cells.
        let plane = 24
        let start = 14 * plane + 7 * plane + 2 * 6 + 4
        for (channel, value) in [Float(-0.5108256), 0, 0.0953102, -0.1625189, 20, -20, 20].enumerated() {
            raw[1][start + channel * plane] = value
        }
        // The other anchor of the same cell finds the same box: it is no ground.
        let other = 14 * plane + 2 * 6 + 4
        for (channel, value) in [Float(-0.5108256), 0, 0.7884574, 0.3483067, 9].enumerated() {
            raw[1][other + channel * plane] = value
        }
        let tensors = zip(raw, values).map { Tensor($0, shape: $1.shape) }
        for overlap in [nil, OverlapLoss.ciou, .squaredIoU] {
            var loss = AnchorLoss()
            loss.overlap = overlap
            let value = loss(grids(tensors), [[], objects[1]], width: 96, height: 64)
            // Cross-entropy of the center is least at the center, not 0.
            #expect(value.box < (overlap == nil ? 2.8 : 1e-4), "\(value.box)")
            #expect(value.objectness < 1e-4 && value.classes < 1e-4, "\(value.objectness) \(value.classes)")
        }
    }

    @Test("objectness: derivatives are those of finite differences", arguments: ObjectnessLoss.allCases)
    func objectnessSlopes(_ loss: ObjectnessLoss) {
        for target in [0.0, 1] {
            for logit in [-30.0, -4, -0.3, 0, 0.8, 5, 30] {
                let step = 1e-5
                let expected = (loss(logit + step, target).value - loss(logit - step, target).value) / (2 * step)
                #expect(abs(loss(logit, target).slope - expected) < 1e-8, "\(logit), \(target)")
                #expect(loss(logit, target).value >= 0)
            }
        }
        // (1 - p)² of the cross-entropy, times α.
        #expect(abs(ObjectnessLoss.focal(0, 1).value - 0.25 * 0.25 * 0.6931471805599453) < 1e-12)
        #expect(abs(ObjectnessLoss.focal(0, 0).value - 0.75 * 0.25 * 0.6931471805599453) < 1e-12)
    }
}
