import CVCore
import CVImage
import CVNN
import CVWeights
import Foundation
import Testing

/// `cvtool train style` on a few small images.
@Suite struct TrainStyleTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("coffee.jpg", as: "coffee.jpg")
        let portrait = try Image(contentsOf: DetectScratch.sample("portrait.jpg"))
        try FileManager.default.createDirectory(atPath: scratch.path + "/photos", withIntermediateDirectories: true)
        for number in 0..<10 {
            let part = portrait.cropped(x: 30 * number, y: 20 * number, width: 200, height: 160)
            try part.resized(width: 50, height: 40).write(to: scratch.path + "/photos/\(number).png")
        }
        try scratch.write("nothing", to: "photos/broken.jpg")
    }

    /// Four steps of two images, in two epochs.
    private func train(_ arguments: String...) throws -> CommandResult {
        try runCommand(
            [
                "train", "style", "coffee.jpg", "--images", "photos", "--size", "32", "--width", "2", "--batch-size",
                "2", "--steps", "4", "--steps-per-epoch", "2", "--content-layers", "conv2_1", "--layers",
                "conv1_1,conv2_1",
            ] + arguments, in: scratch.path)
    }

    @Test("cvtool train style: a network learns and stylizes") func aNetworkLearnsAndStylizes() throws {
        let result = try train("--half", "--sample", "coffee.jpg")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("run/best.safetensors: epoch "), "\(result.output)")
        #expect(result.errors.contains("photos/broken.jpg"), "\(result.errors)")
        #expect(result.errors.contains("9 images of 32x32 to train on"), "\(result.errors)")
        #expect(
            try scratch.names(in: "run") == [
                "best.safetensors", "checkpoint.safetensors", "curves.png", "last.safetensors", "log.csv",
                "recipe.json", "sample.jpg",
            ])
        #expect(try scratch.image("run/sample.jpg").width == 512)
        #expect(try scratch.text("run/log.csv").contains("content"))
        let metadata = try Safetensors(path: scratch.path + "/run/best.safetensors").metadata
        #expect(metadata["model"] == "fast-style-w2" && metadata["labels"] == "[\"coffee\"]")
        let verified = try runCommand(["weights", "verify", "run/best.safetensors"], in: scratch.path)
        #expect(verified.exitCode == 0, "\(verified.output)")

        let stylized = try runCommand(
            ["stylize", "photos/1.png", "--fast", "--weights", "run/best.safetensors"], in: scratch.path)
        #expect(stylized.exitCode == 0, "\(stylized.errors)")
        #expect(try scratch.image("1_coffee.png").width == 50)
    }

    @Test("cvtool train style --resume: an interrupted run ends as an uninterrupted one")
    func aRunThatGoesOnEndsAsOneThatWasNotInterrupted() throws {
        let arguments = ["--steps", "40", "--steps-per-epoch", "20", "--schedule", "constant"]
        func train(_ arguments: [String]) throws -> CommandResult {
            try runCommand(
                [
                    "train", "style", "coffee.jpg", "--images", "photos", "--size", "32", "--width", "2",
                    "--batch-size", "2", "--content-layers", "conv2_1", "--layers", "conv1_1",
                ] + arguments, in: scratch.path)
        }
        #expect(try train(arguments + ["-o", "whole", "--threads", "3"]).exitCode == 0)
        let first = try train(["--steps", "20", "--steps-per-epoch", "20", "--schedule", "constant", "--threads", "1"])
        #expect(first.exitCode == 0, "\(first.errors)")
        let resumed = try train(arguments + ["--resume"])
        #expect(resumed.exitCode == 0 && resumed.errors.contains("resuming in epoch 2"), "\(resumed.errors)")
        for name in ["best.safetensors", "last.safetensors", "sample.jpg"] {
            #expect(try scratch.bytes("run/\(name)") == scratch.bytes("whole/\(name)"), "\(name)")
        }
        let again = try train(arguments)
        #expect(again.exitCode == 1 && again.errors.contains("--resume"))
        let other = try train(arguments + ["--resume", "--tv-weight", "3"])
        #expect(other.exitCode == 1 && other.errors.contains("tv_weight was 4.0 and is now 3.0"), "\(other.errors)")
    }

    @Test(
        "cvtool train style: errors name invalid arguments",
        arguments: [
            (["--size", "33"], "a multiple of 4"), (["--width", "0"], "--width 0: a number from 1 to 128"),
            (["--style-weight", "0"], "nothing to learn"), (["--layers", "conv1_9"], "did you mean conv1_1?"),
            (["--steps", "0"], "--steps 0"),
        ])
    func argumentsThatMakeNoSenseAreNamed(arguments: [String], expected: String) throws {
        let result = try runCommand(
            ["train", "style", "coffee.jpg", "--images", "photos"] + arguments, in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains(expected), "\(result.errors)")
    }

    @Test("cvtool train style: missing files are reported before training")
    func whatIsMissingIsFoundBeforeTrainingBegins() throws {
        let none = try runCommand(["train", "style", "coffee.jpg", "--images", "nowhere"], in: scratch.path)
        #expect(none.exitCode == 1 && none.errors.contains("nowhere: "), "\(none.errors)")
        let style = try runCommand(["train", "style", "nope.jpg", "--images", "photos"], in: scratch.path)
        #expect(style.exitCode == 1 && style.errors.contains("nope.jpg: cannot be opened"), "\(style.errors)")
        try scratch.write("nothing", to: "bad/a.jpg")
        let broken = try runCommand(["train", "style", "coffee.jpg", "--images", "bad"], in: scratch.path)
        #expect(broken.exitCode == 1 && broken.errors.contains("can be decoded (of 1)"), "\(broken.errors)")
        #expect(try !scratch.names().contains("run"))
    }
}
