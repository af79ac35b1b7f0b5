import CVCore
import CVImage
import CVNN
import CVWeights
import Foundation
import TestSupport
import Testing

/// `cvtool train detect` on drawn squares.
@Suite struct TrainDetectTests {
    let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        for index in 0..<12 {
            var random = SplitMix64(seed: 5, stream: index)
            let (left, top) = (Int(random.next() % 32), Int(random.next() % 32))
            let isRed = index % 2 == 0
            var image = Image(width: 64, height: 64, fill: Color(110, 110, 110))
            let color = isRed ? Color(230, 30, 30) : Color(30, 30, 230)
            image.paste(Image(width: 30, height: 30, fill: color), x: left, y: top)
            try scratch.write(Data(image.encoded(as: .png())), to: "squares/JPEGImages/\(index).png")
            try write(index, isRed ? "red" : "blue", left, top, left + 30)
        }
    }

    private func write(_ index: Int, _ name: String, _ left: Int, _ top: Int, _ right: Int) throws {
        try scratch.write(
            """
            <annotation><size><width>64</width><height>64</height><depth>3</depth></size>
            <object><name>\(name)</name>
            <bndbox><xmin>\(left + 1)</xmin><ymin>\(top + 1)</ymin><xmax>\(right)</xmax><ymax>\(top + 30)</ymax></bndbox>
            </object></annotation>

            """, to: "squares/Annotations/\(index).xml")
    }

    private func train(_ arguments: String...) throws -> CommandResult {
        try runCommand(
            ["train", "detect", "squares", "--imgsz", "64", "--batch-size", "3", "--holdout", "0.25"] + arguments,
            in: scratch.path)
    }

    @Test("cvtool train detect: a run leaves weights, curves and drawn images, and is resumed")
    func aRunIsCompleteAndResumed() throws {
        let result = try train("--epochs", "2", "--no-aug-epochs", "1", "--multi-scale", "0.5")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("run/best.safetensors: epoch ") && result.output.contains("val ap50 "))
        #expect(result.errors.contains("9 images to train on, 3 for validation; 3 steps an epoch"), "\(result.errors)")
        #expect(result.errors.contains("2 classes: blue 6, red 6") && result.errors.contains("in the last 1 epoch\n"))
        let names = [
            "best.safetensors", "checkpoint.safetensors", "curves.png", "last.safetensors", "log.csv", "recipe.json",
            "sample.jpg",
        ]
        #expect(try scratch.names(in: "run") == names)
        let metadata = try Safetensors(path: scratch.path + "/run/best.safetensors").metadata
        #expect(metadata["task"] == "detect" && metadata["labels"] == "[\"blue\",\"red\"]")
        let recipe = try JSONValue.parse(scratch.text("run/recipe.json"))
        #expect(recipe["size"]?.string == "64x64" && recipe["loss"]?.string == "squared-iou")
        #expect(try scratch.image("run/sample.jpg").width > 1000)
        let found = try runCommand(
            ["detect", "squares/JPEGImages/0.png", "-w", "run/last.safetensors", "--json", "--no-image"],
            in: scratch.path)
        let records = try found.records
        #expect(found.exitCode == 0 && records.count == 1, "\(found.errors)")

        let again = try train("--epochs", "2", "--no-aug-epochs", "1", "--multi-scale", "0.5")
        #expect(again.exitCode == 1 && again.errors.contains("holds a run already"))
        // What would be plain in a longer run was not.
        let longer = try train("--epochs", "3", "--no-aug-epochs", "1", "--multi-scale", "0.5", "--resume")
        #expect(longer.exitCode == 1 && longer.errors.contains("without strong augmentation"), "\(longer.errors)")
        let resumed = try train("--epochs", "2", "--no-aug-epochs", "1", "--multi-scale", "0.5", "--resume")
        #expect(resumed.exitCode == 0 && resumed.errors.contains("resuming in epoch 3"), "\(resumed.errors)")
        let other = try train("--epochs", "4", "--loss", "giou", "--resume")
        #expect(other.exitCode == 1 && other.errors.contains("loss"), "\(other.errors)")
    }

    @Test("cvtool train detect: weights for other classes are a start, and what is made anew is named")
    func weightsForOtherClasses() throws {
        let first = try train("--epochs", "1", "-o", "first", "--model", "yolov3-tiny")
        #expect(first.exitCode == 0, "\(first.errors)")
        try scratch.write("blue\nred\ngreen\n", to: "squares/classes.txt")
        let second = try train(
            "--epochs", "1", "-o", "second", "--model", "yolov3-tiny", "--pretrained", "first/last.safetensors")
        #expect(second.exitCode == 0, "\(second.errors)")
        let names = "made anew, since the classes are others: head1.weight, head1.bias, head2.weight, head2.bias\n"
        #expect(second.errors.contains(names), "\(second.errors)")
        let wrong = try train("-o", "third", "--pretrained", "first/last.safetensors")
        #expect(wrong.exitCode == 1 && wrong.errors.contains("yolov3-tiny"), "\(wrong.errors)")
    }

    @Test("cvtool train detect: what is wrong with annotations is reported before training, with file and line")
    func brokenAnnotations() throws {
        try scratch.write("<annotation><object>\n<name>red</name></annotation>", to: "squares/Annotations/3.xml")
        let result = try train()
        #expect(result.exitCode == 1 && result.errors.contains("3.xml: line 2"), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/run"))
    }

    @Test(
        "cvtool train detect: errors name invalid arguments",
        arguments: [
            (["--imgsz", "60"], "multiples of 32"), (["--model", "yolox-huge"], "yolox-huge"),
            (["--model", "yunet"], "yunet"), (["--augment", "mosaic=9"], "mosaic"),
            (["--multi-scale", "2"], "--multi-scale"),
            (["--no-aug-epochs", "-1"], "--no-aug-epochs"),
        ])
    func invalidArguments(_ arguments: [String], _ part: String) throws {
        let result = try runCommand(["train", "detect", "squares"] + arguments, in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains(part), "\(result.errors)")
    }

    @Test("cvtool train detect: nothing is left of a run that is overwritten, also where the new one has no best epoch")
    func overwrittenRunsAreGone() throws {
        let short = ["--epochs", "1", "--imgsz", "64", "--batch-size", "6", "--no-aug-epochs", "0"]
        func run(_ arguments: String...) throws -> CommandResult {
            try runCommand(["train", "detect", "squares"] + short + arguments, in: scratch.path)
        }
        #expect(try run("--holdout", "0.25").exitCode == 0)
        #expect(try scratch.names(in: "run").contains("best.safetensors"))
        // What cannot begin leaves the earlier run alone.
        #expect(try run("--holdout", "0", "--force", "--loss", "squared").exitCode == 1)
        #expect(try scratch.names(in: "run").contains("best.safetensors"))
        let again = try run("--holdout", "0", "--force")
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(
            try scratch.names(in: "run")
                == ["checkpoint.safetensors", "curves.png", "last.safetensors", "log.csv", "recipe.json"])
    }

    @Test("cvtool train detect: a mistyped network is answered with those that can be trained")
    func unknownNetwork() throws {
        let result = try train("--model", "rcnn")
        #expect(result.exitCode == 64 && result.errors.contains("did you mean r-cnn?"), "\(result.errors)")
        #expect(!result.errors.contains("yunet") && !result.errors.contains("ssd-mobilenetv2"))
        #expect(try train("--model", "resnet18").errors.contains("resnet18"))
    }

    @Test("cvtool train detect: a loss that does not suit the network is refused with those that do")
    func unsuitableLoss() throws {
        let result = try train("--loss", "squared")
        #expect(
            result.exitCode == 1
                && result.errors.contains("is not trained by the loss squared, but by squared-iou, iou, giou, ciou"),
            "\(result.errors)")
    }
}
