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
        #expect(json["model"] == "ssd-mobilenetv2" && json["threads"] == 1 && json["runs"] == 2)
        #expect(json["width"] == 60 && json["height"] == 100)
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
        #expect(lines.first?.hasPrefix("ssd-mobilenetv2, input 32×32, 1 thread, ") == true)
        #expect(lines.first?.contains(", 1 run, at most ") == true)
        #expect(lines.count == 3 && lines.last?.hasPrefix("network ") == true)
    }

    @Test("cvtool benchmark: a face and its mesh are measured")
    func facesAndMeshesAreMeasured() throws {
        let (face, cup) = ("portrait.jpg", "coffee.jpg")
        func measure(_ name: String) throws -> CommandResult {
            try run(
                "--model", "blazeface-short", "--mesh", "face-mesh", "--image",
                packageFolder.appending(path: "SampleImages/\(name)").path, "--no-network", "--runs", "1", "--json")
        }
        let result = try measure(face)
        #expect(result.exitCode == 0, "\(result.errors)")
        let steps = try #require(try JSONValue.parse(result.output)["milliseconds"]?.object).map(\.key)
        #expect(steps.suffix(3) == ["faces", "mesh", "faces + mesh"])
        let nothing = try measure(cup)
        #expect(nothing.exitCode == 1 && nothing.errors.contains("finds no face"), "\(nothing.errors)")
        #expect(try run("--mesh", "face-mesh").exitCode == 64)
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

    @Test("cvtool benchmark: training steps of detectors are measured, those that cannot be trained are named")
    func stepsOfDetectorsAreMeasured() throws {
        for name in ["yolox-nano", "yolov3-tiny"] {
            let result = try run("--train", name, "--batch-size", "1", "--runs", "1", "--json")
            #expect(result.exitCode == 0, "\(result.errors)")
            #expect(try JSONValue.parse(result.output)["input"] == [1, 3, 416, 416])
        }
        for name in ["r-cnn", "faster-r-cnn"] {
            let result = try run("--train", name, "--batch-size", "1", "--runs", "1", "--json")
            #expect(result.exitCode == 0, "\(result.errors)")
            #expect(try JSONValue.parse(result.output)["input"] == [1, 3, 384, 512])
        }
        let untrained = try run("--train", "ssd-mobilenetv2")
        #expect(untrained.exitCode == 64 && untrained.errors.contains("yolox-nano"), "\(untrained.errors)")
    }

    @Test("cvtool benchmark: the search for faces is measured, for one and for a group")
    func searchesForFacesAreMeasured() throws {
        let json = try JSONValue.parse(try run("--faces", "2000", "--runs", "2", "--json").output)
        #expect(json["faces"] == 2000 && json["dimension"] == 128)
        #expect(json["milliseconds"]?.object?.map { $0.key } == ["one", "group"])
    }

    @Test("cvtool benchmark: wrong arguments give a message")
    func wrongUseIsExplained() throws {
        for arguments in [
            ["--runs", "0"], ["--no-network"], ["--threads", "0"], ["--batch-size", "0"],
            ["--train", "unet", "--no-network"], ["--faces", "0"], ["--faces", "9", "--style", "64"],
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
