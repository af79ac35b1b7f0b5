import CVCore
import CVImage
import CVTask
import Foundation
import TestSupport
import Testing

/// `cvtool train faces` and `cvtool evaluate faces` on drawn faces.
@Suite("Faces: training and evaluation", .serialized) struct TrainFacesTests {
    private let folder: TrainScratch

    init() throws {
        folder = try TrainScratch(images: 1)
        for person in 0..<8 {
            for index in 0..<5 {
                let bytes = Data(try Self.face(person, index).encoded(as: .png()))
                try folder.scratch.write(bytes, to: "faces/p\(person)/\(index).png")
                try folder.scratch.write(bytes, to: "named/Per_Son\(["a", "b", "c"][person % 3])_\(person)\(index).png")
            }
        }
    }

    /// The places of eyes and mouth are the person's, the light is the image's.
    private static func face(_ person: Int, _ index: Int) -> Image {
        var own = SplitMix64(seed: 77, stream: person)
        let (eyes, apart, mouth, skin) = (own.uniform(), own.uniform(), own.uniform(), own.uniform())
        var random = SplitMix64(seed: UInt64(person), stream: index)
        let light = 20 * random.uniform()
        var pixels: [UInt8] = []
        for row in 0..<16 {
            for column in 0..<16 {
                let (x, y) = (abs(Float(column) - 7.5) / 16, (Float(row) + 0.5) / 16)
                let isEye = abs(x - 0.12 - 0.2 * apart) < 0.08 && abs(y - 0.2 - 0.2 * eyes) < 0.07
                let isMouth = x < 0.15 + 0.15 * mouth && abs(y - 0.7 - 0.15 * mouth) < 0.06
                let level = (isEye || isMouth ? 30 : 110 + 80 * skin) + light + 12 * random.uniform()
                pixels += [UInt8](repeating: UInt8(clamping: level), count: 3)
            }
        }
        return Image(width: 16, height: 16, format: .rgb, pixels: pixels)
    }

    private func train(_ arguments: String..., data: String = "faces") throws -> CommandResult {
        let size = ["--imgsz", "16", "--persons-per-batch", "4", "--images-per-person", "3"]
        return try runCommand(["train", "faces", data, "--epochs", "3"] + size + arguments, in: folder.path)
    }

    private func evaluate(_ arguments: String..., data: String = "faces") throws -> CommandResult {
        try runCommand(["evaluate", "faces", data, "-w", "run/best.safetensors"] + arguments, in: folder.path)
    }

    @Test("cvtool train faces: writes all files, holds out people, and gives the same weights again")
    func writesAllFiles() throws {
        let result = try train()
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.errors.contains("6 people to train on (30 images), 2 held out: p"), "\(result.errors)")
        #expect(result.output.contains("val AUC"), "\(result.output)")
        let names = [
            "best.safetensors", "last.safetensors", "checkpoint.safetensors", "log.csv", "curves.png", "recipe.json",
        ]
        for name in names { #expect(try !folder.scratch.bytes("run/\(name)").isEmpty, "\(name)") }
        let log = try folder.log()
        #expect(log.count == 4 && log[0].contains("dev_AUC") && log[0].contains("dev_decidability"), "\(log)")
        #expect(try train("-o", "again", "--threads", "1").exitCode == 0)
        #expect(try folder.scratch.bytes("run/last.safetensors") == folder.scratch.bytes("again/last.safetensors"))
        let verified = try runCommand(["weights", "verify", "run/best.safetensors"], in: folder.path)
        #expect(verified.exitCode == 0, "\(verified.output)\(verified.errors)")
    }

    @Test("cvtool train faces: aligned faces say so in the weights, images without a face are counted")
    func alignment() throws {
        let result = try train("--align")
        #expect(result.errors.contains("input 1×16×16, faces aligned"), "\(result.errors)")
        #expect(result.errors.contains("no face was found in 40 of 40 images"), "\(result.errors)")
        #expect(try ModelFile("\(folder.path)/run/best.safetensors").texts["alignment"] == "tight")
        let evaluated = try evaluate()
        #expect(evaluated.exitCode == 0 && evaluated.errors.contains("no face was found"), "\(evaluated.errors)")
        // Faces in photographs are aligned in the same way, and compared by the threshold of those held out.
        let portrait = packageFolder.appending(path: "SampleImages/portrait.jpg").path
        func verify(_ weights: String = "best") throws -> CommandResult {
            try runCommand(["verify", portrait, portrait, "-m", "run/\(weights).safetensors"], in: folder.path)
        }
        let verified = try verify()
        #expect(verified.exitCode == 0 && verified.output.contains("held out in its training"), "\(verified)")
        let plain = try train("--force")
        #expect(plain.exitCode == 0 && !plain.errors.contains("no face"), "\(plain.errors)")
        #expect(try ModelFile("\(folder.path)/run/best.safetensors").texts["alignment"] == nil)
        #expect(try !evaluate().errors.contains("no face"))
        #expect(try verify().errors.contains("train it on aligned faces"))
        #expect(try train("--align", "--holdout", "0", "--force").exitCode == 0)
        #expect(try verify("last").errors.contains("hold out people"))
        #expect(try train("--align", "--loss", "logistic", "--force").exitCode == 0)
        #expect(try verify().errors.contains("by a trained head"))
    }

    @Test("cvtool train faces --resume: ends as an uninterrupted run", arguments: ["triplet", "arcface"])
    func resumesToTheBit(_ loss: String) throws {
        let options = [
            "train", "faces", "faces", "--imgsz", "16", "--persons-per-batch", "4", "--images-per-person", "3",
            "--epochs", "40", "--loss", loss, "--margin", "0.25", "--val-persons", "p1, p5",
        ]
        #expect(try folder.interrupted(options + ["-o", "cut"]).status == 130)
        #expect(try folder.log("cut").count < 41)
        #expect(try runCommand(options + ["-o", "cut", "--resume"], in: folder.path).exitCode == 0)
        #expect(try runCommand(options + ["-o", "whole"], in: folder.path).exitCode == 0)
        #expect(try folder.log("cut") == folder.log("whole"))
        for name in ["best", "last"] {
            #expect(
                try folder.scratch.bytes("cut/\(name).safetensors") == folder.scratch.bytes("whole/\(name).safetensors")
            )
        }
        let keys = try runCommand(["weights", "inspect", "whole/best.safetensors"], in: folder.path).output
        #expect(keys.contains("fc.weight") && !keys.contains("loss.directions"))
    }

    @Test("cvtool evaluate faces: numbers as JSON, as text and as a curve")
    func evaluates() throws {
        #expect(try train("--val-persons", "p0,p1").exitCode == 0)
        let result = try evaluate("--json", "--ways", "4", "--database-size", "3", "--roc", "roc.png")
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try #require(try result.records.first)
        #expect(json["images"]?.integer == 40 && json["people"]?.integer == 8)
        #expect(json["pairs"]?["same"]?.integer == 80 && json["pairs"]?["different"]?.integer == 700)
        #expect(json["distance"]?.string == "euclidean")
        let auc = try #require(json["auc"]?.double)
        #expect(auc > 0.5 && auc <= 1)
        #expect(json["tar_at_far"]?["0.01"]?.double != nil)
        #expect(json["tar_at_far"]?["0.001"] == .null && json["tar_at_far"]?["0.0001"] == .null)
        #expect(json["lfw"]?["folds"]?.integer == 4 && json["lfw"]?["accuracy"]?.double != nil)
        #expect(json["one_shot"]?["ways"]?.integer == 4 && json["one_shot"]?["accuracy"]?.double != nil)
        #expect(json["database"]?["method"]?.string == "measured")
        #expect(try Image(contentsOf: folder.path + "/roc.png").width == 900)
        #expect(try evaluate("--roc", "roc.png").exitCode == 1)
        let text = try evaluate("--database-size", "1000").output
        #expect(text.contains("ROC AUC") && text.contains("computed as if pairs were independent"), "\(text)")
        #expect(text.contains(/TAR at FAR 0\.001 +-\n/), "\(text)")
    }

    @Test("cvtool evaluate faces --pairs: pairs of a list; those without an image are left out and counted")
    func evaluatesPairs() throws {
        #expect(try train("--loss", "logistic").exitCode == 0)
        var rows = ["a,b,same"]
        for person in 0..<8 {
            rows.append("p\(person)/0.png,p\(person)/1.png,1")
            rows.append("p\(person)/0.png,p\((person + 1) % 8)/1.png,0")
        }
        try folder.scratch.write(Data((rows.joined(separator: "\n") + "\n").utf8), to: "pairs.csv")
        let result = try evaluate("--pairs", "pairs.csv", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try #require(try result.records.first)
        #expect(json["pairs"]?["same"]?.integer == 8 && json["pairs"]?["different"]?.integer == 8)
        #expect(json["distance"]?.string == "probability")
        #expect(json["lfw"]?["folds"]?.integer == 10 && json["one_shot"]?["accuracy"] == .null)
        try folder.scratch.write(Data("no image".utf8), to: "faces/p0/0.png")
        let partial = try evaluate("--pairs", "pairs.csv", "--json")
        #expect(partial.exitCode == 2 && partial.errors.contains("2 pairs of 16"), "\(partial.errors)")
        try folder.scratch.write(Data("a,b\np1/0.png,p9/0.png\n".utf8), to: "bad.csv")
        let bad = try evaluate("--pairs", "bad.csv")
        #expect(bad.exitCode == 1 && bad.errors.contains("\"p9/0.png\" (line 2)"), "\(bad.errors)")
    }

    @Test("cvtool train faces: people in the names of files, and by a pattern")
    func peopleInNames() throws {
        let named = try train("--val-persons", "Per_Sona,Per_Sonb", data: "named")
        // Three people in all: one is left to train on.
        #expect(named.exitCode == 1 && named.errors.contains("2 people or more"), "\(named.errors)")
        let pattern = try train("--person-pattern", #"_(\d)\d\.png$"#, data: "named")
        #expect(pattern.exitCode == 0 && pattern.errors.contains("6 people to train on"), "\(pattern.errors)")
        #expect(try evaluate("--person-pattern", #"_(\d)\d\.png$"#, "--json", data: "named").exitCode == 0)
    }

    @Test(
        "cvtool train faces: arguments that make no sense are refused",
        arguments: [
            ["--loss", "logistic", "--mining", "hardest"], ["--loss", "logistic", "--margin", "1"],
            ["--loss", "arcface", "--margin", "2"], ["--val-persons", "p1"], ["--person-pattern", "("],
            ["--persons-per-batch", "1"], ["--images-per-person", "1"], ["--channels", "2"], ["--imgsz", "8"],
            ["--loss", "softmax"], ["--batch-size", "4"], ["--loss", "contrastive", "--plain-distances"],
            ["--val-persons", "p1,p2", "--split-seed", "3"],
        ])
    func nonsenseIsRefused(_ arguments: [String]) throws {
        let result = try runCommand(["train", "faces", "faces"] + arguments, in: folder.path)
        #expect(result.exitCode == 64, "\(result.errors)")
    }

    @Test("cvtool train faces: unknown people, single images and weights of another task are named")
    func otherMistakesAreTold() throws {
        let unknown = try train("--val-persons", "p1,q2")
        #expect(unknown.exitCode == 64 && unknown.errors.contains("nobody called \"q2\""), "\(unknown.errors)")
        try folder.scratch.write(Data(try Self.face(9, 0).encoded(as: .png())), to: "faces/p9/0.png")
        let single = try train("--val-persons", "p1,p2")
        #expect(single.exitCode == 0 && single.errors.contains("1 person with a single image"), "\(single.errors)")
        let other = try runCommand(
            ["evaluate", "faces", "faces", "-w", "efficientnet-lite0"], in: folder.path)
        #expect(other.exitCode == 1 && other.errors.contains("'embed'"), "\(other.errors)")
    }
}
