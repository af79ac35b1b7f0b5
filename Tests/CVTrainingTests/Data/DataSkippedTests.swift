import CVCore
import CVNN
import CVTraining
import Foundation
import TestSupport
import Testing

/// What readers of classes leave out, and why.
@Suite struct DataSkippedTests {
    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    private func error(_ path: String) -> DatasetError? {
        #expect(throws: DatasetError.self) { try ImageDataset.classification(contentsOf: path) }
    }

    @Test("data set: what a folder skips is counted by its true reason") func skippedFilesHaveTheirTrueReason() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 2)
        for name in ["a/1.HEIC", "a/2.webp", "b/3.tiff", "stray.png", "a/notes.txt"] {
            try scratch.write("x", to: name)
        }
        try link(scratch.path + "/a/dead.png", to: "nowhere.png")
        try link(scratch.path + "/a/up", to: "../a")
        #expect(mkfifo(scratch.path + "/b/pipe.png", 0o600) == 0)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        #expect(dataset.items.map(\.name) == ["a/00.png", "a/01.png", "b/00.png", "b/01.png"])
        let expected: [(SkippedFiles.Reason, [String])] = [
            (.notAnImage, ["a/notes.txt"]), (.unreadFormat, ["a/1.HEIC", "a/2.webp", "b/3.tiff"]),
            (.outsideClasses, ["stray.png"]), (.deadLink, ["a/dead.png"]), (.notAFile, ["b/pipe.png"]),
            (.folderLoop, ["a/up"]),
        ]
        #expect(dataset.skipped.groups.map(\.reason) == expected.map(\.0))
        #expect(dataset.skipped.groups.map(\.examples) == expected.map(\.1))
        #expect(dataset.skipped.count == 8 && dataset.skipped.lost == 7)
        #expect(
            dataset.skipped.groups[1].description
                == "3 images in a format that is not read: \"a/1.HEIC\", \"a/2.webp\", \"b/3.tiff\"; convert to JPEG or PNG"
        )
    }

    @Test("data set: all skipped files are counted, also those that are not named") func allSkippedFilesAreCounted()
        throws
    {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 1)
        for index in 0..<7 { for name in ["a", "b"] { try scratch.write("x", to: "\(name)/\(index).txt") } }
        let group = try #require(try ImageDataset.classification(contentsOf: scratch.path).skipped.groups.first)
        #expect(group.count == 14 && group.examples == (0..<5).map { "a/\($0).txt" })
    }

    @Test("data set: links to images and to class folders are followed") func linksAreFollowed() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 2)
        let elsewhere = try Scratch()
        try elsewhere.image("far.png")
        try link(scratch.path + "/a/far.png", to: elsewhere.path + "/far.png")
        try link(scratch.path + "/c", to: elsewhere.path)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        #expect(dataset.classes == ["a", "b", "c"] && dataset.counts == [3, 2, 1])
        #expect(dataset.skipped.count == 0)
    }

    @Test("data set: a class that would vanish is an error") func aClassThatWouldVanishIsAnError() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 1)
        try link(scratch.path + "/c", to: "nowhere")
        #expect(error(scratch.path)?.problem == .deadLink("c"))
        try FileManager.default.removeItem(atPath: scratch.path + "/c")
        try scratch.write("x", to: "c/1.heic")
        guard case .emptyClass("c", let found)? = error(scratch.path)?.problem else {
            Issue.record("c has no image that is read")
            return
        }
        #expect(found.groups.map(\.reason) == [.unreadFormat])
        try FileManager.default.removeItem(atPath: scratch.path + "/c")
        // "kl\u{e4}sse" in ISO 8859-1.
        let name = (scratch.path + "/kl").utf8.map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xE4), 0]
        #expect(mkdir(name, 0o700) == 0)
        #expect(error(scratch.path)?.problem == .badName("kl\u{FFFD}"))
        #expect(rmdir(name) == 0)
        #expect(try ImageDataset.classification(contentsOf: scratch.path).classes == ["a", "b"])
    }

    /// A folder of parts has class folders one level further down.
    @Test("data set: a class folder with images only in folders inside it is an error")
    func aFolderOfClassFoldersIsAnError() throws {
        let scratch = try Scratch()
        for name in ["train/a/1.png", "train/b/1.png", "test/a/1.png"] { try scratch.image(name) }
        #expect(error(scratch.path)?.problem == .nestedClass("test", folders: ["test/a"]))
        #expect(try ImageDataset.classification(contentsOf: scratch.path + "/train").classes == ["a", "b"])
    }

    // MARK: Names

    private static let composed = "caf\u{E9}", decomposed = "cafe\u{301}"

    @Test("data set: names are compared by their bytes", arguments: ["folder", "tar", "csv"])
    func namesAreComparedByTheirBytes(form: String) throws {
        let scratch = try Scratch()
        let (one, other) = (Self.composed, Self.decomposed)
        let names = ["\(one)/1.png", "\(other)/1.png", "x/\(one).png", "x/\(other).png", "x/z.png"]
        for name in names { try scratch.image("set/\(name)") }
        var path = scratch.path + "/set"
        switch form {
        case "tar":
            var tar = TarBuilder()
            for name in names { tar.add(name, [1]) }
            path = try scratch.write(tar.finished(), to: "set.tar")
        case "csv":
            let rows = names.map { "\($0),\($0.split(separator: "/")[0])\n" }.joined()
            path = try scratch.write("path,label\n" + rows, to: "set/list.csv")
        default: break
        }
        let dataset = try ImageDataset.classification(contentsOf: path)
        let expected = [other, one, "x"]
        #expect(dataset.classes?.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
        #expect(dataset.counts == [1, 1, 3] && dataset.items.count == 5)
    }

    @Test("data set: given classes match by bytes, else by equivalence") func givenClassesMatch() throws {
        let scratch = try Scratch()
        for name in [Self.decomposed, "x"] { try scratch.image("\(name)/1.png") }
        // The weights may come from a system that composes accents.
        let dataset = try ImageDataset.classification(contentsOf: scratch.path, classes: ["x", Self.composed])
        #expect(dataset.counts == [1, 1])
        try scratch.image("\(Self.composed)/1.png")
        try scratch.image("\(Self.composed)/2.png")
        let both = try ImageDataset.classification(
            contentsOf: scratch.path, classes: ["x", Self.composed, Self.decomposed])
        #expect(both.counts == [1, 2, 1])
        #expect(throws: DatasetError.self) {
            try ImageDataset.classification(contentsOf: scratch.path, classes: ["x", Self.composed])
        }
    }

    @Test("data set: given classes may have no images, but not be unknown") func givenClassesMayHaveNoImages() throws {
        let scratch = try Scratch()
        try scratch.classes(["cat"], count: 2)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path, classes: ["ant", "cat", "dog"])
        #expect(dataset.counts == [0, 2, 0] && dataset.classesWithoutImages == ["ant", "dog"])
        let images = try dataset.decoded(for: Preprocessing(width: 4, height: 4, resize: .stretch))
        #expect(images.counts == [0, 2, 0])
        #expect(throws: DatasetError.self) {
            try ImageDataset.classification(contentsOf: scratch.path, classes: ["ant", "dog"])
        }
    }
}

/// Links and folders in tar files, as unpacking them would give.
@Suite struct DataTarLinkTests {
    private func dataset(_ build: (inout TarBuilder) -> Void) throws -> ImageDataset {
        var tar = TarBuilder()
        build(&tar)
        let scratch = try Scratch()
        return try ImageDataset.classification(contentsOf: scratch.write(tar.finished(), to: "set.tar"))
    }

    @Test("tar files: hard and symbolic links are the images they lead to") func linksAreImages() throws {
        let long = String(repeating: "long", count: 30)
        var tar = TarBuilder()
        tar.add("s/a/0.png", Array("a0".utf8))
        tar.add("s/b/0.png", Array("b0".utf8))
        tar.add("s/b/\(long.prefix(80)).png", Array("long".utf8))
        tar.link("s/b/hard.png", kind: "1", to: "s/a/0.png")
        tar.link("s/b/soft.png", kind: "2", to: "../a/0.png")
        tar.link("s/b/twice.png", kind: "2", to: "./soft.png")
        // Targets beyond the 100 bytes of the header: GNU's header K, and a pax record.
        tar.add("././@LongLink", Array("s/b/\(long.prefix(80)).png\0".utf8), kind: "K")
        tar.link("s/a/gnu.png", kind: "1", to: "s/b/")
        let record = "linkpath=../b/\(long.prefix(80)).png\n"
        tar.add("x", Array("\(record.utf8.count + 4) \(record)".utf8), kind: "x")
        tar.link("s/a/pax.png", kind: "2", to: "cut")
        let scratch = try Scratch()
        let set = try ImageDataset.classification(contentsOf: scratch.write(tar.finished(), to: "set.tar"))
        let contents = try Dictionary(
            uniqueKeysWithValues: set.items.map { ($0.name, String(decoding: try set.bytes(of: $0), as: UTF8.self)) })
        #expect(
            contents == [
                "a/0.png": "a0", "b/0.png": "b0", "b/\(long.prefix(80)).png": "long", "b/hard.png": "a0",
                "b/soft.png": "a0", "b/twice.png": "a0", "a/gnu.png": "long", "a/pax.png": "long",
            ])
        #expect(set.skipped.count == 0)
    }

    @Test("tar files: a link to a folder is a class") func aLinkToAFolderIsAClass() throws {
        let set = try dataset { tar in
            for name in ["pool/1.png", "pool/2.png"] { tar.add(name, [1]) }
            tar.link("alias", kind: "2", to: "pool")
        }
        #expect(set.classes == ["alias", "pool"] && set.counts == [2, 2])
    }

    @Test("tar files: links without a target are counted") func deadLinksAreCounted() throws {
        let set = try dataset { tar in
            for name in ["a/1.png", "b/1.png"] { tar.add(name, [1]) }
            for (name, target) in [
                ("a/out.png", "/etc/passwd"), ("a/up.png", "../../x.png"), ("a/gone.png", "gone.png"),
                ("a/x.png", "y.png"), ("a/y.png", "x.png"),
            ] { tar.link(name, kind: "2", to: target) }
            tar.link("a/hard.png", kind: "1", to: "a/9.png")
            tar.link("a/self", kind: "2", to: "../a")
            tar.add("b/pipe", kind: "6")
        }
        #expect(set.counts == [1, 1])
        #expect(set.skipped.groups.map(\.reason) == [.deadLink, .notAFile, .folderLoop])
        #expect(set.skipped.groups.map(\.count) == [6, 1, 1])
    }

    @Test("tar files: folders inside a class folder belong to the class") func nestedFoldersBelongToTheClass() throws {
        let set = try dataset { tar in
            for name in ["s/a/1.png", "s/a/x/1.png", "s/a/x/y/2.png", "s/b/1.png"] { tar.add(name, [1]) }
        }
        #expect(set.classes == ["a", "b"] && set.counts == [3, 1] && set.nestedFolders == ["a/x"])
    }

    @Test("tar files: a class that would vanish is an error", arguments: ["1.heic", "1.txt"])
    func aClassThatWouldVanishIsAnError(name: String) throws {
        let error = #expect(throws: DatasetError.self) {
            try dataset { tar in for name in ["a/1.png", "b/1.png", "c/\(name)"] { tar.add(name, [1]) } }
        }
        guard case .emptyClass("c", let found)? = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found.groups.flatMap(\.examples) == ["c/\(name)"])
    }
}
