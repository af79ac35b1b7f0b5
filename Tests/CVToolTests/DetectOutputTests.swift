import CVCore
import Foundation
import Testing

/// Where results go, and what is never done to files that exist.
@Suite struct DetectOutputTests {
    let scratch: DetectScratch

    init() throws { scratch = try DetectScratch() }

    @Test("cvtool detect: existing outputs are kept without --force")
    func existingOutputsAreLeftAloneWithoutForce() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        for (name, options) in [
            ("cat_detect.jpg", []), ("cat.txt", ["--save-txt"]), ("cat.xml", ["--voc"]),
            ("c.json", ["--coco", "c.json"]),
        ] {
            try scratch.write("mine", to: name)
            let result = try runCommand(["detect", "cat.jpg"] + options, in: scratch.path)
            #expect(result.exitCode == 1)
            #expect(result.output == "")
            #expect(result.errors.contains("\(name): exists already; pass --force to overwrite"))
            #expect(try scratch.names() == ["cat.jpg", name].sorted())
            #expect(try scratch.text(name) == "mine")
            try FileManager.default.removeItem(atPath: scratch.path + "/" + name)
        }
        try scratch.write("mine", to: "cat_detect.jpg")
        #expect(try scratch.detect("cat.jpg", "--force").exitCode == 0)
        #expect(try scratch.image("cat_detect.jpg").width == 512)
    }

    @Test("cvtool detect: --coco lists the images of its ids, or takes those of --annotations")
    func cocoIDsHaveAMeaning() throws {
        try scratch.put("cat.jpg", as: "3.jpg", "03.jpg", "x.jpg")
        let numbered = try scratch.detect("3.jpg", "03.jpg", "--coco", "r.json", "--no-image")
        #expect(numbered.exitCode == 0 && numbered.errors.contains("r.images.json lists them"), "\(numbered.errors)")
        let list = try JSONValue.parse(scratch.text("r.images.json"))["images"]?.array ?? []
        #expect(list.map { $0["file_name"]?.string } == ["3.jpg", "03.jpg"])
        #expect(Set(list.compactMap { $0["id"]?.integer }).count == 2)
        // The list is not replaced unasked.
        try FileManager.default.removeItem(atPath: scratch.path + "/r.json")
        let again = try scratch.detect("x.jpg", "--coco", "r.json", "--no-image")
        #expect(again.exitCode == 1 && again.errors.contains("r.images.json: exists already"), "\(again.errors)")

        try scratch.write(
            #"{"images":[{"id":501,"file_name":"3.jpg"},{"id":77,"file_name":"03.jpg"}],"#
                + #""annotations":[],"categories":[{"id":9,"name":"cat"}]}"#, to: "a.json")
        let given = try scratch.detect(
            "3.jpg", "03.jpg", "x.jpg", "--coco", "g.json", "--annotations", "a.json", "--no-image")
        #expect(given.exitCode == 2 && given.errors.contains("x.jpg: is not among the 2 images of a.json"))
        let results = try #require(try JSONValue.parse(scratch.text("g.json")).array)
        #expect(results.map { $0["image_id"]?.integer } == [501, 77])
        #expect(results.allSatisfy { $0["category_id"] == 9 })
        #expect(try !scratch.names().contains("g.images.json"))
        let replacing = try scratch.detect("3.jpg", "--coco", "a.json", "--annotations", "a.json", "--force")
        #expect(replacing.exitCode == 64 && replacing.errors.contains("would replace the input a.json"))
    }

    @Test("cvtool detect: colliding outputs are an error before any work")
    func collisionsAreAnErrorBeforeAnyWork() throws {
        try scratch.put("cat.jpg", as: "a/x.jpg", "b/x.jpg", "c.jpg")
        let result = try scratch.detect("c.jpg", "a/x.jpg", "b/x.jpg", "-o", "out", "--force")
        #expect(result.exitCode == 64)
        #expect(result.output == "")
        #expect(result.errors.contains("a/x.jpg and b/x.jpg both give out/x_detect.jpg"))
        #expect(try scratch.names() == ["a", "b", "c.jpg"])
        // Without files there is nothing to collide.
        #expect(try scratch.detect("a/x.jpg", "b/x.jpg", "--no-image").lines.count == 2)
    }

    @Test("cvtool detect: an input is never replaced")
    func inputIsNeverReplaced() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        let before = try scratch.bytes("cat.jpg")
        for options in [["-o", "cat.jpg"], ["--coco", "cat.jpg", "--no-image"]] {
            let result = try runCommand(["detect", "cat.jpg", "--force"] + options, in: scratch.path)
            #expect(result.exitCode == 64)
            #expect(result.errors.contains("cat.jpg: would replace the input cat.jpg"))
        }
        #expect(try scratch.bytes("cat.jpg") == before)
    }

    @Test("cvtool detect: -o creates the folder of the results, or of a file")
    func foldersThatAreMissingAreMade() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        for folder in ["new", "slash/", "deep/er/"] {
            #expect(try scratch.detect("cat.jpg", "-o", folder).exitCode == 0)
            #expect(try scratch.names(in: folder) == ["cat_detect.jpg"])
        }
        #expect(try scratch.detect("cat.jpg", "-o", "file/x.jpg", "--coco", "coco/r.json").exitCode == 0)
        #expect(try scratch.names(in: "file") == ["x.jpg"])
        #expect(try scratch.names(in: "coco") == ["r.images.json", "r.json"])
        let inFile = try scratch.detect("cat.jpg", "-o", "cat.jpg/")
        #expect(inFile.exitCode == 1 && inFile.errors.contains("Not a directory"))
    }

    @Test("cvtool detect: a folder without write permission is an error before any work")
    func aFolderThatMayNotBeWrittenIsKnownBeforeAnyWork() throws {
        try scratch.put("cat.jpg", as: "cat.jpg", "ro/x")
        chmod(scratch.path + "/ro", 0o555)
        defer { chmod(scratch.path + "/ro", 0o755) }
        // Who may do everything, such as root, may write there too.
        guard access(scratch.path + "/ro", W_OK) != 0 else { return }
        let result = try scratch.detect("cat.jpg", "-o", "ro")
        #expect(result.exitCode == 1)
        #expect(result.output == "" && result.errors.contains("ro/cat_detect.jpg: cannot be written"))
    }

    @Test("cvtool detect: a failed write leaves no partial file")
    func fileTooLargeToWriteLeavesNothingBehind() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        // A limit of 8 blocks of 512 bytes on files; SIGXFSZ is ignored, so write() fails, as it does on a full disk.
        // What the tests capture of the command is short enough.
        let result = try runShell(
            "trap '' XFSZ; ulimit -f 8; exec \"$CVTOOL\" detect cat.jpg -o out --save-txt", in: scratch.path)
        #expect(result.exitCode == 1)
        #expect(result.errors.contains("out/cat_detect.jpg: cannot be written: File too large"))
        #expect(try scratch.names(in: "out") == ["cat.txt"])
    }

    @Test("cvtool detect: labels cannot add folders to the names of crops")
    func namesOfCropsHoldNoPath() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        let darknet = packageFolderOfModels + "/plain"
        try scratch.write("../../a\n/etc/x y\nc d\n", to: "net.names")
        let result = try scratch.detect(
            "cat.jpg", "-m", darknet + ".cfg", "-w", darknet + ".weights", "--names", "net.names", "-o", "out",
            "--save-crop", "--no-image", "--conf", "0.3", "--json")
        #expect(result.exitCode == 0)
        let found = try #require(try result.records.first?["detections"]?.array)
        let labels = found.compactMap { $0["label"]?.string }
        let crops = try scratch.names(in: "out")
        #expect(!labels.isEmpty && crops.count == labels.count)
        #expect(Set(labels).isSubset(of: ["../../a", "/etc/x y", "c d"]))
        #expect(crops.allSatisfy { $0.hasPrefix("cat_crop") && !$0.contains("..") && !$0.contains(" ") })
    }
}
