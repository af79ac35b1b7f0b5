import CVNN
import CVTraining
import Foundation
import TestSupport
import Testing

@Suite struct TrainingLogTests {
    private let rows = [
        EpochResult(
            epoch: 1, learningRate: 0.1, loss: 1.5, trainingMetrics: ["accuracy": 0.25],
            metrics: ["loss": 1.25, "accuracy": 0.5], seconds: 12.345),
        EpochResult(
            epoch: 2, learningRate: 0.05, loss: 0.5, trainingMetrics: ["accuracy": 0.75],
            metrics: ["loss": .nan, "accuracy": 0.875, "top, \"5\"": 1], seconds: 12),
    ]

    @Test("training log: the table has a line for each epoch as in RFC 4180")
    func theTableHasALineForEachEpochByRFC4180() {
        #expect(
            TrainingLog(rows).csv == """
                epoch,rate,loss,accuracy,dev_loss,dev_accuracy,"dev_top, ""5""\",seconds\r
                1,0.1,1.5,0.25,1.25,0.5,,12.3\r
                2,0.05,0.5,0.75,,0.875,1.0,12.0\r\n
                """)
    }

    @Test("training log: a log written again has no double rows") func aLogWrittenAgainHasNoDoubleRows() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/log.csv"
        try TrainingLog(Array(rows.prefix(1))).write(to: path)
        try TrainingLog(rows).write(to: path)
        try TrainingLog(rows).write(to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == TrainingLog(rows).csv)
    }

    @Test("training log: the curves show what was measured") func theCurvesAreThoseOfWhatWasMeasured() {
        func lines(_ rows: [EpochResult]) -> [[String]] {
            TrainingLog(rows).curves().panels.map { panel in [panel.yLabel] + panel.lines.map(\.name) }
        }
        #expect(
            lines(rows) == [
                ["loss", "training", "validation"],
                ["metrics", "accuracy, training", "accuracy, validation", "top, \"5\", validation"],
            ])
        #expect(
            lines(Array(rows.prefix(1))) == [
                ["loss", "training", "validation"], ["accuracy", "training", "validation"],
            ])
        let onlyLoss = EpochResult(epoch: 1, learningRate: 0.1, loss: 2, metrics: [:], seconds: 1)
        #expect(lines([onlyLoss]) == [["loss", "training"]])
        #expect(lines([]) == [["loss", "training"]])
        let points = TrainingLog(rows).curves().panels[0].lines[1].points
        #expect(points[0] == (1, 1.25) && points[1].x == 2 && points[1].y.isNaN)
    }
}
