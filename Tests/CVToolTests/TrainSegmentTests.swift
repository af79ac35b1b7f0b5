import CVCore
import CVImage
import CVNN
import CVWeights
import Foundation
import TestSupport
import Testing

/// `cvtool train segment` and `cvtool evaluate segment` on images with a light half.
@Suite struct TrainSegmentTests {
    let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        for index in 0..<10 {
            var random = SplitMix64(seed: 3, stream: index)
            let edge = 4 + Int(random.next() % 9)
            var (pixels, mask): ([UInt8], [UInt8]) = ([], [])
            for position in 0..<256 {
                let isLight = position % 16 >= edge
                pixels += (0..<3).map { _ in UInt8(clamping: 60 * random.uniform()) + (isLight ? 160 : 20) }
                mask.append(position < 16 ? 9 : isLight ? 1 : 0)
            }
            let image = Image(width: 16, height: 16, format: .rgb, pixels: pixels)
            try scratch.write(Data(image.encoded(as: .png())), to: "halves/images/\(index).png")
            try scratch.write(Data(GrayPNG.encoded(mask, width: 16, height: 16)), to: "halves/masks/\(index).png")
        }
        try scratch.write("dark\n10 200 30 light\n", to: "names.txt")
    }

    private func run(_ arguments: String...) throws -> CommandResult {
        try runCommand(arguments + ["--labels", "names.txt"], in: scratch.path)
    }

    private func train(_ arguments: String...) throws -> CommandResult {
        try runCommand(
            [
                "train", "segment", "halves", "--labels", "names.txt", "--model", "unet-w4-d2", "--ignore", "9",
                "--epochs", "8", "--learning-rate", "0.02", "--augment", "none",
            ] + arguments, in: scratch.path)
    }

    @Test("cvtool train segment: a network learns, and evaluate confirms its metrics")
    func aNetworkLearnsAndIsEvaluated() throws {
        let result = try train("--loss", "cross-entropy+dice", "--half", "--holdout", "0.2")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("run/best.safetensors: epoch ") && result.output.contains("val mean_iou 0.9"))
        #expect(result.errors.contains("class weights median-frequency (dark "), "\(result.errors)")
        let names = [
            "best.safetensors", "checkpoint.safetensors", "curves.png", "last.safetensors", "log.csv", "recipe.json",
        ]
        #expect(try scratch.names(in: "run") == names)
        let metadata = try Safetensors(path: scratch.path + "/run/best.safetensors").metadata
        #expect(metadata["palette"]?.contains("#0ac81e") == true && metadata["labels"] == "[\"dark\",\"light\"]")
        #expect(metadata["task"] == "segment" && metadata["dev_mean_iou"]?.hasPrefix("0.9") == true)
        let recipe = try JSONValue.parse(scratch.text("run/recipe.json"))
        #expect(recipe["size"]?.string == "16x16" && recipe["loss"]?.string == "cross-entropy+dice")
        let verified = try runCommand(["weights", "verify", "run/best.safetensors"], in: scratch.path)
        #expect(verified.exitCode == 0, "\(verified.output)")

        let evaluation = try run(
            "evaluate", "segment", "halves", "-w", "run/best.safetensors", "--ignore", "9", "--split", "val",
            "--holdout", "0.2", "--json", "--confusion", "c.png")
        #expect(evaluation.exitCode == 0, "\(evaluation.errors)")
        let json = try #require(evaluation.records.first)
        #expect(json["pictures"]?.integer == 2 && json["pixels"]?.integer == 2 * 240)
        let logged = try #require(metadata["dev_mean_iou"].flatMap(Double.init))
        // Half precision changes a pixel at most.
        #expect(abs(try #require(json["mean_iou"]?.double) - logged) < 0.01)
        #expect(try scratch.image("c.png").width > 100)
        let text = try run("evaluate", "segment", "halves", "-w", "run/best.safetensors", "--ignore", "9")
        #expect(text.lines.first == "images          10" && text.output.contains("mean of the classes"))
    }

    @Test("cvtool train segment: invalid masks are reported before training")
    func masksThatDoNotFitAreNamedBeforeTrainingBegins() throws {
        try scratch.write(Data(GrayPNG.encoded([0], width: 1, height: 1)), to: "halves/masks/3.png")
        let result = try train()
        #expect(result.exitCode == 1 && result.errors.contains("images/3.png\" (image 16×16, mask 1×1)"))
        let unknown = try runCommand(
            ["train", "segment", "halves", "--labels", "names.txt", "--model", "unet-w4-d2"], in: scratch.path)
        #expect(
            unknown.exitCode == 1 && unknown.errors.contains("9 with values that are not classes"), "\(unknown.errors)")
        #expect(unknown.errors.contains("(9)") && unknown.errors.contains("--ignore"))
        #expect(try !scratch.names().contains("run"))
    }

    @Test("cvtool train segment: a run is resumed and not overwritten") func aRunGoesOnAndIsNotOverwritten() throws {
        #expect(try train("--patience", "1", "--learning-rate", "1e-9").exitCode == 0)
        let again = try train()
        #expect(again.exitCode == 1 && again.errors.contains("--resume"))
        let other = try train("--resume", "--loss", "dice")
        #expect(
            other.exitCode == 1 && other.errors.contains("loss was cross-entropy and is now dice"), "\(other.errors)")
    }

    @Test(
        "cvtool train segment: errors name invalid arguments",
        arguments: [
            (["--loss", "dise"], "--loss"), (["--ignore", "300"], "0 to 255"), (["--scale", "2:1"], "0.75:2"),
            (["--model", "unet-mobilnet_v2"], "did you mean unet-mobilenet_v2"),
            (["--crop", "2", "--model", "unet"], "16 to"),
            (["--encoder", "vgg"], "no network"), (["--augment", "mirrer"], "did you mean \"mirror\""),
        ])
    func argumentsThatMakeNoSenseAreNamed(arguments: [String], expected: String) throws {
        let result = try runCommand(["train", "segment", "halves"] + arguments, in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains(expected), "\(result.errors)")
    }

    @Test("cvtool train and evaluate segment: 255 beside 0 is class 1 and said to be, 11 is advised to be ignored")
    func masksOfAForeground() throws {
        let image = try Image(width: 16, height: 16, fill: Color(9, 90, 200)).encoded(as: .png())
        for index in 0..<4 {
            let mask = (0..<256).map { UInt8($0 % 16 < 8 ? 0 : 255) }
            try scratch.write(Data(image), to: "white/images/sub/\(index).png")
            try scratch.write(Data(GrayPNG.encoded(mask, width: 16, height: 16)), to: "white/masks/sub/\(index).png")
        }
        try scratch.write("", to: "white/images/photo.HEIC")
        try scratch.write(Data(image), to: "white/more/a.png")
        let network = ["--model", "unet-w4-d1", "--epochs", "1", "--holdout", "0.25", "--quiet"]
        let trained = try runCommand(["train", "segment", "white"] + network, in: scratch.path)
        #expect(trained.exitCode == 0, "\(trained.errors)")
        let said = "cvtool: white: the masks hold only 0 and 255: 255 is class 1; --ignore 255 leaves it out"
        #expect(trained.errors.contains(said), "\(trained.errors)")
        #expect(trained.errors.contains("skipped 1 image in a format that is not read: \"images/photo.HEIC\""))
        #expect(trained.errors.contains("skipped 1 folder that has no part in the set: \"more\""))
        func evaluate(_ arguments: String...) throws -> CommandResult {
            try runCommand(
                ["evaluate", "segment", "white", "-w", "run/best.safetensors", "--json"] + arguments, in: scratch.path)
        }
        let whole = try evaluate()
        #expect(try whole.records.first?["classes"]?.array?.map { $0["pixels"]?.integer } == [512, 512])
        #expect(whole.errors.contains(said))
        let half = try evaluate("--ignore", "255")
        #expect(try half.records.first?["pixels"]?.integer == 512 && !half.errors.contains("class 1"))

        let mask = [UInt8](repeating: 11, count: 256)
        try scratch.write(Data(GrayPNG.encoded(mask, width: 16, height: 16)), to: "white/masks/sub/0.png")
        let border = try evaluate()
        #expect(border.exitCode == 1 && border.errors.contains("(--ignore 11 adds to that)"), "\(border.errors)")
    }

    @Test("cvtool evaluate segment: weights for another task are an error")
    func weightsOfSomethingElseAreAnError() throws {
        let result = try run("evaluate", "segment", "halves", "-w", "resnet20-cifar10")
        #expect(result.exitCode == 1 && result.errors.contains("for the task 'classify'"), "\(result.errors)")
    }
}
