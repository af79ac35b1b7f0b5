import CVClassification
import CVCore
import CVTensor
import TestSupport
import Testing

/// Against scikit-learn: `Tools/golden.py classification`.
@Suite struct ClassificationMetricsTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            let classes: Int
            let labels: [Int]
            let logits: [Float]
            let accuracy, topFive, loss: Double
            let precision, recall, f1: [Double]
            let support: [Int]
            let macro: [Double]
            let confusion: [[Int]]
        }

        let cases: [Case]
    }

    private func metrics(of golden: Golden.Case, batch: Int) -> ClassificationMetrics {
        var metrics = ClassificationMetrics(classes: (0..<golden.classes).map { "class \($0)" })
        for start in stride(from: 0, to: golden.labels.count, by: batch) {
            let end = min(start + batch, golden.labels.count)
            let logits = Array(golden.logits[start * golden.classes..<end * golden.classes])
            metrics.add(
                logits: Tensor(logits, shape: [end - start, golden.classes]), labels: Array(golden.labels[start..<end]))
        }
        return metrics
    }

    @Test("classification metrics: all values match scikit-learn", arguments: [1, 32, 1000])
    func matchScikitLearn(batch: Int) throws {
        let cases = try decoded("Golden/metrics.json", as: Golden.self).cases
        #expect(cases.count == 2)
        for golden in cases {
            let metrics = metrics(of: golden, batch: batch)
            #expect(metrics.confusion == golden.confusion)
            #expect(metrics.count == golden.labels.count)
            func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-12 }
            #expect(near(metrics.accuracy, golden.accuracy))
            #expect(near(metrics.topFiveAccuracy, golden.topFive))
            #expect(abs(metrics.loss - golden.loss) < 1e-6)
            for index in 0..<golden.classes {
                let scores = metrics[index]
                #expect(near(scores.precision, golden.precision[index]))
                #expect(near(scores.recall, golden.recall[index]))
                #expect(near(scores.f1, golden.f1[index]))
                #expect(scores.support == golden.support[index])
            }
            let macro = metrics.macro
            #expect(near(macro.precision, golden.macro[0]))
            #expect(near(macro.recall, golden.macro[1]))
            #expect(near(macro.f1, golden.macro[2]))
        }
    }

    @Test("classification metrics: the first of equal logits is the prediction") func firstOfEqualLogitsWins() {
        var metrics = ClassificationMetrics(classes: ["a", "b"])
        metrics.add(logits: Tensor([1, 1, 1, 1], shape: [2, 2]), labels: [0, 1])
        #expect(metrics.confusion == [[1, 0], [1, 0]])
    }

    @Test("classification metrics: of equal logits the first five are the best", arguments: 0..<7)
    func firstFiveOfEqualLogitsAreTheBest(label: Int) {
        var metrics = ClassificationMetrics(classes: (0..<7).map { "\($0)" })
        metrics.add(logits: Tensor(repeating: 1, shape: [1, 7]), labels: [label])
        #expect(metrics.topFiveHits == (label < 5 ? 1 : 0))
    }

    /// With at most five classes, all others are among the five highest scores.
    @Test("classification metrics: a row of NaN is no hit", arguments: [2, 5, 7]) func rowOfNaNIsNoHit(count: Int) {
        var metrics = ClassificationMetrics(classes: (0..<count).map { "\($0)" })
        metrics.add(logits: Tensor(repeating: .nan, shape: [1, count]), labels: [count - 1])
        #expect(metrics.hits == 0 && metrics.topFiveHits == 0 && metrics.count == 1)
    }

    @Test("classification metrics: all values are 0 without images") func zeroWithoutImages() {
        let metrics = ClassificationMetrics(classes: ["a", "b"])
        #expect(metrics.accuracy == 0 && metrics.loss == 0 && metrics.macro.f1 == 0 && metrics[1].precision == 0)
    }

    @Test("classification metrics: report and confusion matrix are aligned") func reportAndMatrixAreAligned() {
        var metrics = ClassificationMetrics(classes: ["cat", "a\u{1B}[31m"])
        metrics.add(logits: Tensor([2, 1, 2, 1, 1, 2], shape: [3, 2]), labels: [0, 1, 1])
        let report = metrics.report.split(separator: "\n").map(String.init)
        #expect(report.count == 4)
        #expect(Set(report.map(\.count)).count == 1)
        #expect(report[1].hasSuffix("0.5000  1.0000  0.6667         1"))
        #expect(!metrics.report.contains("\u{1B}") && !metrics.confusionText.contains("\u{1B}"))
        let matrix = metrics.confusionText.split(separator: "\n").map(String.init)
        #expect(matrix[0].hasSuffix("0  1") && matrix[1].hasSuffix("1  .") && matrix[2].hasSuffix("1  1"))
    }

    @Test("classification metrics: the JSON holds all values") func jsonHoldsAllValues() throws {
        var metrics = ClassificationMetrics(classes: ["a", "b"])
        metrics.add(logits: Tensor([2, 1, 2, 1], shape: [2, 2]), labels: [0, 1])
        let json = try JSONValue.parse(metrics.json.text)
        #expect(json["accuracy"]?.double == 0.5 && json["pictures"]?.integer == 2)
        #expect(json["classes"]?.array?[0]["precision"]?.double == 0.5)
        #expect(json["confusion"]?.array?[1].array?[0].integer == 1)
    }
}
