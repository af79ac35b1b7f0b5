import CVCore
import CVDetection
import Foundation
import TestSupport
import Testing

/// Why a detector loses average precision, thresholds, and what is confused with what.
@Suite("Errors of detectors") struct DetectionErrorTests {
    private func object(_ image: Int, _ category: Int, _ x: Double, isCrowd: Bool = false) -> TruthBox {
        TruthBox(
            imageID: image, categoryID: category, box: EvaluatedBox(x: x, y: 0, width: 10, height: 10), isCrowd: isCrowd
        )
    }

    private func result(_ image: Int, _ category: Int, _ x: Double, _ score: Double) -> ResultBox {
        ResultBox(
            imageID: image, categoryID: category, box: EvaluatedBox(x: x, y: 0, width: 10, height: 10), score: score)
    }

    @Test("TIDE: the numbers and gains of the kinds of errors are those of tidecv")
    func equalsTidecv() throws {
        let bytes = try Data(contentsOf: besideTest("Golden/detection-errors.json"))
        let golden = try JSONValue.parse(Array(bytes))
        func boxes(_ json: JSONValue?) throws -> [(Int, Int, EvaluatedBox, Double)] {
            try #require(json?.array).map { each in
                let sides = try #require(each["bbox"]?.array).compactMap(\.double)
                let box = EvaluatedBox(x: sides[0], y: sides[1], width: sides[2], height: sides[3])
                return (
                    try #require(each["image_id"]?.integer), try #require(each["category_id"]?.integer), box,
                    each["score"]?.double ?? 0
                )
            }
        }
        let truth = try boxes(golden["truth"]?["annotations"]).map {
            TruthBox(imageID: $0.0, categoryID: $0.1, box: $0.2)
        }
        let results = try boxes(golden["results"]).map {
            ResultBox(imageID: $0.0, categoryID: $0.1, box: $0.2, score: $0.3)
        }
        let errors = DetectionErrorBreakdown(
            truth: truth, results: results, imageIDs: Array(1...40), categoryIDs: [1, 2, 3])
        let expected = try #require(golden["expected"])
        func isNear(_ value: Double, _ json: JSONValue?) -> Bool {
            json?.double.map { abs($0 - value) < 1e-9 } ?? false
        }
        #expect(isNear(errors.averagePrecision, expected["AP50"]))
        for kind in DetectionErrorBreakdown.Kind.allCases {
            #expect(errors.counts[kind] == expected["counts"]?[kind.rawValue]?.integer, "\(kind)")
            #expect(isNear(errors.gains[kind] ?? 0, expected["gains"]?[kind.rawValue]), "\(kind)")
        }
        #expect(isNear(errors.falsePositiveGain, expected["falsePositives"]))
        // Recalls that are read at are 0.01 · i here, as pycocotools has them, and i / 100 there: a recall may fall on either side.
        #expect(abs(errors.falseNegativeGain - (expected["falseNegatives"]?.double ?? 0)) < 1e-3)
    }

    @Test("the curve of a class, and its best threshold")
    func curve() throws {
        let evaluation = DetectionEvaluation(
            truth: [object(1, 1, 0), object(1, 1, 50), object(2, 1, 0)],
            results: [result(1, 1, 0, 0.9), result(1, 1, 50, 0.8), result(1, 1, 90, 0.8), result(2, 1, 90, 0.3)],
            imageIDs: [1, 2], categoryIDs: [1, 2])
        let curve = try #require(evaluation.classes[0].curve)
        #expect(curve.points.map(\.threshold) == [0.9, 0.8, 0.3])
        #expect(
            curve.points.map(\.precision) == [1, 2.0 / 3, 0.5]
                && curve.points.map(\.recall) == [1.0 / 3, 2.0 / 3, 2.0 / 3])
        #expect(curve.best?.threshold == 0.8)
        #expect(evaluation.classes[1].curve == nil)
    }

    @Test("the confusion matrix: right, another class, background, missed, crowds")
    func confusion() {
        let confusion = DetectionConfusion(
            truth: [object(1, 7, 0), object(1, 9, 50), object(1, 7, 100), object(2, 9, 0, isCrowd: true)],
            results: [
                result(1, 7, 1, 0.9), result(1, 7, 51, 0.8), result(1, 9, 300, 0.7), result(1, 7, 100, 0.1),
                result(2, 9, 2, 0.9),
            ], imageIDs: [1, 2, 3], categoryIDs: [9, 7], thresholds: [7: 0.5, 9: 0.5])
        // Rows are 9, 7 and the background.
        #expect(confusion.counts == [[0, 1, 0], [0, 1, 1], [1, 0, 0]])
        #expect(confusion.images.map(\.errors) == [3, 0, 0])
        #expect(confusion.images[0].results.map(\.isRight) == [true, false, false])
        #expect(confusion.images[0].objects.map(\.isFound) == [true, false, false])
    }
}
