import CVCore
import CVImage
import CVTraining
import Foundation
import TestSupport
import Testing

/// `cvtool dataset` and `cvtool evaluate detect`.
@Suite("Data sets for detection on the command line") struct DatasetCommandTests {
    let folder: TrainScratch

    init() throws {
        folder = try TrainScratch()
        for name in ["a", "b", "c", "d"] {
            var image = noise(width: 64, height: 48, seed: UInt64(name.unicodeScalars.first?.value ?? 0))
            image.fill(Box(minX: 8, minY: 8, maxX: 40, maxY: 40), color: Color(220, 60, 60))
            try write(image.encoded(as: .png()), to: "set/images/\(name).png")
        }
        try write(
            """
            image,xmin,ymin,xmax,ymax,label,split
            a.png,8,8,40,40,square,train
            b.png,8,8,40,40,square,train
            c.png,8,8,40,40,square,val
            d.png,,,,,,val

            """, to: "set/annotations.csv")
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let path = folder.path + "/" + name
        try FileSystem.createFolder(FileSystem.folder(of: path))
        try FileOutput.write(bytes, to: path, overwrite: true)
    }

    private func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    /// pycocotools adds the smallest of numbers to a divisor.
    private func isOne(_ value: JSONValue?) -> Bool { value?.double.map { abs($0 - 1) < 1e-9 } ?? false }

    private func run(_ arguments: String...) throws -> CommandResult {
        try runCommand(arguments, in: folder.path)
    }

    @Test("dataset convert and split: classes, too; a form of another task says which there are")
    func otherTasks() throws {
        for label in ["red", "blue"] {
            for index in 0..<6 {
                let image = noise(width: 8, height: 8, seed: UInt64(index + label.count * 100))
                try write(image.encoded(as: .png()), to: "colors/\(label)/\(index).png")
            }
        }
        let split = try run("dataset", "split", "colors", "-o", "parts", "--val", "0.3", "--test", "0.2")
        #expect(split.exitCode == 0 && split.errors.contains("list.csv"), "\(split.errors)")
        let copy = try ImageDataset.classification(contentsOf: folder.path + "/parts/list.csv")
        #expect(copy.items.count == 12 && copy.items.contains { $0.part == .validation })
        let folders = try run("dataset", "convert", "parts/list.csv", "--to", "folders", "-o", "again")
        #expect(folders.exitCode == 0, "\(folders.errors)")
        #expect(FileSystem.kind(of: folder.path + "/again/train/red") == .folder)
        let same = try run("dataset", "convert", "colors", "--to", "folders", "-o", "colors", "--force")
        #expect(same.exitCode == 64 && same.errors.contains("is the folder of the set itself"), "\(same.errors)")
        #expect(try run("dataset", "split", "colors", "-o", "parts").errors.contains("another folder for -o"))
        let wrong = try run("dataset", "convert", "colors", "--to", "yolo", "-o", "none")
        #expect(wrong.exitCode == 64 && wrong.errors.contains("csv, folders"), "\(wrong.errors)")
    }

    @Test("anchors: a table, JSON, and a plot that nothing overwrites")
    func anchors() throws {
        let table = try run("anchors", "set", "--count", "2", "--imgsz", "64x48")
        #expect(table.exitCode == 0 && table.errors.contains("only 1 different size of"), "\(table.errors)")
        #expect(table.lines.contains { $0.split(separator: " ") == ["0", "32.0", "32.0", "2"] }, "\(table.lines)")
        let json = try #require(try run("anchors", "set", "--json", "--plot", "a.png").records.first)
        // 64 pixels become 416; those of validation do not count.
        #expect(json["anchors"]?.array?.first?["width"]?.double == 208 && json["boxes"]?.integer == 2)
        #expect(isOne(json["meanIoU"]) && isOne(json["recall50"]))
        #expect(try Image(contentsOf: folder.path + "/a.png").width == 1000)
        let again = try run("anchors", "set", "--plot", "a.png")
        #expect(again.exitCode == 1 && again.errors.contains("a.png"))
        #expect(try run("anchors", "set", "--count", "0").exitCode == 64)
        let anchorless = try run("train", "detect", "set", "--anchors", "kmeans")
        #expect(anchorless.exitCode == 64 && anchorless.errors.contains("not for yolox-nano"))
    }

    @Test("evaluate detect: results as JSON, plots and the worst images; odd ids are errors")
    func evaluates() throws {
        let converted = try run("dataset", "convert", "set", "--to", "coco", "-o", "coco")
        #expect(converted.exitCode == 0, "\(converted.errors)")
        let file = "coco/annotations/instances_val.json"
        try write(#"[{"image_id":3,"category_id":1,"bbox":[8,8,32,32],"score":0.9}]"#, to: "right.json")
        let right = try run(
            "evaluate", "detect", file, "--results", "right.json", "--json", "--curves", "out/pr.png", "--confusion",
            "out/c.png", "--breakdown", "out/tide.png", "--errors", "worst")
        #expect(right.exitCode == 0, "\(right.errors)")
        let json = try #require(right.records.first)
        #expect(isOne(json["AP"]) && json["AR1"]?.double == 1 && json["APl"]?.double == -1)
        #expect(json["confusion"]?["counts"]?.array == [[1, 0], [0, 0]])
        for name in ["pr", "c", "tide"] { _ = try Image(contentsOf: "\(folder.path)/out/\(name).png") }
        try write(#"[{"image_id":4,"category_id":1,"bbox":[0,0,9,9],"score":0.9}]"#, to: "wrong.json")
        let wrong = try run("evaluate", "detect", file, "--results", "wrong.json", "--errors", "worst")
        #expect(wrong.exitCode == 0 && wrong.output.contains("missed"), "\(wrong.errors)")
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/worst/001_c.png"))
        #expect(try run("evaluate", "detect", file, "--results", "wrong.json", "--errors", "worst").exitCode != 0)
        try write(#"[{"image_id":99,"category_id":1,"bbox":[0,0,9,9],"score":0.9}]"#, to: "odd.json")
        let odd = try run("evaluate", "detect", file, "--results", "odd.json")
        #expect(odd.exitCode == 1 && odd.errors.contains("99"))
        // Numbers of a set without any are those of the conversion.
        let table = try run("evaluate", "detect", "set", "--results", "right.json", "--split", "val", "--json")
        #expect(try isOne(table.records.first?["AP"]), "\(table.errors)")
    }

    @Test("dataset check: findings with file and line, leaks, exit codes")
    func checks() throws {
        #expect(try run("dataset", "check", "set").exitCode == 0)
        try FileManager.default.copyItem(
            atPath: "\(folder.path)/set/images/a.png", toPath: "\(folder.path)/set/images/e.png")
        let header = "image,xmin,ymin,xmax,ymax,label,split\n"
        try write(
            header
                + "a.png,8,8,40,40,square,train\na.png,8,8,40,39.5,square,train\nb.png,70,8,80,40,Square,train\ne.png,8,8,40,70,square,val\n",
            to: "set/annotations.csv")
        let found = try run("dataset", "check", "set", "--json")
        #expect(found.exitCode == 2, "\(found.errors)")
        let records = try found.records.map { "\($0["kind"]?.string ?? "") \($0["line"]?.integer ?? 0)" }
        #expect(records == ["box 4", "box 5", "box 3", "class 0", "leak 0"], "\(found.output)")
        try write(header + "a.png,8,8,40,x,square,train\nb.png,8,8,40,40,square,train\n", to: "set/annotations.csv")
        let broken = try run("dataset", "check", "set")
        #expect(broken.exitCode == 1 && broken.output.contains("annotations.csv: line 2: ymax is"), "\(broken.output)")
    }

    @Test("dataset stats, show and split")
    func describes() throws {
        let stats = try run("dataset", "stats", "set", "--json", "--plot", "stats.png")
        #expect(stats.exitCode == 0, "\(stats.errors)")
        let json = try #require(stats.records.first)
        #expect(json["objects"]?.integer == 3 && json["parts"]?["val"]?.integer == 2)
        #expect(json["classes"]?.array?.first?["medium"]?.integer == 3)
        #expect(try run("dataset", "show", "set", "-o", "sheet.png", "--class", "square").exitCode == 0)
        #expect(try Image(contentsOf: folder.path + "/sheet.png").width > 300)
        #expect(try run("dataset", "show", "set", "-o", "sheet.png").exitCode == 1)
        #expect(try run("dataset", "show", "set", "-o", "s.png", "--class", "squares").errors.contains("did you mean"))
        let split = try run(
            "dataset", "split", "set", "-o", "parts", "--val", "0.5", "--group", "^[ab]|^[cd]", "--to", "yolo")
        #expect(split.exitCode == 0, "\(split.errors)")
        let copy = try DetectionDataset(contentsOf: folder.path + "/parts")
        let parts = copy.images.items.map { "\(FileSystem.stem(of: $0.name))\($0.part?.rawValue ?? "")" }
        #expect(Set(parts).count == 4 && copy.images.items.count { $0.part == .validation } == 2)
        #expect(try run("dataset", "split", "set", "-o", "parts").exitCode == 64)
    }
}
