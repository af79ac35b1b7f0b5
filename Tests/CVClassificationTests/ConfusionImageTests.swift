import CVClassification
import CVTask
import CVTensor
import Testing

@Suite struct ConfusionImageTests {
    /// Of thousands of classes an image would take gigabytes.
    @Test("confusion image: of many classes the most confused are drawn") func manyClassesAreBounded() {
        let count = 1200
        var metrics = ClassificationMetrics(classes: (0..<count).map { "class \($0)" })
        var matrix = ConfusionMatrix(classes: count)
        for (label, predicted) in [(1100, 7), (1100, 7), (3, 3)] {
            var logits = [Float](repeating: 0, count: count)
            logits[predicted] = 1
            metrics.add(logits: Tensor(logits, shape: [1, count]), labels: [label])
            matrix.add(label, predictedAs: predicted)
        }
        let image = metrics.confusionImage
        #expect(max(image.width, image.height) < 4000, "\(image.width)×\(image.height)")
        let drawn = matrix.drawnClasses
        // Those of the one confusion, then the first ones, in their order.
        #expect(drawn.count == 200 && drawn == Array(0..<199) + [1100])
        #expect(ConfusionMatrix(classes: 200).drawnClasses == Array(0..<200))
    }
}
