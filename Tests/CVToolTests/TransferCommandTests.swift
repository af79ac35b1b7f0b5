import CVCore
import CVNN
import Testing

/// `cvtool train classify --pretrained`, from the ResNet-20 that comes with the library.
@Suite struct TransferCommandTests {
    let folder: TrainScratch

    init() throws { folder = try TrainScratch() }

    private static let command = ["train", "classify", "shapes", "--pretrained", "resnet20-cifar10"]

    private func train(_ arguments: String...) throws -> CommandResult {
        try runCommand(Self.command + arguments, in: folder.path)
    }

    @Test("cvtool train classify --freeze: a head on frozen features is a whole classifier")
    func aHeadOnFrozenFeaturesIsAWholeClassifier() throws {
        let result = try train("--freeze", "backbone", "--epochs", "30", "--learning-rate", "0.02")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.errors.contains("of the head") && result.output.hasPrefix("run/best.safetensors: epoch "))
        let found = try folder.run(
            "classify", "shapes/disc/0.png", "-w", "run/best.safetensors", "--top", "1", "--flip")
        #expect(found.exitCode == 0 && found.output.hasPrefix("shapes/disc/0.png: disc "), "\(found.errors)")
        let crops = try folder.run("classify", "shapes/disc/0.png", "-m", "run/best.safetensors", "--ten-crop")
        #expect(crops.exitCode == 0 && crops.lines.count == 3)
        let evaluation = try folder.run(
            "evaluate", "classify", "shapes", "--weights", "run/best.safetensors", "--split", "val", "--json")
        let log = try folder.log()
        let column = try #require(log[0].firstIndex(of: "dev_accuracy"))
        let best = try #require(log.dropFirst().compactMap { Double($0[column]) }.max())
        #expect(abs(try #require(evaluation.records[0]["accuracy"]?.double) - best) < 1e-6 && best > 0.8)
        let recipe = try JSONValue.parse(folder.scratch.text("run/recipe.json"))
        #expect(recipe["pretrained"]?.string == "resnet20-cifar10" && recipe["freeze"]?.string == "backbone")
        #expect(recipe["pretrained_sha256"]?.string?.count == 64 && recipe["copies"]?.integer == 1)
    }

    @Test("cvtool train classify --freeze --resume: a run ends as an uninterrupted one")
    func aRunThatIsResumedEndsLikeOneThatWasNot() throws {
        func run(_ more: String...) throws {
            let options = [
                "--freeze", "backbone", "--augment", "mirror@0.5", "--copies", "2", "--schedule", "constant",
            ]
            let result = try runCommand(Self.command + options + more, in: folder.path)
            #expect(result.exitCode == 0, "\(result.errors)")
        }
        try run("--epochs", "4", "-o", "whole")
        try run("--epochs", "2", "-o", "parts", "--threads", "1")
        try run("--epochs", "4", "-o", "parts", "--resume")
        #expect(try folder.log("whole") == folder.log("parts"))
        let other = try train("-o", "whole", "--resume")
        #expect(other.exitCode == 1 && other.errors.contains("freeze"), "\(other.errors)")
    }

    @Test("cvtool train classify: initial weights of another network are an error")
    func weightsOfAnotherNetworkAreRefused() throws {
        let result = try train("--model", "resnet32")
        #expect(result.exitCode == 1 && result.errors.contains("resnet32") && result.output.isEmpty, "\(result.errors)")
        let gray = try train("--channels", "1")
        #expect(gray.exitCode == 1)
        #expect(gray.errors.contains("\"conv1.weight\" has the shape [16, 3, 3, 3]"), "\(gray.errors)")
    }
}
