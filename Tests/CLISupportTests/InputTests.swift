import CLISupport
import CVCore
import Foundation
import Testing

@Suite struct InputTests {
    let scratch: Scratch
    var root: String { scratch.path }

    init() throws { scratch = try Scratch() }

    /// Expanded inputs in short form, with paths relative to the scratch folder: "a.jpg", "-", "b.jpg!" for a problem.
    func expand(_ arguments: String..., recursive: Bool = false) -> [String] {
        expandAll(arguments, recursive: recursive).map { input in
            switch input {
            case .file(let path, _): path.replacingOccurrences(of: root + "/", with: "")
            case .standardInput: "-"
            case .problem(let problem): problem.path.replacingOccurrences(of: root + "/", with: "") + "!"
            }
        }
    }

    func expandAll(_ arguments: [String], recursive: Bool = false) -> [Input] {
        InputExpander(recursive: recursive).expand(arguments.map { $0 == "-" ? "-" : root + "/" + $0 })
    }

    func message(_ argument: String, recursive: Bool = false) -> String? {
        for case .problem(let problem) in expandAll([argument], recursive: recursive) { return problem.message }
        return nil
    }

    @Test("inputs: named files keep their order and may have any suffix") func namedFilesKeepTheirOrderAndAnySuffix()
        throws
    {
        try scratch.make("b.jpg", "a.dat", "c")
        #expect(expand("b.jpg", "a.dat", "c", "none.jpg") == ["b.jpg", "a.dat", "c", "none.jpg!"])
        #expect(message("none.jpg") == "cannot be opened: No such file or directory")
        #expect(expandAll(["b.jpg"]) == [.file(path: root + "/b.jpg", origin: .argument)])
    }

    @Test("inputs: standard input is read only once") func standardInputIsTakenOnce() throws {
        try scratch.make("a.jpg")
        #expect(expand("-", "a.jpg", "-") == ["-", "a.jpg", "-!"])
    }

    @Test("inputs: a folder gives its images, sorted, without hidden files")
    func folderGivesItsImagesSortedWithoutHiddenOnes() throws {
        try scratch.make(
            "d/b.JPG", "d/a.png", "d/c.jpeg", "d/e.jfif", "d/f.jpe", "d/.h.jpg", "d/x.txt", "d/jpg", "d/s/z.jpg")
        let flat = ["d/a.png", "d/b.JPG", "d/c.jpeg", "d/e.jfif", "d/f.jpe"]
        #expect(expand("d") == flat)
        #expect(expand("d", recursive: true) == flat + ["d/s/z.jpg"])
        #expect(expandAll(["d"]).first == .file(path: root + "/d/a.png", origin: .folder(root + "/d")))
        #expect(expand("d/").first?.hasSuffix("d/a.png") == true)
    }

    @Test("inputs: a folder without images is a problem") func folderWithoutImagesIsAProblem() throws {
        try scratch.make("d/x.txt", "e/s/a.jpg")
        #expect(expand("d", "e") == ["d!", "e!"])
        #expect(message("d")?.contains("--recursive") == false)
        #expect(message("e")?.hasSuffix("add --recursive to look into its folders") == true)
        #expect(expand("d", "e", recursive: true) == ["d!", "e/s/a.jpg"])
    }

    @Test("inputs: links are followed and loops reported") func linksAreFollowedAndLoopsReported() throws {
        try scratch.make("d/a.jpg", "d/s/b.jpg", "other/c.jpg")
        try scratch.link("d/s/up", to: root + "/d")
        try scratch.link("d/l", to: root + "/other")
        try scratch.link("d/m", to: root + "/other")
        try scratch.link("d/self.jpg", to: root + "/d/self.jpg")
        try scratch.link("d/gone.png", to: root + "/nothing")
        try scratch.link("d/gone", to: root + "/nothing")
        #expect(
            expand("d", recursive: true) == [
                "d/a.jpg", "d/gone.png!", "d/l/c.jpg", "d/s/b.jpg", "d/s/up!", "d/self.jpg!",
            ])
        #expect(message("d/self.jpg") == "cannot be opened: Too many levels of symbolic links")
    }

    /// Disabled for root, who can read every folder.
    @Test("inputs: an unreadable folder is reported and the others are expanded", .enabled(if: geteuid() != 0))
    func folderThatCannotBeReadIsReportedAndTheRestGoesOn() throws {
        try scratch.make("d/a.jpg", "d/s/b.jpg", "d/t.jpg")
        chmod(root + "/d/s", 0)
        defer { chmod(root + "/d/s", 0o700) }
        #expect(expand("d", recursive: true) == ["d/a.jpg", "d/s!", "d/t.jpg"])
    }

    @Test("inputs: patterns match as in a shell") func patternsMatchAsInAShell() throws {
        try scratch.make("a1.jpg", "a2.png", "a3.txt", "b1.jpg", "d1/x.jpg", "d2/x.jpg", ".a4.jpg", "f/a5.jpg")
        #expect(expand("a*") == ["a1.jpg", "a2.png"])
        #expect(expand("?1.jpg") == ["a1.jpg", "b1.jpg"])
        #expect(expand("[a-b]1.*") == ["a1.jpg", "b1.jpg"])
        #expect(expand("d*/x.jpg") == ["d1/x.jpg", "d2/x.jpg"])
        #expect(expand("d*") == ["d1/x.jpg", "d2/x.jpg"])
        #expect(expand("z*", "*.txt") == ["z*!", "*.txt!"])
        #expect(message("z*") == "no file matches this pattern")
        #expect(message("*.txt") == "no image is among the files that match")
        #expect(expandAll(["b*"]) == [.file(path: root + "/b1.jpg", origin: .glob(root + "/b*"))])
    }

    @Test("inputs: an existing file whose name looks like a pattern is that file")
    func fileWhoseNameLooksLikeAPatternIsThatFile() throws {
        try scratch.make("a[1].jpg", "a1.jpg")
        #expect(expand("a[1].jpg") == ["a[1].jpg"])
    }

    @Test("inputs: paths in a list are relative to its folder") func listNamesFilesRelativeToItsFolder() throws {
        try scratch.make("d/a.jpg", "d/s/b c.jpg", "e.jpg", "d/#x.jpg")
        let text = "\u{FEFF}a.jpg\r\n\n  \n# comment\ns/b c.jpg\n../e.jpg\n\(root)/e.jpg\nnone.jpg\ns\n./#x.jpg"
        try scratch.write("d/list.TXT", Array(text.utf8))
        #expect(
            expand("d/list.TXT") == [
                "d/a.jpg", "d/s/b c.jpg", "d/../e.jpg", "e.jpg", "d/none.jpg!", "d/s!", "d/./#x.jpg",
            ])
        #expect(
            expandAll(["d/list.TXT"])[1]
                == .file(path: root + "/d/s/b c.jpg", origin: .list(root + "/d/list.TXT", line: 5)))
    }

    @Test("inputs: lists that are empty or not text are problems") func listsThatAreEmptyOrNoTextAreProblems() throws {
        try scratch.write("empty.txt", [])
        try scratch.write("bad.txt", [0x61, 0xFF, 0x0A, 0x62, 0x0A])
        #expect(message("empty.txt") == "this list names no file")
        #expect(message("bad.txt") == "line 1 is not valid UTF-8")
        #expect(expand("bad.txt") == ["bad.txt!", "b!"])
        #expect(mkfifo(root + "/pipe.txt", 0o600) == 0)
        #expect(message("pipe.txt") == "is a pipe, socket or device; a regular file is expected here")
    }

    @Test("inputs: names with control characters are opened, invalid UTF-8 is reported")
    func namesOfOddBytesAreReportedOrOpened() throws {
        try scratch.make("d/line\nend.jpg", "d/é 🐕.jpg")
        let bad = Array((root + "/d/a").utf8) + [0xFF, 0xFE] + Array(".jpg".utf8)
        let descriptor = bad.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { name in
            (Array(name) + [0]).withUnsafeBufferPointer { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) }
        }
        try #require(descriptor >= 0)
        close(descriptor)
        let names = expand("d")
        #expect(names == ["d/a\u{FFFD}\u{FFFD}.jpg!", "d/line\nend.jpg", "d/é 🐕.jpg"])
        #expect(message("d") == "its name is not valid UTF-8: rename it")
        #expect(message("d/a*") == "its name is not valid UTF-8: rename it")
        #expect(message("d/a\u{FFFD}.jpg")?.contains("not valid UTF-8") == true)
        #expect(InputProblem("a\nb", "x").description == "a\\nb: x")
    }

    @Test("inputs: paths with combining characters are split by scalars") func namesBesidesPlainLettersAreSplitByBytes()
        throws
    {
        // A combining accent right after the slash and the dot.
        try scratch.make("d/\u{301}a.\u{301}jpg", "d/\u{301}b.jpg")
        #expect(expand("d") == ["d/\u{301}b.jpg"])
    }
}
