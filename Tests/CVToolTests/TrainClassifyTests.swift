import CVCore
import CVNN
import CVWeights
import Foundation
import Testing

@Suite struct TrainClassifyTests {
    let folder: TrainScratch

    init() throws { folder = try TrainScratch() }

    @Test("cvtool train classify: a network learns the shapes", arguments: ["logistic", "lenet5", "resnet20"])
    func aNetworkLearnsTheShapes(model: String) throws {
        let more = [
            "logistic": ["--epochs", "5"], "lenet5": ["--epochs", "5", "--channels", "3"],
            "resnet20": ["--epochs", "5", "--imgsz", "16", "--learning-rate", "0.05", "--average", "0.8"],
        ]
        let result = try runCommand(
            ["train", "classify", "shapes", "--model", model, "--batch-size", "16", "--augment", "none"]
                + (model == "logistic" ? ["--imgsz", "16", "--channels", "3"] : []) + more[model]!,
            in: folder.path)
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("run/best.safetensors: epoch "))
        let names = [
            "best.safetensors", "checkpoint.safetensors", "curves.png", "last.safetensors", "log.csv", "recipe.json",
        ]
        #expect(try folder.scratch.names(in: "run") == names)
        #expect(try folder.log().count == 6)
        let evaluation = try folder.run(
            "evaluate", "classify", "shapes", "--weights", "run/best.safetensors", "--json", "-q")
        #expect(evaluation.exitCode == 0, "\(evaluation.errors)")
        #expect(try #require(evaluation.records.first?["accuracy"]?.double) > 0.9)
        #expect(try folder.scratch.image("run/curves.png").width > 300)
    }

    @Test("cvtool train classify: the recipe and the metadata record the settings")
    func theRecipeAndTheWeightsSayHowTheyWereMade() throws {
        let result = try folder.train("--epochs", "2", "--optimizer", "adam", "--schedule", "one-cycle", "--half")
        #expect(result.exitCode == 0, "\(result.errors)")
        let recipe = try JSONValue.parse(folder.scratch.text("run/recipe.json"))
        #expect(recipe["optimizer"]?.string == "adam" && recipe["schedule"]?.string == "one-cycle")
        #expect(recipe["learning_rate"]?.double == 0.001 && recipe["epochs"]?.integer == 2)
        for name in ["best", "last"] {
            let file = try Safetensors(path: folder.path + "/run/\(name).safetensors")
            #expect(file.header.entries.allSatisfy { $0.dtype == .f16 })
            let metadata = try WeightsMetadata(file.metadata)
            #expect(metadata.model == "logistic" && metadata.task == "classify")
            #expect(metadata.labels == ["bar", "disc", "square"])
            #expect(file.metadata["recipe"] == recipe.text && file.metadata["dev_accuracy"] != nil)
        }
    }

    @Test("cvtool train classify: the weights depend on the seed, not on the threads")
    func theSameSeedGivesTheSameWeightsAtAnyNumberOfThreads() throws {
        for threads in ["1", "3"] {
            let result = try folder.train(
                "--epochs", "2", "--augment", "shift=0.125,mirror@0.5", "--threads", threads, "-o", threads,
                model: "small-cnn")
            #expect(result.exitCode == 0, "\(result.errors)")
        }
        #expect(try folder.log("1") == folder.log("3"))
        #expect(try folder.scratch.bytes("1/last.safetensors") == folder.scratch.bytes("3/last.safetensors"))
        _ = try folder.train("--epochs", "2", "--seed", "2", "-o", "other", model: "small-cnn")
        #expect(try folder.log("1") != folder.log("other"))
    }

    @Test("cvtool train classify: images that do not decode are reported and skipped")
    func imagesThatDoNotDecodeAreReportedCountedAndLeftOut() throws {
        try folder.scratch.write("not an image", to: "shapes/disc/broken.png")
        try folder.scratch.write(Data(), to: "shapes/bar/empty.jpg")
        try folder.scratch.write("about", to: "shapes/bar/readme.txt")
        try folder.scratch.write("unread", to: "shapes/bar/photo.HEIC")
        let result = try folder.train("--epochs", "1")
        #expect(result.exitCode == 0)
        #expect(result.errors.contains("disc/broken.png") && result.errors.contains("bar/empty.jpg"))
        #expect(result.errors.contains("2 of 92 images cannot be used"))
        #expect(result.errors.contains("ignored 1 file that is not an image by its name: \"bar/readme.txt\""))
        #expect(result.errors.contains("skipped 1 image in a format that is not read: \"bar/photo.HEIC\""))
        let quiet = try folder.train("--epochs", "1", "-q", "-o", "quiet")
        #expect(quiet.errors.contains("skipped 1 image") && !quiet.errors.contains("ignored"), "\(quiet.errors)")
    }

    @Test("cvtool train classify: an error names a class without images")
    func aClassWithoutImagesIsAnErrorThatNamesIt() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path + "/shapes/nothing", withIntermediateDirectories: true)
        let result = try folder.train("--epochs", "1")
        #expect(result.exitCode == 1 && result.errors.contains("nothing"), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/run"))
    }

    @Test("cvtool train classify: without validation the result is the last weights")
    func withNothingHeldOutTheLastWeightsAreTheResult() throws {
        let result = try folder.train("--epochs", "2", "--holdout", "0")
        #expect(result.exitCode == 0 && result.output.hasPrefix("run/last.safetensors: epoch 2"))
        #expect(try !folder.scratch.names(in: "run").contains("best.safetensors"))
    }

    @Test("cvtool train classify: a loss that is not finite stops the run and names the step")
    func aLossThatIsNoNumberStopsAndNamesWhere() throws {
        let result = try folder.train(
            "--epochs", "3", "--optimizer", "sgd", "--learning-rate", "1e12", "--warmup", "0", model: "small-cnn")
        #expect(result.exitCode == 1)
        #expect(result.errors.contains("epoch 1, step "), "\(result.errors)")
        #expect(
            ["conv1", "conv2", "fc1", "fc2"].contains { result.errors.contains("\"\($0)") }, "\(result.errors)")
    }

    @Test("cvtool train classify: early stopping is reported") func earlyStoppingSaysSo() throws {
        // With next to no learning rate the first epoch stays the best.
        let result = try folder.train("--epochs", "30", "--patience", "2", "--learning-rate", "1e-9")
        #expect(result.exitCode == 0 && result.errors.contains("ended after epoch 3: no improvement in 2 epochs"))
        #expect(try folder.log().count == 4)
    }
}
