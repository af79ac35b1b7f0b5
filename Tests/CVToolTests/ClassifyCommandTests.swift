import CVCore
import CVImage
import Foundation
import Testing

/// `cvtool evaluate classify`, `cvtool classify` and `cvtool tune classify`, with weights that were just trained.
@Suite struct ClassifyCommandTests {
    let folder: TrainScratch

    init() throws {
        folder = try TrainScratch()
        let result = try folder.train("--epochs", "5")
        #expect(result.exitCode == 0, "\(result.errors)")
    }

    private func evaluate(_ arguments: String..., data: String = "shapes") throws -> CommandResult {
        try runCommand(
            ["evaluate", "classify", data, "--weights", "run/best.safetensors"] + arguments, in: folder.path)
    }

    private func classify(_ arguments: String...) throws -> CommandResult {
        try runCommand(["classify", "--weights", "run/best.safetensors"] + arguments, in: folder.path)
    }

    @Test("cvtool evaluate: the validation accuracy equals that of the training log")
    func whatWasHeldOutGivesTheAccuracyOfTheTraining() throws {
        let result = try evaluate("--split", "val", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try #require(result.records.first)
        let log = try folder.log()
        let column = try #require(log[0].firstIndex(of: "dev_accuracy"))
        let best = try #require(log.dropFirst().compactMap { Double($0[column]) }.max())
        #expect(abs(try #require(json["accuracy"]?.double) - best) < 1e-6)
        #expect(json["pictures"]?.integer == 9)
        #expect(try evaluate("--split", "train", "--json").records[0]["pictures"]?.integer == 81)
    }

    @Test("cvtool evaluate: --split dev is val, and says so; a part without images is an error")
    func partsOfADataSetAreNamed() throws {
        let (old, new) = (try evaluate("--split", "dev", "--json"), try evaluate("--split", "val", "--json"))
        #expect(old.exitCode == 0 && old.output == new.output)
        #expect(old.errors.contains("--split dev is now called --split val"), "\(old.errors)")
        #expect(!new.errors.contains("--split"))
        let test = try evaluate("--split", "test")
        #expect(test.exitCode == 1 && test.errors.contains("has no images in the part \"test\""), "\(test.errors)")
        let wrong = try evaluate("--split", "validation")
        #expect(wrong.exitCode == 64 && wrong.errors.contains("'all', 'train', 'val'"))
    }

    @Test("cvtool evaluate: the report has a line for each class, and the confusion matrix")
    func theReportHasALineForEachClassAndTheMatrix() throws {
        let result = try evaluate("--flip", "--confusion", "confusion.png")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.lines.first == "images    90")
        for name in ["bar", "disc", "square"] {
            #expect(result.lines.count { $0.contains(name) } == 2)
        }
        #expect(try folder.scratch.image("confusion.png").width > 100)
        let again = try evaluate("--confusion", "confusion.png")
        #expect(again.exitCode == 1 && again.output.isEmpty)
        #expect(try evaluate("--confusion", "confusion.png", "--force", "-q").exitCode == 0)
    }

    @Test("cvtool evaluate: classes other than those of the weights are an error")
    func otherClassesThanThoseOfTheWeightsAreAnError() throws {
        try FileManager.default.moveItem(
            atPath: folder.path + "/shapes/disc", toPath: folder.path + "/shapes/ring")
        let result = try evaluate()
        #expect(result.exitCode == 1 && result.output.isEmpty)
        #expect(result.errors.contains("ring") && result.errors.contains("disc"), "\(result.errors)")
    }

    @Test("cvtool evaluate: an undecodable image is left out and reported")
    func aBrokenImageIsLeftOutOfTheEvaluation() throws {
        try folder.scratch.write("not an image", to: "shapes/disc/broken.png")
        let result = try evaluate("--json")
        #expect(result.exitCode == 2 && result.errors.contains("1 of 91 images cannot be used"))
        #expect(try result.records[0]["pictures"]?.integer == 90)
    }

    @Test("cvtool classify: a line for each class with its probability")
    func imagesAreNamedWithTheirProbabilities() throws {
        let result = try classify("shapes/disc/0.png", "--top", "2")
        #expect(result.exitCode == 0 && result.lines.count == 2)
        #expect(result.lines[0].hasPrefix("shapes/disc/0.png: disc ") && result.lines[0].hasSuffix("%"))
        #expect(try classify("shapes/disc/0.png").lines.count == 3)
    }

    @Test("cvtool classify: images of a folder in formats that are not read are counted")
    func unreadFormatsAreCounted() throws {
        let path = folder.path + "/mixed"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Image(width: 8, height: 8, fill: .white).write(to: path + "/white.png")
        for name in ["a.webp", "b.HEIC", "c.bmp", "d.tif", "notes.txt"] {
            try folder.scratch.write("not read", to: "mixed/" + name)
        }
        let result = try runCommand(
            ["classify", "mixed", "-m", "resnet20-cifar10", "--top", "1"], in: folder.path)
        #expect(result.exitCode == 0 && result.lines.count == 1)
        let note = "mixed: skipped 4 images in formats not read here: a.webp, b.HEIC, c.bmp and 1 more"
        #expect(result.errors.contains(note), "\(result.errors)")
    }

    @Test("cvtool classify: --json gives a record for each input, also for failures")
    func eachInputHasARecordAlsoIfItFails() throws {
        try folder.scratch.write("not an image", to: "broken.png")
        let result = try classify("shapes/bar/1.png", "broken.png", "missing.png", "--json")
        #expect(result.exitCode == 2)
        let records = try result.records
        #expect(records.map { $0["input"]?.string } == ["shapes/bar/1.png", "broken.png", "missing.png"])
        #expect(records[0]["classes"]?.array?[0]["label"]?.string == "bar" && records[0]["width"]?.integer == 16)
        #expect(records[1]["error"]?.string != nil && records[2]["classes"]?.array == [])
        #expect(try classify("broken.png").exitCode == 1)
        #expect(try classify("shapes", "--recursive", "--top", "1").lines.count == 90)
    }

    @Test("cvtool classify: missing weights and checkpoints are errors")
    func weightsThatAreNotThereOrNoClassifierAreErrors() throws {
        let missing = try folder.run("classify", "a.png", "--weights", "nope/x.safetensors")
        #expect(missing.exitCode == 1 && missing.errors.contains("there is no weight file at this path"))
        let checkpoint = try folder.run("classify", "shapes/bar/1.png", "--weights", "run/checkpoint.safetensors")
        #expect(checkpoint.exitCode == 1 && checkpoint.output.isEmpty)
    }

    @Test("cvtool tune: trials are listed from best to worst, reproducibly")
    func aSearchPrintsItsTrialsFromBestToWorst() throws {
        func tune(_ arguments: String...) throws -> CommandResult {
            try runCommand(
                [
                    "tune", "classify", "shapes", "--model", "logistic", "--imgsz", "16", "--channels", "3",
                    "--learning-rate", "1e-6..1e-1:log", "--batch-size", "16,32", "--trials", "4", "--rounds", "2",
                    "--epochs", "2",
                ] + arguments, in: folder.path)
        }
        let result = try tune("--csv", "trials.csv")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.lines.count == 9)
        let accuracies = result.lines.dropFirst().map { $0.split(separator: " ").last.flatMap { Double($0) } ?? -1 }
        #expect(accuracies == accuracies.sorted(by: >) && accuracies[0] > 0.6 && accuracies[7] >= 0)
        let rows = try folder.scratch.text("trials.csv").split(separator: "\n")
        #expect(rows.count == 9 && rows[0] == "trial,round,batch-size,learning-rate,dev_accuracy")
        #expect(rows[1].hasPrefix("1,1,") && rows[8].hasPrefix("8,2,"))
        #expect(try tune("-q").output == result.output)
        #expect(try tune("--csv", "trials.csv").exitCode == 1)
    }

    @Test(
        "cvtool train, tune, evaluate, classify: wrong arguments exit with 64",
        arguments: [
            ["train", "classify", "shapes", "--optimizer", "lbfgs"], ["train", "classify", "shapes", "--epochs", "0"],
            ["train", "classify", "shapes", "--augment", "miror"],
            ["train", "classify", "shapes", "--model", "resnet21"],
            ["train", "classify", "shapes", "--model", "lenet5", "--imgsz", "8"],
            ["train", "classify", "shapes", "--holdout", "1"],
            ["train", "classify", "shapes", "--learning-rate", "nan"],
            ["train", "classify", "shapes", "--resume", "--force"],
            ["tune", "classify", "shapes", "--batch-size", "9..1"],
            ["tune", "classify", "shapes", "--holdout", "0"],
            ["evaluate", "classify", "shapes", "-w", "x", "--confusion", "x.txt"],
            ["classify", "a.png", "-w", "x", "--top", "0"],
        ])
    func argumentsThatMakeNoSenseAreRefused(arguments: [String]) throws {
        let result = try runCommand(arguments, in: folder.path)
        #expect(result.exitCode == 64 && result.output.isEmpty, "\(result.errors)")
    }
}
