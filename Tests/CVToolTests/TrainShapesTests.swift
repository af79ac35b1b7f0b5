import CVCore
import CVImage
import CVWeights
import Foundation
import TestSupport
import Testing

/// `cvtool train shapes`, which draws its own images.
@Suite struct TrainShapesTests {
    let scratch: DetectScratch

    init() throws { scratch = try DetectScratch() }

    private func train(_ arguments: String...) throws -> CommandResult {
        try runCommand(["train", "shapes"] + arguments, in: scratch.path)
    }

    @Test("cvtool train shapes: a run leaves weights, curves and drawn predictions, and is resumed")
    func aRunIsCompleteAndResumed() throws {
        let short = ["--steps", "10", "--batch-size", "2", "-o", "run"]
        let result = try train("anchors", "--steps", "10", "--batch-size", "2", "-o", "run")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("run/best.safetensors: epoch 10, loss ") && result.output.contains("val ap50 "))
        #expect(result.errors.contains("8x8 cells, 3 boxes each; weight of coordinates 5, of empty places 0.5"))
        #expect(result.errors.contains("10 epochs of 1 step, seed 1"), "\(result.errors)")
        let names = [
            "best.safetensors", "checkpoint.safetensors", "curves.png", "last.safetensors", "log.csv",
            "predictions.png", "recipe.json",
        ]
        #expect(try scratch.names(in: "run") == names)
        let metadata = try Safetensors(path: scratch.path + "/run/best.safetensors").metadata
        #expect(metadata["task"] == "shapes" && metadata["model"] == "shapes-anchors")
        #expect(metadata["labels"] == "[\"ellipse\",\"rectangle\",\"triangle\"]")
        let recipe = try JSONValue.parse(scratch.text("run/recipe.json"))
        #expect(recipe["coordinate_weight"]?.double == 5 && recipe["steps"]?.integer == 10)
        // Four columns of 256 pixels and three rows.
        let sheet = try scratch.image("run/predictions.png")
        #expect(sheet.width > 1024 && sheet.height > 768)

        let again = try runCommand(["train", "shapes", "anchors"] + short, in: scratch.path)
        #expect(again.exitCode == 1 && again.errors.contains("holds a run already"))
        let other = try runCommand(["train", "shapes", "grid"] + short + ["--resume"], in: scratch.path)
        #expect(other.exitCode == 1, "\(other.errors)")
        let resumed = try runCommand(["train", "shapes", "anchors"] + short + ["--resume"], in: scratch.path)
        #expect(resumed.exitCode == 0 && resumed.errors.contains("resuming in epoch 11"), "\(resumed.errors)")
    }

    @Test("cvtool train shapes: the same seed gives the same weights with any number of threads")
    func seedsDecide() throws {
        func log(_ folder: String, _ arguments: [String]) throws -> [[Substring]] {
            let run = ["train", "shapes", "corners", "--steps", "10", "--batch-size", "2", "-q", "-o", folder]
            let result = try runCommand(run + arguments, in: scratch.path)
            #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
            // Without the seconds.
            return try scratch.text("\(folder)/log.csv").split(whereSeparator: \.isNewline).map {
                $0.split(separator: ",").dropLast()
            }
        }
        let first = try log("a", ["--threads", "1"])
        #expect(first.first?.contains("dev_pixels") == true)
        #expect(try log("b", ["--threads", "2"]) == first)
        #expect(try log("c", ["--seed", "2"]) != first)
    }

    @Test(
        "cvtool train shapes: errors name invalid arguments",
        arguments: [
            (["circles"], "box"), (["box", "--steps", "0"], "--steps 0"),
            (["grid", "--batch-size", "0"], "--batch-size"),
            (["grid", "--coordinate-weight", "-1"], "--coordinate-weight"),
            (["box", "--learning-rate", "0"], "--learning"),
            (["box", "--empty-weight", "-0.5"], "--empty-weight"), ([], "lesson"),
        ])
    func invalidArguments(_ arguments: [String], _ part: String) throws {
        let result = try runCommand(["train", "shapes"] + arguments, in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains(part), "\(result.errors)")
    }
}
