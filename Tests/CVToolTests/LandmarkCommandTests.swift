import CVCore
import CVImage
import CVWeights
import Foundation
import TestSupport
import Testing

/// `cvtool train landmarks`, `evaluate landmarks` and `landmarks` on drawn faces.
@Suite("cvtool: landmarks") struct LandmarkCommandTests {
    let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        var rows = [DrawnFace.header]
        for person in 0..<12 {
            for number in 0..<2 {
                let face = DrawnFace(seed: person * 100 + number)
                let name = "Ann_\(person)_\(number).png"
                try scratch.write(Data(face.image.encoded(as: .png())), to: "faces/images/\(name)")
                rows.append(face.row(name))
            }
        }
        try scratch.write(rows.joined(separator: "\n") + "\n", to: "faces/keypoints.csv")
    }

    private func run(_ arguments: String...) throws -> CommandResult { try runCommand(arguments, in: scratch.path) }

    private func train(_ arguments: String...) throws -> CommandResult {
        try runCommand(
            [
                "train", "landmarks", "faces", "--model", "landmarks-regression-small", "--imgsz", "32", "--batch-size",
                "4", "--learning-rate", "0.003", "--augment", "mirror@0.5", "--holdout", "0.25", "--fill", "0.3:0.5",
                "--shift", "0.05", "--rotate", "10",
            ] + arguments, in: scratch.path)
    }

    /// The columns of a log but the seconds.
    private func log(_ folder: String) throws -> [[String]] {
        try scratch.text("\(folder)/log.csv").split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",").dropLast().map(String.init)
        }
    }

    @Test("a network is trained, evaluated and used")
    func fromDataToDrawings() throws {
        let trained = try train("--epochs", "12")
        #expect(trained.exitCode == 0, "\(trained.errors)")
        #expect(trained.output.hasPrefix("run/best.safetensors: epoch ") && trained.output.contains("val nme "))
        #expect(
            trained.errors.contains(
                "5 points (eyes-nose-mouth), 2 mirror pairs; 12 persons: 18 images to train on, 6 for validation"),
            "\(trained.errors)")
        let names = [
            "best.safetensors", "checkpoint.safetensors", "curves.png", "last.safetensors", "log.csv", "recipe.json",
            "sample.jpg",
        ]
        #expect(try scratch.names(in: "run") == names)
        #expect(try scratch.image("run/sample.jpg").width > 500)
        let metadata = try Safetensors(path: scratch.path + "/run/best.safetensors").metadata
        #expect(metadata["task"] == "landmarks" && metadata["landmarks"]?.contains("\"pairs\":[[0,1],[3,4]]") == true)
        #expect(try run("weights", "verify", "run/best.safetensors").exitCode == 0)
        try evaluate()
        try find()
    }

    private func evaluate() throws {
        let evaluation = try run(
            "evaluate", "landmarks", "faces", "-w", "run/best.safetensors", "--split", "val", "--holdout", "0.25",
            "--json",
            "--curve", "curve.png", "--errors", "worst.jpg")
        #expect(evaluation.exitCode == 0, "\(evaluation.errors)")
        let json = try #require(try evaluation.records.first)
        #expect(json["images"]?.integer == 6 && json["errors"]?.array?.count == 6 && json["points"]?.array?.count == 5)
        let error = try #require(json["inter_ocular"]?["nme"]?.double)
        let metadata = try Safetensors(path: scratch.path + "/run/best.safetensors").metadata
        let logged = try #require(metadata["dev_nme"].flatMap(Double.init))
        #expect(abs(error - logged) < 1e-4)
        #expect(try scratch.image("curve.png").width == 1000 && scratch.image("worst.jpg").width > 500)
        let again = try run(
            "evaluate", "landmarks", "faces", "-w", "run/best.safetensors", "--curve", "curve.png", "--quiet")
        #expect(again.exitCode == 1 && again.errors.contains("curve.png"))
        let text = try run("evaluate", "landmarks", "faces", "-w", "run/best.safetensors", "--passes", "1")
        #expect(text.lines.first == "images       24" && text.output.contains("by the eyes"))
        #expect(text.output.contains("nose tip"))
    }

    private func find() throws {
        let image = "faces/images/Ann_0_0.png"
        let found = try run(
            "landmarks", image, "--whole", "-w", "run/best.safetensors", "--json", "--indices", "--aligned", "aligned",
            "--aligned-size", "64")
        #expect(found.exitCode == 0, "\(found.errors)")
        let record = try #require(try found.records.first?["landmarks"]?.array?.first)
        #expect(record["points"]?.array?.count == 5 && record["confidence"]?.double ?? 0 > 0.5)
        #expect(try scratch.names().contains("Ann_0_0_landmarks.png"))
        #expect(try scratch.names(in: "aligned") == ["Ann_0_0_aligned1.jpg"])
        #expect(try scratch.image("aligned/Ann_0_0_aligned1.jpg").width == 64)
        let drawn = try scratch.image("Ann_0_0_landmarks.png")
        #expect(try drawn != scratch.image(image) && drawn.width == 48)
        let line = try run("landmarks", image, "--whole", "-w", "run/best.safetensors", "--no-image")
        #expect(line.output.hasPrefix("\(image): 5 points "), "\(line.output)")
        let nothing = try run(
            "landmarks", image, "--whole", "-w", "run/best.safetensors", "--no-image", "--conf", "1")
        #expect(nothing.exitCode == 0 && nothing.output.isEmpty && nothing.errors.contains("--conf"))
    }

    @Test("a training that is resumed ends with the same losses and weights")
    func resuming() throws {
        #expect(try train("--epochs", "2", "-o", "whole").exitCode == 0)
        let stopped = try runShell(
            "\"$CVTOOL\" train landmarks faces --model landmarks-regression-small --imgsz 32 --batch-size 4 --learning-rate 0.003 "
                + "--augment mirror@0.5 --holdout 0.25 --fill 0.3:0.5 --shift 0.05 --rotate 10 --epochs 2 -o part --quiet & "
                + "while [ ! -f part/log.csv ]; do sleep 0.01; done; kill -INT $!; wait $!", in: scratch.path)
        // It may have been done before the signal came.
        #expect([0, 130].contains(stopped.exitCode), "\(stopped.errors)")
        let resumed = try train("--epochs", "2", "-o", "part", "--resume")
        #expect(resumed.exitCode == 0, "\(resumed.errors)")
        #expect(try log("part") == log("whole"))
        let weights = try ["part", "whole"].map {
            try Safetensors(path: "\(scratch.path)/\($0)/last.safetensors").stateDictionary().mapValues(\.values)
        }
        #expect(weights[0] == weights[1])
        let other = try train("--epochs", "2", "-o", "part", "--resume", "--loss", "squared")
        #expect(other.exitCode == 1 && other.errors.contains("loss was wing and is now squared"), "\(other.errors)")
        let persons = try train("--epochs", "2", "-o", "part", "--resume", "--person", "none")
        #expect(persons.exitCode == 1, "\(persons.errors)")
    }

    @Test("points of which nothing is known are not mirrored by themselves")
    func unknownPairs() throws {
        try scratch.write("image,a_x,a_y,b_x,b_y\nAnn_0_0.png,9,9,20,20\nAnn_1_0.png,9,9,20,20\n", to: "faces/few.csv")
        let asked = try runCommand(
            ["train", "landmarks", "faces/few.csv", "--model", "landmarks-regression-small", "--augment", "mirror"],
            in: scratch.path)
        #expect(asked.exitCode == 1 && asked.errors.contains("which points swap"), "\(asked.errors)")
        let usual = try runCommand(
            [
                "train", "landmarks", "faces/few.csv", "--model", "landmarks-heatmap-small", "--imgsz", "32",
                "--epochs", "1",
                "--holdout", "0",
            ], in: scratch.path)
        #expect(usual.exitCode == 0 && usual.errors.contains("2 points, 0 mirror pairs"), "\(usual.errors)")
        #expect(try !scratch.text("run/recipe.json").contains("mirror"))
        let evaluated = try run("evaluate", "landmarks", "faces", "-w", "run/last.safetensors")
        #expect(
            evaluated.exitCode == 1 && evaluated.errors.contains("have 5 points, but the weights know 2"),
            "\(evaluated.errors)")
        let aligned = try run(
            "landmarks", "faces/images/Ann_0_0.png", "--whole", "-w", "run/last.safetensors", "--aligned", "x")
        #expect(aligned.exitCode == 64 && aligned.errors.contains("have no eyes"), "\(aligned.errors)")
    }

    @Test(
        "errors name invalid arguments",
        arguments: [
            (["train", "landmarks", "faces", "--model", "unet"], "landmarks-regression"),
            (["train", "landmarks", "faces", "--imgsz", "100"], "multiples of 32"),
            (["train", "landmarks", "faces", "--fill", "0:2"], "0.05 to 1"),
            (["train", "landmarks", "faces", "--loss", "wings"], "--loss"),
            (["train", "landmarks", "faces", "--person", "face"], "--person"),
            (["landmarks", "faces/images", "--whole", "--passes", "0"], "--passes"),
            (["evaluate", "landmarks", "faces", "-w", "x", "--curve", "c.txt"], "--curve"),
        ])
    func invalidArguments(arguments: [String], expected: String) throws {
        let result = try runCommand(arguments, in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains(expected), "\(result.errors)")
    }

    @Test("the shipped network finds the eyes of the face that is found first in a photograph")
    func facesAreFoundFirst() throws {
        let image = DetectScratch.sample("portrait.jpg")
        let found = try run("landmarks", image, "--no-image", "--json", "--quiet")
        #expect(found.exitCode == 0, "\(found.errors)")
        let faces = try #require(try found.records.first?["landmarks"]?.array)
        let points = try #require(faces.first?["points"]?.array)
        #expect(faces.count == 1 && points.count == 68 && faces[0]["box"]?.array?.count == 4)
        // Marked by hand: the outer corners of the eyes and the chin.
        for (index, x, y) in [(36, 190.0, 104.0), (45, 257.0, 104.0), (8, 225.0, 176.0)] {
            let point = try #require(points[index].numbers)
            #expect(abs(point[0] - x) < 8 && abs(point[1] - y) < 8, "\(index): \(point)")
        }
    }

    @Test("weights for another task, and a folder without landmarks, are errors")
    func otherInputs() throws {
        let weights = try run("evaluate", "landmarks", "faces", "-w", "resnet20-cifar10")
        #expect(weights.exitCode == 1 && weights.errors.contains("for the task 'classify'"), "\(weights.errors)")
        let folder = try run("train", "landmarks", "faces/images")
        #expect(folder.exitCode == 1 && folder.errors.contains("keypoints.csv or keypoints.json"), "\(folder.errors)")
    }
}
