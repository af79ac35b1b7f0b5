import Foundation
import Testing

/// Runs that stop, go on, and meet the files of others.
@Suite struct TrainResumeTests {
    let folder: TrainScratch

    init() throws { folder = try TrainScratch() }

    /// Starts a training and presses Ctrl-C when its log is there.
    private func interrupted(_ arguments: [String]) throws -> (status: Int32, remarks: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try commandPath)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.runInterruptible()
        var remarks = Data()
        while true {
            let piece = errors.fileHandleForReading.availableData
            remarks += piece
            if piece.isEmpty || String(decoding: remarks, as: UTF8.self).contains("epoch  1/") { break }
        }
        process.interrupt()
        remarks += errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        return (process.terminationStatus, String(decoding: remarks, as: UTF8.self))
    }

    @Test("cvtool train --resume: an interrupted run ends as an uninterrupted one")
    func anInterruptedRunThatGoesOnEndsAsOneThatWasNot() throws {
        let options = [
            "train", "classify", "shapes", "--model", "resnet20", "--imgsz", "16", "--epochs", "10", "--batch-size",
            "8", "--learning-rate", "0.01", "--average", "0.9",
        ]
        let (status, remarks) = try interrupted(options)
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
