import CVCore
import Foundation
import TestSupport
import Testing

@Suite struct BenchmarkCommandTests {
    private func run(_ arguments: String...) throws -> CommandResult { try runCommand(["benchmark"] + arguments) }

    /// The figures themselves are the machine's; that they are in order and of the steps asked for is the command's.
    @Test("cvtool benchmark: JSON lists the steps in order")
    func jsonHasTheStepsInOrderOfTime() throws {
        let image = packageFolder.appending(path: "SampleImages/cat.jpg").path
        let result = try run("--runs", "2", "--imgsz", "60x100", "--threads", "1", "--image", image, "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try JSONValue.parse(result.output)
        #expect(json["model"] == "yolov3-tiny" && json["threads"] == 1 && json["runs"] == 2)
        #expect(json["width"] == 64 && json["height"] == 128)
        let steps = try #require(json["milliseconds"]?.object)
        #expect(steps.map { $0.key } == ["network", "decode", "resize", "prepare", "draw", "encode"])
        for step in steps {
            let times = ["minimum", "median", "p90"].compactMap { step.value[$0]?.double }
            #expect(times.count == 3 && times[0] > 0 && times == times.sorted(), "\(step)")
        }
    }

    @Test("cvtool benchmark: text is a table with a row for each step")
    func textIsATableWithARowForEachStep() throws {
        let result = try run("--runs", "1", "--imgsz", "32", "--threads", "1")
        let lines = result.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("yolov3-tiny, input 32×32, 1 thread, ") == true)
        #expect(lines.first?.contains(", 1 run, at most ") == true)
        #expect(lines.count == 3 && lines.last?.hasPrefix("network ") == true)
    }

    @Test("cvtool benchmark: training steps are measured")
    func stepsOfTrainingAreMeasured() throws {
        let result = try run("--train", "lenet5", "--batch-size", "3", "--runs", "2", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try JSONValue.parse(result.output)
        #expect(json["input"] == [3, 1, 28, 28])
        #expect(json["milliseconds"]?.object?.map { $0.key } == ["step"])
        #expect(json["peakMegabytes"]?.double ?? 0 > 1)
        #expect(try run("--train", "lenet6").errors.contains("lenet5"))
    }

    @Test("cvtool benchmark: wrong arguments give a message")
    func wrongUseIsExplained() throws {
        for arguments in [
            ["--runs", "0"], ["--no-network"], ["--threads", "0"], ["--batch-size", "0"],
            ["--train", "unet", "--no-network"],
        ] {
            let result = try runCommand(["benchmark"] + arguments)
            #expect(result.exitCode == 64)
            #expect(result.errors.contains(arguments[0]))
        }
        let missing = try run("--image", "/no/such/image.jpg", "--no-network")
        #expect(missing.exitCode == 1)
        #expect(missing.errors.contains("/no/such/image.jpg"))
    }
}
