import CLISupport
import CVCore
import Foundation
import Testing

@Suite struct OutputTests {
    let scratch: Scratch
    var root: String { scratch.path }

    init() throws { scratch = try Scratch() }

    @Test("outputs: -o is a folder or a file") func optionIsAFolderOrAFile() throws {
        try scratch.makeFolder("dir")
        #expect(try OutputDestination(option: nil, inputCount: 9) == .currentFolder)
        #expect(try OutputDestination(option: root + "/dir", inputCount: 9) == .folder(root + "/dir"))
        #expect(try OutputDestination(option: "new/", inputCount: 9) == .folder("new/"))
        #expect(try OutputDestination(option: "x.png", inputCount: 1) == .file("x.png"))
        #expect(throws: OutputError.fileForSeveral(option: "x.png", inputs: 2)) {
            try OutputDestination(option: "x.png", inputCount: 2)
        }
        #expect(try OutputDestination(option: "new", inputCount: 1) == .folder("new"))
        #expect(try OutputDestination(option: "a.b/new", inputCount: 2) == .folder("a.b/new"))
        try scratch.make("file")
        for option in [root + "/file", "x.gif", ""] {
            #expect(throws: OutputError.unknownSuffix(option: option)) {
                try OutputDestination(option: option, inputCount: 1)
            }
        }
    }

    @Test("outputs: file names follow the input") func namesFollowTheInput() {
        let here = OutputDestination.currentFolder
        #expect(here.imagePath(for: "a/photo.jpg", ending: "_detect") == "photo_detect.jpg")
        #expect(here.imagePath(for: "photo.PNG", ending: "_detect") == "photo_detect.PNG")
        #expect(here.imagePath(for: "photo.dat", ending: "_detect") == "photo_detect.jpg")
        #expect(here.imagePath(for: "photo", ending: "_detect") == "photo_detect.jpg")
        #expect(here.imagePath(for: "-", ending: "_detect") == "stdin_detect.jpg")
        #expect(here.companionPath(for: "a/b.c/photo.v2.jpg", suffix: "txt") == "photo.v2.txt")
        #expect(here.companionPath(for: ".jpg", suffix: "txt") == ".jpg.txt")
        #expect(OutputDestination.folder("o/").imagePath(for: "a/x.jpg", ending: "_d") == "o/x_d.jpg")
        #expect(OutputDestination.folder("o").imagePath(for: "a/x.jpg", ending: "_d") == "o/x_d.jpg")
        #expect(OutputDestination.file("p/q.jpg").imagePath(for: "a/x.png", ending: "_d") == "p/q.jpg")
        #expect(OutputDestination.file("p/q.jpg").companionPath(for: "a/x.png", suffix: "xml") == "p/x.xml")
        #expect(OutputDestination.file("q.jpg").companionPath(for: "a/x.png", suffix: "xml") == "x.xml")
    }

    var folder: OutputDestination { .folder(root) }

    func plan(_ inputs: [String], suffix: String? = nil) -> [PlannedOutput] {
        inputs.map { input in
            let path =
                suffix.map { folder.companionPath(for: input, suffix: $0) }
                ?? folder.imagePath(for: input, ending: "_detect")
            return PlannedOutput(input: input, path: path)
        }
    }

    @Test("outputs: collisions are listed in pairs") func collisionsAreListedInPairs() throws {
        let inputs = ["a/x.jpg", "b/x.jpg", "x.png", "y.jpg"]
        let error = try #require(throws: OutputError.self) {
            try PlannedOutput.check(plan(inputs), inputs: [], force: true)
        }
        let path = root + "/x_detect.jpg"
        #expect(error == .collisions([.init(output: path, inputs: ["a/x.jpg", "b/x.jpg"])]))
        #expect(error.description.contains("a/x.jpg and b/x.jpg both give \(path)"))
        try PlannedOutput.check(plan(["x.jpg", "x.png"]), inputs: [], force: false)
        #expect(throws: OutputError.self) {
            try PlannedOutput.check(
                plan(["x.jpg", "x.png"], suffix: "txt"), inputs: [], force: true)
        }
    }

    @Test("outputs: an input given twice is an error of its own") func oneInputGivenTwiceIsSaidSo() {
        let error = OutputError.givenTwice(input: "x.jpg")
        #expect(throws: error) {
            try PlannedOutput.check(plan(["x.jpg", "x.jpg"]), inputs: [], force: true)
        }
        #expect(error.description == "x.jpg: is given twice; once is enough")
    }

    @Test("outputs: two inputs whose names differ in their bytes alone are two") func comparesNamesByBytes() throws {
        let inputs = ["\u{E9}.jpg", "e\u{301}.jpg"]
        #expect(inputs[0] == inputs[1])
        try PlannedOutput.check(plan(inputs), inputs: [], force: true)
    }

    @Test("outputs: different spellings of one path collide") func differentSpellingsOfOnePathCollide() {
        let outputs = ["r.json", "./r.json", ".//r.json"].map { PlannedOutput(input: $0, path: $0) }
        for other in outputs.dropFirst() {
            #expect(throws: OutputError.self) {
                try PlannedOutput.check([outputs[0], other], inputs: [], force: true)
            }
        }
    }

    @Test("outputs: existing files need --force") func existingOutputsNeedForce() throws {
        try scratch.make("x_detect.jpg", "y_detect.jpg")
        let outputs = plan(["x.jpg", "y.jpg", "z.jpg"])
        let error = OutputError.exist([root + "/x_detect.jpg", root + "/y_detect.jpg"])
        #expect(throws: error) { try PlannedOutput.check(outputs, inputs: [], force: false) }
        #expect(error.description.contains("--force"))
        try PlannedOutput.check(outputs, inputs: [], force: true)
    }

    @Test("outputs: an input is never replaced, even with --force") func inputIsNeverReplacedEvenWithForce() throws {
        try scratch.make("x.jpg")
        try scratch.link("link.jpg", to: root + "/x.jpg")
        for name in ["x.jpg", "link.jpg", "./x.jpg"] {
            let output = root + "/" + name
            #expect(throws: OutputError.replacesInput(output: output, input: root + "/x.jpg")) {
                try PlannedOutput.check(
                    [PlannedOutput(input: "x.jpg", path: output)], inputs: ["-", root + "/x.jpg"], force: true)
            }
        }
    }

    @Test("outputs: unwritable targets are reported") func targetsThatCannotBeWrittenAreReported() throws {
        try scratch.makeFolder("x_detect.jpg")
        #expect(throws: OutputError.file(FileError(root + "/x_detect.jpg", .isDirectory))) {
            try PlannedOutput.check(plan(["x.jpg"]), inputs: [], force: true)
        }
    }

    @Test("outputs: a missing folder is no error where it can be made") func aFolderThatCanBeMadeMayBeMissing() throws {
        let new = PlannedOutput(input: "x.jpg", path: root + "/new/er/x.txt")
        try PlannedOutput.check([new], inputs: [], force: false)
        #expect(!FileManager.default.fileExists(atPath: root + "/new"))
        try scratch.make("file")
        let inFile = PlannedOutput(input: "x.jpg", path: root + "/file/er/x.txt")
        let error = FileError(inFile.path, .cannotWrite(reason: "Not a directory"))
        #expect(throws: OutputError.file(error)) { try PlannedOutput.check([inFile], inputs: [], force: false) }
    }

    @Test("outputs: names that are too long are known before the work") func namesThatAreTooLongAreKnown() throws {
        let longest = String(repeating: "n", count: 251) + ".png"
        for (name, isTooLong) in [(longest, false), ("n" + longest, true), ("new/n" + longest, true)] {
            let output = PlannedOutput(input: "x", path: root + "/" + name)
            let error = OutputError.file(FileError(output.path, .cannotWrite(reason: "File name too long")))
            if isTooLong {
                #expect(throws: error) { try PlannedOutput.check([output], inputs: [], force: true) }
            } else {
                try PlannedOutput.check([output], inputs: [], force: true)
            }
        }
    }

    @Test("outputs: two paths to one new file collide") func pathsThroughALinkCollide() throws {
        try scratch.makeFolder("real")
        try scratch.link("link", to: root + "/real")
        let outputs = ["real", "link"].map { PlannedOutput(input: $0, path: root + "/\($0)/r.json") }
        #expect(throws: OutputError.self) { try PlannedOutput.check(outputs, inputs: [], force: true) }
    }

    @Test("outputs: an input that is one of a series is not replaced") func aSeriesReplacesNoInput() throws {
        try scratch.make("x_crop12_old-chair.jpg", "x_crop_1.jpg", "x_crop1_a_b.jpg", "xx_crop1_a.jpg", "x_crop1_a.png")
        let series = PlannedOutput(input: "x.jpg", path: root + "/x_crop", isSeries: true)
        let others = ["x_crop_1.jpg", "x_crop1_a_b.jpg", "xx_crop1_a.jpg", "x_crop1_a.png"].map { root + "/" + $0 }
        try PlannedOutput.check([series], inputs: others, force: true)
        let input = root + "/x_crop12_old-chair.jpg"
        #expect(throws: OutputError.replacesInput(output: input, input: input)) {
            try PlannedOutput.check([series], inputs: others + [input], force: true)
        }
        // Nor is there another output of such a name.
        let coco = PlannedOutput(input: "--coco", path: root + "/x_crop3_cat.jpg")
        #expect(throws: OutputError.self) { try PlannedOutput.check([series, coco], inputs: [], force: true) }
    }

    @Test("outputs: long lists are truncated") func longListsAreCut() {
        let error = OutputError.exist((1...9).map { "f\($0)" })
        #expect(error.description.hasPrefix("f1, f2, f3, f4, f5, and 4 more: exist already"))
    }

    @Test("outputs: different spellings of a path into a new folder collide") func spellingsOfANewFolderCollide() {
        let first = PlannedOutput(input: "a", path: root + "/new/er/r.json")
        for path in ["/./new/er/r.json", "/new//er/r.json", "/new/er/./r.json"] {
            #expect(throws: OutputError.self) {
                try PlannedOutput.check([first, PlannedOutput(input: "b", path: root + path)], inputs: [], force: true)
            }
        }
    }
}
