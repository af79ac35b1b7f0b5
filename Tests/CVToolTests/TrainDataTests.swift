import CVCore
import Foundation
import Testing

/// Images that are assigned to parts, classes that have none, and options that are given twice.
@Suite struct TrainDataTests {
    let folder: TrainScratch

    init() throws { folder = try TrainScratch() }

    /// 20 images of each class to train, 5 for validation, 5 to test.
    private func list() throws {
        var text = "path,label,split\n"
        for name in ["bar", "disc", "square"] {
            for index in 0..<30 {
                text += "shapes/\(name)/\(index).png,\(name),\(index < 20 ? "train" : index < 25 ? "val" : "test")\n"
            }
        }
        try folder.scratch.write(text, to: "list.csv")
    }

    private func trainList(_ arguments: String...) throws -> CommandResult {
        try runCommand(
            [
                "train", "classify", "list.csv", "--model", "logistic", "--imgsz", "16", "--channels", "3", "--epochs",
                "1", "--batch-size", "16",
            ] + arguments, in: folder.path)
    }

    private func count(_ result: CommandResult) throws -> Int? { try result.records.first?["pictures"]?.integer }

    @Test("cvtool: the column split of a list chooses the images that are evaluated") func splitOfAList() throws {
        try list()
        let trained = try trainList()
        #expect(trained.exitCode == 0, "\(trained.errors)")
        #expect(trained.errors.contains("60 images to train on, 15 for validation; 15 of test are left out"))
        let evaluate = ["evaluate", "classify", "list.csv", "-w", "run/best.safetensors", "--json"]
        for (part, images) in [("train", 60), ("val", 15), ("test", 15), ("all", 90)] {
            let result = try runCommand(evaluate + ["--split", part], in: folder.path)
            #expect(try count(result) == images, "\(part): \(result.errors)")
        }
        let all = try runCommand(evaluate, in: folder.path)
        #expect(try count(all) == 90)
        #expect(all.errors.contains("assigns images to parts (60 to train, 15 to val, 15 to test); all are evaluated"))
        let other = try runCommand(evaluate + ["--split", "both"], in: folder.path)
        #expect(other.exitCode == 64)
        for name in ["both", "all", "train", "val", "test"] { #expect(other.errors.contains(name), "\(other.errors)") }
        // Rows of test in a search are left out as well.
        let tuned = try runCommand(
            ["tune", "classify", "list.csv", "--model", "logistic", "--epochs", "1", "--trials", "1"], in: folder.path)
        #expect(tuned.exitCode == 0 && tuned.errors.contains("15 of test are left out"), "\(tuned.errors)")
    }

    @Test("cvtool train classify: a class without an image to train on is an error") func aClassOnlyOfTest() throws {
        try folder.scratch.write(
            "path,label,split\n"
                + (0..<4).map { "shapes/bar/\($0).png,bar,\nshapes/disc/\($0).png,disc,\n" }.joined()
                + "shapes/square/0.png,square,test\n", to: "list.csv")
        let result = try trainList("--holdout", "0.3")
        #expect(result.exitCode == 1, "\(result.errors)")
        #expect(result.errors.contains("no image of class \"square\" is assigned to training"), "\(result.errors)")
    }

    @Test("cvtool evaluate classify: a set may lack classes, which are named") func aSetMayLackClasses() throws {
        #expect(try folder.train("--epochs", "2").exitCode == 0)
        try FileManager.default.createDirectory(atPath: folder.path + "/some", withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: folder.path + "/shapes/disc", toPath: folder.path + "/some/disc")
        let result = try folder.run("evaluate", "classify", "some", "-w", "run/best.safetensors", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.errors.contains("no images of 2 of 3 classes: \"bar\", \"square\""), "\(result.errors)")
        let classes = try #require(result.records.first?["classes"]?.array)
        #expect(classes.compactMap { $0["pictures"]?.integer } == [0, 30, 0])
        // An unknown class is an error as before.
        try FileManager.default.moveItem(atPath: folder.path + "/some/disc", toPath: folder.path + "/some/dics")
        let unknown = try folder.run("evaluate", "classify", "some", "-w", "run/best.safetensors")
        #expect(unknown.exitCode == 1 && unknown.errors.contains("\"dics\" (near to \"disc\")"), "\(unknown.errors)")
    }

    @Test("cvtool evaluate classify: images in other formats make the result partial") func skippedImagesArePartial()
        throws
    {
        #expect(try folder.train("--epochs", "1").exitCode == 0)
        try folder.scratch.write("x", to: "shapes/disc/photo.webp")
        let result = try folder.run("evaluate", "classify", "shapes", "-w", "run/best.safetensors", "-q")
        #expect(result.exitCode == 2 && result.errors.contains("\"disc/photo.webp\""), "\(result.errors)")
    }

    @Test("cvtool: one epoch of one step learns, and is what tune ranks") func theFirstStepLearns() throws {
        let one = try folder.train("--epochs", "1", "--batch-size", "81", "--holdout", "0.1")
        #expect(one.exitCode == 0, "\(one.errors)")
        let rate = try #require(folder.log().last?[1])
        #expect(Double(rate) == 0.002)
        let tuned = try folder.run(
            "tune", "classify", "shapes", "--model", "logistic", "--epochs", "1", "--trials", "3", "--learning-rate",
            "1e-9,1,0.001", "--batch-size", "81", "--csv", "trials.csv")
        #expect(tuned.exitCode == 0, "\(tuned.errors)")
        let scores = try folder.scratch.text("trials.csv").split(whereSeparator: \.isNewline).dropFirst()
            .map { $0.split(separator: ",").last! }
        #expect(Set(scores).count > 1, "\(scores)")
    }

    @Test("cvtool tune: a batch size that is not a whole number is refused", arguments: ["1.5", "2.5..8", "4,8.25"])
    func batchSizesAreWhole(range: String) throws {
        let result = try folder.run("tune", "classify", "shapes", "--batch-size", range)
        #expect(result.exitCode == 64 && result.errors.contains("is not a whole number"), "\(result.errors)")
    }

    @Test("cvtool tune: its help tells one default of --epochs, which is used") func epochsOfTuning() throws {
        let help = try folder.run("help", "tune", "classify").output
        #expect(help.contains("passes over all images. (default: 3)") && !help.contains("36 for a network"), "\(help)")
    }

    @Test("cvtool: an option with two values says which counts") func optionsGivenTwice() throws {
        #expect(try folder.train("--epochs", "1").exitCode == 0)
        let weights = "run/best.safetensors"
        let twice = try folder.run(
            "classify", "shapes/bar/0.png", "-w", "nowhere.safetensors", "--weights", weights, "--top=1", "--top", "1")
        #expect(twice.exitCode == 0, "\(twice.errors)")
        #expect(
            twice.errors.contains(
                "--weights is given 2 times (\"nowhere.safetensors\", \"run/best.safetensors\"); the last counts"))
        #expect(!twice.errors.contains("--top"), "the same value twice is no matter")
        let once = try folder.run("classify", "shapes/bar/0.png", "-w", weights)
        #expect(once.errors.isEmpty, "\(once.errors)")
        // Options that take several values.
        let several = try folder.run("classify", "--", "--weights", "--weights")
        #expect(!several.errors.contains("is given"), "\(several.errors)")
    }

    @Test("cvtool explain: a network without feature maps is a typed error") func explainWithoutFeatureMaps() throws {
        #expect(try folder.train("--epochs", "1").exitCode == 0)
        let result = try folder.run("explain", "shapes/bar/0.png", "-w", "run/best.safetensors", "-o", "map.png")
        #expect(result.exitCode == 1, "\(result.errors)")
        #expect(result.errors.contains("the network has no feature maps before its classification head"))
    }

    @Test("cvtool train classify: a batch of one image for batch normalization is refused")
    func aBatchOfOneIsRefused() throws {
        let result = try folder.train(
            "--epochs", "1", "--batch-size", "1", "--imgsz", "32", model: "mobilenet_v2")
        #expect(result.exitCode == 1, "\(result.errors)")
        #expect(result.errors.contains("expected more than 1 value per channel when training"), "\(result.errors)")
        // Nothing was made that stands in the way of the next try.
        #expect(try folder.scratch.names(in: "run").isEmpty)
    }
}
