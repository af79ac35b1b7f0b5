import CVCore
import CVImage
import CVSegmentation
import TestSupport
import Testing

/// Against torchmetrics, by `Tools/golden.py segmentation`.
@Suite struct MetricsTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            let classes, width, height: Int
            let predicted, truth: [[UInt8]]
            let pixelAccuracy, meanIou, meanDice: Double
            let iou, dice, recall, precision: [Double]
            let confusion: [[Int]]
        }

        let cases: [Case]
    }

    @Test("segmentation metrics: all values match torchmetrics") func matchTorchmetrics() throws {
        let cases = try decoded("Golden/segmentation-metrics.json", as: Golden.self).cases
        #expect(cases.count == 3)
        for golden in cases {
            var metrics = SegmentationMetrics(classes: (0..<golden.classes).map { "\($0)" })
            for (predicted, truth) in zip(golden.predicted, golden.truth) {
                metrics.add(predicted, Mask(width: golden.width, height: golden.height, values: truth))
            }
            #expect(metrics.confusion == golden.confusion && metrics.images == golden.truth.count)
            func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-6 }
            #expect(near(metrics.pixelAccuracy, golden.pixelAccuracy))
            #expect(near(metrics.meanIoU, golden.meanIou) && near(metrics.mean.dice, golden.meanDice))
            for index in 0..<golden.classes {
                let scores = metrics[index]
                #expect(near(scores.iou, golden.iou[index]) && near(scores.dice, golden.dice[index]))
                #expect(near(scores.recall, golden.recall[index]) && near(scores.precision, golden.precision[index]))
            }
        }
    }

    @Test("segmentation metrics: all values are 0 without pixels") func zeroWithoutPixels() {
        var metrics = SegmentationMetrics(classes: ["a", "b"])
        #expect(metrics.meanIoU == 0 && metrics.pixelAccuracy == 0 && metrics[1].dice == 0)
        metrics.add([0, 1], Mask(width: 2, height: 1, values: [255, 255]))
        #expect(metrics.meanIoU == 0 && metrics.pixels == 0 && metrics.images == 1)
    }

    @Test("segmentation metrics: report and confusion matrix are aligned") func reportAndMatrixAreAligned() throws {
        var metrics = SegmentationMetrics(classes: ["sky", "a\u{1B}[31m"])
        metrics.add([0, 0, 1, 1], Mask(width: 2, height: 2, values: [0, 1, 1, 1]))
        let report = metrics.report.split(separator: "\n").map(String.init)
        #expect(report.count == 4 && Set(report.map(\.count)).count == 1)
        #expect(report[1].hasSuffix("0.5000  0.6667  1.0000     0.5000       1"), "\(report[1])")
        #expect(!metrics.report.contains("\u{1B}") && !metrics.confusionText.contains("\u{1B}"))
        let matrix = metrics.confusionText.split(separator: "\n").map(String.init)
        #expect(matrix[1].hasSuffix("100.0     .") && matrix[2].hasSuffix(" 33.3  66.7"), "\(matrix)")
        let json = try JSONValue.parse(metrics.json.text)
        #expect(json["mean_iou"]?.double == (0.5 + 2.0 / 3) / 2)
        let classes = try #require(json["classes"]?.array)
        #expect(classes[0]["recall"]?.double == 1 && classes[0]["precision"]?.double == 0.5)
        #expect(classes[1]["recall"]?.double == 2.0 / 3 && classes[1]["precision"]?.double == 1)
        #expect(classes[0]["iou"]?.double == 0.5 && classes[0]["dice"]?.double == 2.0 / 3)
        #expect(json["confusion"]?.array?[1].array?[0].integer == 1)
        #expect(metrics.confusionImage.width > 100)
    }
}
