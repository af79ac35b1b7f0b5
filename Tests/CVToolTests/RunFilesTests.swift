import CVCore
import CVModels
import CVNN
import CVTask
import CVWeights
import Foundation
import TestSupport
import Testing

/// What a run reads is never what it writes, with `--force` neither.
@Suite struct RunFilesTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "x.jpg", "x_crop1_chair.jpg", "s.png", "photos/p0.jpg")
        try FileManager.default.linkItem(atPath: scratch.path + "/x.jpg", toPath: scratch.path + "/hard.jpg")
        let mask = Data(GrayPNG.encoded((0..<64).map { UInt8($0 % 2) }, width: 8, height: 8))
        for name in ["a", "b"] {
            try scratch.put("cat.jpg", as: "set/\(name)/0.jpg", "set/\(name)/1.jpg")
            try scratch.write(mask, to: "streets/masks/\(name).png")
            try scratch.write(mask, to: "streets/images/\(name).png")
        }
        let spec = try ModelRegistry.spec(named: "resnet20")
        let parameters = ParameterSet.initialize(seed: 1) { spec.make(classes: 2, $0) }.parameters
        let metadata = WeightsMetadata(
            model: "resnet20", task: "classify", preprocessing: .init(width: 32, height: 32, resize: .stretch),
            labels: ["a", "b"])
        for name in ["w.safetensors", "w.png", "run/best.safetensors"] {
            try scratch.write(Data(parameters.safetensors(metadata: metadata.dictionary)), to: name)
        }
        let styles = packageFolder.appending(path: "Weights/multistyle26.safetensors").path
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/style.png", withDestinationPath: styles)
        try scratch.write("0 0.5 0.5 0.2 0.2\n", to: "x_aug01.txt")
        try scratch.write("path,label\nx.jpg,a\ns.png,b\nset/a/0.jpg,a\nset/b/0.jpg,b\n", to: "d.csv")
        try scratch.write("a\nb\n", to: "names")
        try scratch.write("x.jpg\n", to: "list.txt")
    }

    /// The arguments, and the file that would be replaced.
    static let cases: [([String], String)] = [
        (["detect", "x.jpg", "x_crop1_chair.jpg", "--save-crop"], "x_crop1_chair.jpg"),
        (["detect", "x.jpg", "-o", "hard.jpg"], "x.jpg"),
        (["detect", "x.jpg", "--coco", "w.safetensors", "--classifier", "w.safetensors"], "w.safetensors"),
        (["detect", "x.jpg", "-m", "n.cfg", "-w", "n.weights", "--coco", "n.cfg"], "n.cfg"),
        (["detect", "x.jpg", "-m", "n.cfg", "-w", "n.weights", "--names", "names", "--coco", "names"], "names"),
        (["detect", "list.txt", "--coco", "list.txt"], "list.txt"),
        (["detect", "list.txt", "--save-txt", "--coco", "./x.jpg"], "x.jpg"),
        (["segment", "x.jpg", "--background", "s.png", "-o", "s.png"], "s.png"),
        (["segment", "x.jpg", "--polygons", "x.jpg"], "x.jpg"),
        (["explain", "x.jpg", "-w", "w.png", "-o", "w.png"], "w.png"),
        (
            [
                "activations", "photos", "-w", "w.safetensors", "--layer", "layer1", "--unit", "0", "-o",
                "photos/p0.jpg",
            ],
            "photos/p0.jpg"
        ),
        (["filter", "x.jpg", "-k", "blur", "-o", "hard.jpg"], "x.jpg"),
        (
            ["augment", "x.jpg", "--op", "mirror", "--count", "1", "--boxes", "x_aug01.txt", "-o", "q.jpg"],
            "x_aug01.txt"
        ),
        (["augment", "x.jpg", "--op", "mixup", "--with", "s.png", "--contact-sheet", "s.png"], "s.png"),
        (["stylize", "x.jpg", "s.png", "--size", "16", "-o", "s.png"], "s.png"),
        (["stylize", "x.jpg", "s.png", "--size", "16", "--init", "hard.jpg", "--loss-plot", "hard.jpg"], "x.jpg"),
        (["stylize", "x.jpg", "--fast", "--weights", "style.png", "--style", "ink", "-o", "style.png"], "style.png"),
        (["convert", "w.safetensors", "--model", "resnet20", "--labels", "names", "-o", "names"], "names"),
        (["convert", "w.safetensors", "--model", "resnet20", "-o", "./w.safetensors"], "w.safetensors"),
        (["evaluate", "classify", "set", "-w", "w.safetensors", "--confusion", "set/a/0.jpg"], "set/a/0.jpg"),
        (
            ["tune", "classify", "d.csv", "--model", "logistic", "--trials", "1", "--epochs", "1", "--csv", "d.csv"],
            "d.csv"
        ),
        (["train", "classify", "set", "--pretrained", "run/best.safetensors"], "run/best.safetensors"),
        (
            ["train", "style", "x.jpg", "--images", "photos", "--sample", "out/sample.jpg", "-o", "out"],
            "out/sample.jpg"
        ),
    ]

    @Test("cvtool: an input of the run is never replaced, even with --force", arguments: cases)
    func anInputIsNeverReplaced(_ arguments: [String], _ input: String) throws {
        try scratch.put("cat.jpg", as: "out/sample.jpg")
        let before = try contents()
        let result = try runCommand(arguments + ["--force"], in: scratch.path)
        #expect(result.exitCode == 64, "\(result.errors)")
        #expect(result.errors.contains("would replace the input \(input), even with --force"), "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(try contents() == before)
    }

    @Test(
        "cvtool: two outputs of a run have two names",
        arguments: [
            ["detect", "x.jpg", "--coco", "x_detect.jpg"],
            ["segment", "x.jpg", "--mask", "--polygons", "./x_mask.png"],
            ["augment", "x.jpg", "--count", "1", "-o", "a.jpg", "--contact-sheet", "a.jpg"],
            ["stylize", "x.jpg", "s.png", "--size", "16", "-o", "r.png", "--preview", "r.png"],
        ])
    func outputsHaveNamesOfTheirOwn(_ arguments: [String]) throws {
        let before = try contents()
        let result = try runCommand(arguments + ["--force"], in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains("would have the same name"), "\(result.errors)")
        #expect(try contents() == before)
    }

    /// The folder's files with their sizes.
    private func contents() throws -> [String: Int] {
        let files = try #require(FileManager.default.enumerator(atPath: scratch.path)).compactMap { $0 as? String }
        return Dictionary(
            uniqueKeysWithValues: files.map { name in
                let values = try? FileManager.default.attributesOfItem(atPath: scratch.path + "/" + name)
                return (name, values?[.size] as? Int ?? 0)
            })
    }

    @Test("cvtool: results of an earlier run in the same folder are left out, and said to be")
    func resultsOfAnEarlierRunAreLeftOut() throws {
        func explain(_ arguments: String...) throws -> CommandResult {
            try runCommand(["explain", "-w", "../w.safetensors"] + arguments, in: scratch.path + "/photos")
        }
        #expect(try explain(".").exitCode == 0)
        let again = try explain(".")
        #expect(again.exitCode == 1 && again.errors.contains("p0_explain.jpg: exists already"), "\(again.errors)")
        #expect(again.errors.hasPrefix("left out, as results of this command: ./p0_explain.jpg\n"), "\(again.errors)")
        let forced = try explain(".", "--force")
        #expect(forced.exitCode == 0 && forced.lines.count == 1, "\(forced.errors)")
        #expect(try scratch.names(in: "photos") == ["p0.jpg", "p0_explain.jpg"])
        // What is named is an input, and so is what lies elsewhere or belongs to no image.
        #expect(try explain("p0.jpg", "p0_explain.jpg", "--force").exitCode == 64)
        #expect(try explain(".", "-o", "../elsewhere").lines.count == 2)
        // Also where the other folder is there already.
        #expect(try explain(".", "-o", "../elsewhere", "--force").lines.count == 2)
        try FileManager.default.removeItem(atPath: scratch.path + "/photos/p0.jpg")
        #expect(try explain(".").lines.count == 1)
    }

    @Test("cvtool: the sheet of an earlier run is no input of the next") func theSheetIsLeftOut() throws {
        let arguments = ["activations", ".", "-w", "../w.safetensors", "--layer", "layer1", "--unit"]
        var units = 0
        for unit in 0..<8 where units == 0 {
            let result = try runCommand(arguments + ["\(unit)"], in: scratch.path + "/photos")
            guard result.lines.count == 1 else { continue }
            units += 1
            let again = try runCommand(arguments + ["\(unit)", "--force"], in: scratch.path + "/photos")
            #expect(again.exitCode == 0 && again.lines == result.lines, "\(again.errors)")
            #expect(again.errors.hasPrefix("left out, as results of this command: ./layer1_\(unit).png\n"))
        }
        #expect(units == 1)
    }

    @Test("cvtool: a list that is not called .txt is named as such") func aListOfAnotherNameIsNamed() throws {
        try scratch.write("# mine\n\nx.jpg\r\n", to: "images.lst")
        let result = try runCommand(["classify", "images.lst"], in: scratch.path)
        #expect(result.exitCode == 1)
        let expected =
            "images.lst: is a list of files, not an image; a list must be named .txt: rename it to images.lst.txt"
        #expect(result.errors.contains(expected), "\(result.errors)")
        // Other text is for the decoder to name.
        #expect(try runCommand(["classify", "names"], in: scratch.path).errors.contains("is not a JPEG or PNG"))
    }

    @Test(
        "cvtool: missing folders of outputs are made",
        arguments: [
            ["filter", "x.jpg", "-k", "blur", "-o", "new/er/f.png"],
            ["explain", "x.jpg", "-w", "w.safetensors", "-o", "new/er/f.png"],
            ["convert", "w.safetensors", "--model", "resnet20", "-o", "new/er/f.png"],
            ["evaluate", "classify", "set", "-w", "w.safetensors", "--confusion", "new/er/f.png"],
            ["augment", "x.jpg", "--count", "2", "--contact-sheet", "new/er/f.png"],
        ]) func missingFoldersAreMade(_ arguments: [String]) throws
    {
        let result = try runCommand(arguments, in: scratch.path)
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(try scratch.names(in: "new/er") == ["f.png"])
    }

    @Test("cvtool: a sheet that is named as an input is neither left out nor replaced") func aNamedSheetIsAnInput()
        throws
    {
        try scratch.put("cat.jpg", as: "photos/layer1_0.png")
        let result = try runCommand(
            [
                "activations", "p0.jpg", "layer1_0.png", "-w", "../w.safetensors", "--layer", "layer1", "--unit", "0",
                "--force",
            ], in: scratch.path + "/photos")
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("would replace the input layer1_0.png"), "\(result.errors)")
        #expect(!result.errors.contains("left out"), "\(result.errors)")
    }

    @Test("cvtool: results that are left out do not make one input several") func whatIsLeftOutIsNotCounted() throws {
        func explain(_ arguments: String...) throws -> CommandResult {
            try runCommand(["explain", ".", "-w", "../w.safetensors"] + arguments, in: scratch.path + "/photos")
        }
        #expect(try explain().exitCode == 0)
        let result = try explain("-o", "one.jpg")
        #expect(result.exitCode == 0 && result.lines.count == 1, "\(result.errors)")
        #expect(try scratch.names(in: "photos") == ["one.jpg", "p0.jpg", "p0_explain.jpg"])
    }
}
