import CVDetection
import CVImage
import CVModels
import CVNN
import CVTensor
import CVTraining
import TestSupport
import Testing

/// A tiny YOLOX learns a few drawn images by heart.
@Suite struct YOLOXTrainingTests {
    private static let side = 64

    /// Squares (class 0) and disks (class 1) on a gray ground, at seeded places.
    private func drawn(_ count: Int) -> DetectionBatch {
        var boxes: [[LabeledBox]] = []
        let (side, plane) = (Self.side, Self.side * Self.side)
        var values = [Float](repeating: 0.4, count: count * 3 * plane)
        for image in 0..<count {
            let places = uniformTensor(seed: UInt64(image), [2, 3]).values
            boxes.append([])
            // In the left and in the right half, so that they do not overlap.
            for (half, place) in [places[..<3], places[3...]].map(Array.init).enumerated() {
                let size = 14 + Int(exactly: (place[0] * 14).rounded(.down))!
                let left = half * 32 + Int(exactly: (place[1] * Float(32 - size)).rounded(.down))!
                let top = Int(exactly: (place[2] * Float(64 - size)).rounded(.down))!
                let label = (image + half) % 2
                for y in 0..<size {
                    for x in 0..<size {
                        let (dx, dy) = (2 * x + 1 - size, 2 * y + 1 - size)
                        guard label == 0 || dx * dx + dy * dy <= size * size else { continue }
                        for channel in 0..<3 {
                            let index = (3 * image + channel) * plane + (top + y) * side + left + x
                            values[index] = channel == (half + image / 2) % 3 ? 1 : 0
                        }
                    }
                }
                let box = Box(
                    minX: Float(left), minY: Float(top), maxX: Float(left + size), maxY: Float(top + size))
                boxes[image].append(LabeledBox(box, label: label))
            }
        }
        return DetectionBatch(images: Tensor(values, shape: [count, 3, side, side]), boxes: boxes)
    }

    private func evaluated(_ network: YOLOX, _ batch: DetectionBatch) -> DetectionSummary {
        let plane = 3 * Self.side * Self.side
        let pixels = batch.images.values
        var (truth, results): ([TruthBox], [ResultBox]) = ([], [])
        for (image, boxes) in batch.boxes.enumerated() {
            truth += boxes.map { TruthBox(imageID: image, categoryID: $0.label, box: EvaluatedBox($0.box)) }
            let input = Tensor(
                Array(pixels[image * plane..<(image + 1) * plane]), shape: [1, 3, Self.side, Self.side])
            let candidates = network(input).flatMap { grid in
                YOLOHead(grid, classCount: 2, inputWidth: Self.side, inputHeight: Self.side).decode(
                    grid.values.values, confidence: 0.05)
            }
            results += nonMaxSuppression(candidates, iouThreshold: 0.65).map {
                ResultBox(
                    imageID: image, categoryID: $0.classIndex, box: EvaluatedBox($0.box), score: Double($0.confidence))
            }
        }
        return DetectionEvaluation(
            truth: truth, results: results, imageIDs: Array(batch.boxes.indices), categoryIDs: [0, 1]
        ).summary
    }

    @Test("YOLOX: a tiny network overfits drawn shapes") func overfitsDrawnShapes() throws {
        let batch = drawn(6)
        let size = YOLOX.Size("test", depth: 0.33, width: 0.25, side: Self.side)
        let (network, parameters) = ParameterSet.initialize(seed: 3) { YOLOX(classes: 2, size: size, $0) }
        let adam = Adam(parameters.trainable, learningRate: 2e-3)
        var loss = YOLOXLoss()
        var (first, last) = (Float.nan, Float.nan)
        let steps = 300
        for step in 0..<steps {
            loss.hasAbsoluteError = step >= 200
            adam.learningRate = step < 220 ? 2e-3 : 3e-4
            let tape = Tape(.training)
            let value = loss(network(tape.watch(batch.images)), batch.boxes)
            last = value.total.item
            if step == 0 { first = last }
            tape.gradients(of: value.total)
            adam.step()
            adam.clearGradients()
        }
        #expect(last < first / 4, "from \(first) to \(last)")
        let summary = evaluated(network, batch)
        #expect(try #require(summary.averagePrecision50) > 0.9, "\(summary)")
        #expect(try #require(summary.averagePrecision) > 0.6, "\(summary)")
    }
}
