import CVNN
import Foundation
import Testing

@Suite struct TrainingLogTests {
    private let rows = [
        TrainingRow(
            epoch: 1, learningRate: 0.1, loss: 1.5, trainingMetrics: ["accuracy": 0.25],
            metrics: ["loss": 1.25, "accuracy": 0.5], seconds: 12.345),
        TrainingRow(
            epoch: 2, learningRate: 0.05, loss: 0.5, trainingMetrics: ["accuracy": 0.75],
            metrics: ["loss": .nan, "accuracy": 0.875, "top, \"5\"": 1], seconds: 12),
    ]

    @Test func theTableHasALineForEachEpochByRFC4180() {
        #expect(
            TrainingLog(rows).csv == """
                epoch,rate,loss,accuracy,dev_loss,dev_accuracy,"dev_top, ""5""\",seconds\r
                1,0.1,1.5,0.25,1.25,0.5,,12.3\r
                2,0.05,0.5,0.75,,0.875,1.0,12.0\r\n
                """)
    }

    @Test func aLogWrittenAgainHasNoDoubleRows() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/log.csv"
        try TrainingLog(Array(rows.prefix(1))).write(to: path)
        try TrainingLog(rows).write(to: path)
        try TrainingLog(rows).write(to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == TrainingLog(rows).csv)
    }
}
