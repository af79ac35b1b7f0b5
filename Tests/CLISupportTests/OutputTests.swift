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
            try PlannedOutput.check(plan(inputs), inputs: [], destination: folder, force: true)
        }
        let path = root + "/x_detect.jpg"
        #expect(error == .collisions([.init(output: path, inputs: ["a/x.jpg", "b/x.jpg"])]))
        #expect(error.description.contains("a/x.jpg and b/x.jpg both give \(path)"))
        try PlannedOutput.check(plan(["x.jpg", "x.png"]), inputs: [], destination: folder, force: false)
        #expect(throws: OutputError.self) {
            try PlannedOutput.check(
                plan(["x.jpg", "x.png"], suffix: "txt"), inputs: [], destination: folder, force: true)
        }
    }

    @Test("outputs: an input given twice is an error of its own") func oneInputGivenTwiceIsSaidSo() {
        let error = OutputError.givenTwice(input: "x.jpg")
        #expect(throws: error) {
            try PlannedOutput.check(plan(["x.jpg", "x.jpg"]), inputs: [], destination: folder, force: true)
        }
        #expect(error.description == "x.jpg: is given twice; once is enough")
    }

    @Test("outputs: two inputs whose names differ in their bytes alone are two") func comparesNamesByBytes() throws {
        let inputs = ["\u{E9}.jpg", "e\u{301}.jpg"]
        #expect(inputs[0] == inputs[1])
        try PlannedOutput.check(plan(inputs), inputs: [], destination: folder, force: true)
    }

    @Test("outputs: different spellings of one path collide") func differentSpellingsOfOnePathCollide() {
        let outputs = ["r.json", "./r.json", ".//r.json"].map { PlannedOutput(input: $0, path: $0) }
        for other in outputs.dropFirst() {
            #expect(throws: OutputError.self) {
                try PlannedOutput.check([outputs[0], other], inputs: [], destination: folder, force: true)
            }
        }
    }

    @Test("outputs: existing files need --force") func existingOutputsNeedForce() throws {
        try scratch.make("x_detect.jpg", "y_detect.jpg")
        let outputs = plan(["x.jpg", "y.jpg", "z.jpg"])
        let error = OutputError.exist([root + "/x_detect.jpg", root + "/y_detect.jpg"])
        #expect(throws: error) { try PlannedOutput.check(outputs, inputs: [], destination: folder, force: false) }
        #expect(error.description.contains("--force"))
        try PlannedOutput.check(outputs, inputs: [], destination: folder, force: true)
    }

    @Test("outputs: an input is never replaced, even with --force") func inputIsNeverReplacedEvenWithForce() throws {
        try scratch.make("x.jpg")
        try scratch.link("link.jpg", to: root + "/x.jpg")
        for name in ["x.jpg", "link.jpg", "./x.jpg"] {
            let output = root + "/" + name
            #expect(throws: OutputError.replacesInput(output: output, input: root + "/x.jpg")) {
                try PlannedOutput.check(
                    [PlannedOutput(input: "x.jpg", path: output)], inputs: ["-", root + "/x.jpg"], destination: folder,
                    force: true)
            }
        }
    }

    @Test("outputs: unwritable targets are reported") func targetsThatCannotBeWrittenAreReported() throws {
        try scratch.makeFolder("x_detect.jpg")
        #expect(throws: OutputError.file(FileError(root + "/x_detect.jpg", .isDirectory))) {
            try PlannedOutput.check(plan(["x.jpg"]), inputs: [], destination: folder, force: true)
        }
    }

    @Test("outputs: only the folder of -o may be missing") func onlyTheFolderThatWillBeMadeMayBeMissing() throws {
        let inside = PlannedOutput(input: "x.jpg", path: root + "/new/x.txt")
        let outside = PlannedOutput(input: "x.jpg", path: root + "/none/r.json")
        let new = OutputDestination.folder(root + "/new/")
        try PlannedOutput.check([inside], inputs: [], destination: new, force: false)
        let error = FileError(root + "/none/r.json", .cannotWrite(reason: "No such file or directory"))
        #expect(throws: OutputError.file(error)) {
            try PlannedOutput.check([inside, outside], inputs: [], destination: new, force: false)
        }
        #expect(throws: OutputError.file(error)) {
            try PlannedOutput.check([outside], inputs: [], destination: .file(outside.path), force: true)
        }
    }

    @Test("outputs: folders are created with their parents") func foldersAreMadeWithThoseAbove() throws {
        let deep = OutputDestination.folder(root + "/a/b//c/")
        let path = deep.imagePath(for: "x.jpg", ending: "_d")
        try PlannedOutput.check(
            [PlannedOutput(input: "x.jpg", path: path)], inputs: [], destination: deep, force: false)
        #expect(!FileManager.default.fileExists(atPath: root + "/a"))
        try deep.createFolder()
        try deep.createFolder()
        try FileOutput.write([1], to: path)
        try scratch.make("file")
        #expect(throws: FileError(root + "/file", .cannotWrite(reason: "Not a directory"))) {
            try OutputDestination.folder(root + "/file/d").createFolder()
        }
    }

    @Test("outputs: long lists are truncated") func longListsAreCut() {
        let error = OutputError.exist((1...9).map { "f\($0)" })
        #expect(error.description.hasPrefix("f1, f2, f3, f4, f5, and 4 more: exist already"))
    }
}
