import Foundation
import Testing

/// Runs that stop, go on, and meet the files of others.
@Suite struct TrainResumeTests {
    let folder: TrainScratch

    init() throws { folder = try TrainScratch() }

    @Test("cvtool train --resume: an interrupted run ends as an uninterrupted one")
    func anInterruptedRunThatGoesOnEndsAsOneThatWasNot() throws {
        let options = [
            "train", "classify", "shapes", "--model", "resnet20", "--imgsz", "16", "--epochs", "10", "--batch-size",
            "8", "--learning-rate", "0.01", "--average", "0.9",
        ]
        let (status, remarks) = try folder.interrupted(options)
        #expect(status == 130 && remarks.contains("saved; the same command with --resume continues"), "\(remarks)")
        #expect(try folder.log().count < 11)
        let resumed = try runCommand(options + ["--resume"], in: folder.path)
        #expect(resumed.exitCode == 0 && resumed.errors.contains("resuming in epoch "), "\(resumed.errors)")
        let whole = try runCommand(options + ["-o", "whole"], in: folder.path)
        #expect(whole.exitCode == 0)
        #expect(try folder.log() == folder.log("whole"))
        for name in ["best", "last"] {
            let path = "\(name).safetensors"
            #expect(try folder.scratch.bytes("run/\(path)") == folder.scratch.bytes("whole/\(path)"))
        }
    }

    @Test("cvtool train: a run is not overwritten without --force")
    func aFolderWithARunIsNotOverwrittenUnasked() throws {
        #expect(try folder.train("--epochs", "1").exitCode == 0)
        let before = try folder.scratch.bytes("run/last.safetensors")
        let again = try folder.train("--epochs", "1", "--seed", "2")
        #expect(again.exitCode == 1 && again.errors.contains("--resume") && again.errors.contains("--force"))
        #expect(try folder.scratch.bytes("run/last.safetensors") == before)
        #expect(try folder.train("--epochs", "1", "--seed", "2", "--force").exitCode == 0)
        #expect(try folder.scratch.bytes("run/last.safetensors") != before)
    }

    private static let long = [
        "train", "classify", "shapes", "--model", "resnet20", "--imgsz", "16", "--epochs", "99", "--batch-size", "8",
    ]

    @Test("cvtool train --resume: other classes are refused and named") func otherClassesAreRefused() throws {
        #expect(try folder.train("--epochs", "2").exitCode == 0)
        let before = try folder.scratch.bytes("run/checkpoint.safetensors")
        try FileManager.default.moveItem(
            atPath: folder.path + "/shapes/bar", toPath: folder.path + "/shapes/zebra")
        let result = try folder.train("--epochs", "2", "--resume")
        #expect(result.exitCode == 1)
        #expect(
            result.errors.contains(
                "the class \"bar\" is not there any more (it had 30 images); the class \"zebra\" is new"),
            "\(result.errors)")
        #expect(try folder.scratch.bytes("run/checkpoint.safetensors") == before)
    }

    @Test("cvtool train --resume: more epochs name the settings, not the rates") func moreEpochsNameTheSettings() throws
    {
        #expect(try folder.train("--epochs", "2").exitCode == 0)
        let result = try folder.train("--epochs", "20", "--resume")
        #expect(result.exitCode == 1 && !result.errors.contains("learning rate at epoch"), "\(result.errors)")
        #expect(result.errors.contains("epochs was 2 and is now 20"), "\(result.errors)")
        #expect(try folder.train("--epochs", "2", "--schedule", "constant", "-o", "same").exitCode == 0)
        let longer = try folder.train("--epochs", "3", "--schedule", "constant", "-o", "same", "--resume")
        #expect(longer.exitCode == 0, "\(longer.errors)")
        #expect(try folder.log("same").count == 4)
    }

    @Test("cvtool train --resume: no file is claimed that was removed") func noFileIsClaimedThatWasRemoved() throws {
        let options = ["--epochs", "4", "--learning-rate", "1e-9", "--patience", "2"]
        func train(_ more: String...) throws -> CommandResult {
            try runCommand(
                ["train", "classify", "shapes", "--model", "logistic", "--imgsz", "16", "--channels", "3"] + options
                    + more,
                in: folder.path)
        }
        // With next to no learning rate the first epoch stays the best.
        #expect(try train().output.hasPrefix("run/best.safetensors: epoch 1"))
        try FileManager.default.removeItem(atPath: folder.path + "/run/best.safetensors")
        let result = try train("--resume", "-q")
        #expect(result.exitCode == 0 && result.errors.contains("is missing; its weights (epoch 1"), "\(result.errors)")
        let named = try #require(result.output.split(separator: ":").first)
        #expect(try folder.scratch.names(in: "run").contains { "run/" + $0 == named }, "\(result.output)")
    }

    @Test("cvtool train: a second training into a folder is refused, and a killed one does not block it")
    func aSecondTrainingIsRefused() throws {
        let (_, _) = try folder.interrupted(Self.long) { process in
            for more in [[], ["--force"], ["--resume"]] {
                let second = try runCommand(Self.long + more, in: folder.path)
                #expect(second.exitCode == 1, "\(more): \(second.errors)")
                #expect(
                    second.errors.contains("run: process \(process.processIdentifier) on "), "\(more): \(second.errors)"
                )
                #expect(second.errors.contains("trains into this folder"))
            }
            kill(process.processIdentifier, SIGKILL)
        }
        #expect(try folder.train("--epochs", "1", "--force").exitCode == 0)
        #expect(try !folder.scratch.names(in: "run").contains("running.lock"))
    }

    @Test("cvtool train --resume: only the same run is resumed") func onlyTheSameRunGoesOn() throws {
        #expect(try folder.train("--resume").errors.contains("there is no checkpoint to resume from"))
        #expect(try folder.train("--epochs", "1").exitCode == 0)
        let before = try folder.scratch.bytes("run/checkpoint.safetensors")
        let network = try folder.train("--epochs", "1", "--resume", model: "small-cnn")
        #expect(network.exitCode == 1 && network.errors.contains("another network"), "\(network.errors)")
        #expect(network.errors.contains("missing: \"conv1.weight\""))
        let settings = try folder.train("--epochs", "1", "--resume", "--label-smoothing", "0.1")
        #expect(settings.exitCode == 1, "\(settings.errors)")
        #expect(settings.errors.contains("label_smoothing was 0.0 and is now 0.1"), "\(settings.errors)")
        let optimizer = try folder.train("--epochs", "1", "--resume", "--optimizer", "sgd")
        #expect(optimizer.exitCode == 1 && optimizer.errors.contains("optimizer"), "\(optimizer.errors)")
        #expect(try folder.scratch.bytes("run/checkpoint.safetensors") == before)
        try folder.scratch.write("nothing", to: "run/checkpoint.safetensors")
        #expect(try folder.train("--epochs", "1", "--resume").exitCode == 1)
    }
}
