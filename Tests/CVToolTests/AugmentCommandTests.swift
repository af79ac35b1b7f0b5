import CVCore
import CVImage
import Foundation
import Testing

@Suite struct AugmentCommandTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "cat.jpg")
    }

    private func augment(_ arguments: String...) throws -> CommandResult {
        try runCommand(["augment"] + arguments, in: scratch.path)
    }

    @Test("cvtool augment: the contact sheet shows the original and each operation")
    func aSheetShowsTheOriginalAndEachOperation() throws {
        let result = try augment("cat.jpg", "--contact-sheet", "sheet.png", "--count", "16")
        #expect(result.exitCode == 0)
        #expect(result.output == "sheet.png: 16 images\n")
        #expect(result.errors == "left out for --count 16: crop, shift, shear, saturation, flip\n")
        #expect(try scratch.names() == ["cat.jpg", "sheet.png"])
        // 17 cells of 240 pixels in 6 columns and 3 rows, with gaps of 14 and captions of 26.
        let sheet = try scratch.image("sheet.png")
        #expect((sheet.width, sheet.height) == (6 * 254 + 14, 3 * 280 + 14))
        // The second cell is the first in a mirror; the 18th is empty.
        let first = sheet.cropped(x: 14, y: 14, width: 240, height: 240)
        let second = sheet.cropped(x: 14 + 254, y: 14, width: 240, height: 240)
        #expect(second == first.flippedHorizontally())
        let empty = sheet.cropped(x: 14 + 5 * 254, y: 14 + 2 * 280, width: 240, height: 240)
        #expect(Set(empty.pixels.prefix(3 * 240)).count <= 2 && empty != first)

        let quiet = try augment("cat.jpg", "--contact-sheet", "sheet.png", "--count", "2", "-q", "--force")
        #expect(quiet.errors == "")
    }

    @Test("cvtool augment: copies equal those of the library for the same seed, with any number of threads")
    func copiesAreTheLibrarysForTheSameSeed() throws {
        let result = try augment(
            "cat.jpg", "--op", "mirror@0.5,rotate=20", "--count", "3", "-o", "out", "--seed", "7", "--border", "gray")
        #expect(result.exitCode == 0)
        #expect(result.lines.first == "out/cat_aug01.jpg: mirror@0.5,rotate=20")
        #expect(try scratch.names(in: "out") == ["cat_aug01.jpg", "cat_aug02.jpg", "cat_aug03.jpg"])

        let recipe = try AugmentationRecipe("mirror@0.5,rotate=20", context: .init(border: .fill(.letterbox)))
        var random = SplitMix64(seed: 7, stream: 1)
        let expected = recipe.pipeline(Sample(try scratch.image("cat.jpg")), using: &random).image
        try expected.write(to: scratch.path + "/expected.jpg", quality: 90)
        #expect(try scratch.bytes("out/cat_aug02.jpg") == scratch.bytes("expected.jpg"))

        // A copy does not depend on how many there are, nor on the threads.
        _ = try augment(
            "cat.jpg", "--op", "mirror@0.5,rotate=20", "--count", "2", "-o", "two/", "--seed", "7", "--border", "gray",
            "--threads", "1")
        #expect(try scratch.bytes("two/cat_aug02.jpg") == scratch.bytes("expected.jpg"))
    }

    @Test("cvtool augment: --border grey is --border gray, and says so")
    func formerNameOfABorderStillWorks() throws {
        func copy(_ border: String, to path: String) throws -> CommandResult {
            try augment("cat.jpg", "--op", "rotate=30:30", "--count", "1", "--border", border, "-o", path)
        }
        let (former, current) = (try copy("grey", to: "former.png"), try copy("gray", to: "current.png"))
        #expect(former.exitCode == 0 && current.exitCode == 0)
        #expect(former.errors == "cvtool: --border grey is called --border gray now\n" && current.errors == "")
        #expect(try scratch.bytes("former.png") == scratch.bytes("current.png"))
        #expect(try scratch.image("current.png")[0, 0] == .letterbox)
    }

    @Test("cvtool augment: boxes are transformed, drawn and written")
    func boxesAreDrawnAndWrittenAsTheyMove() throws {
        try scratch.write("3 0.25 0.5 0.1 0.2\n\n0 0.5 0.5 1 1 0.9\r\n", to: "cat.txt")
        let result = try augment("cat.jpg", "--op", "mirror", "--count", "1", "--boxes", "cat.txt", "-o", "out/")
        #expect(result.exitCode == 0)
        #expect(
            try scratch.text("out/cat_aug01.txt")
                == "3 0.750000 0.500000 0.100000 0.200000\n0 0.500000 0.500000 1.000000 1.000000\n")

        // The left edge of box 3 lies at 0.2 · 240 pixels of the original in the first cell; its middle stays unchanged.
        _ = try augment("cat.jpg", "--op", "flip", "--count", "1", "--contact-sheet", "plain.png")
        _ = try augment("cat.jpg", "--op", "flip", "--count", "1", "--contact-sheet", "boxes.png", "--boxes", "cat.txt")
        let (plain, boxes) = (try scratch.image("plain.png"), try scratch.image("boxes.png"))
        let (x, y) = (14 + 48, 14 + 120)
        #expect(plain[x, y] != boxes[x, y])
        #expect(plain[x + 12, y] == boxes[x + 12, y])
    }

    @Test("cvtool augment: --with images appear in a mosaic")
    func partnersAppearInAMosaic() throws {
        try Image(width: 30, height: 30, fill: Color(0, 255, 0)).write(to: scratch.path + "/green.png")
        let result = try augment(
            "cat.jpg", "--op", "mosaic", "--count", "1", "--with", "green.png", "-o", "mosaic.png")
        #expect(result.exitCode == 0, "\(result.errors)")
        let mosaic = try scratch.image("mosaic.png")
        #expect(mosaic[510, 2] == Color(0, 255, 0) && mosaic[2, 510] == Color(0, 255, 0))
        #expect(mosaic[2, 2] != Color(0, 255, 0))
    }

    @Test("cvtool augment: nothing is overwritten without --force, inputs never")
    func nothingIsOverwrittenUnasked() throws {
        try scratch.write("kept", to: "cat_aug02.jpg")
        let result = try augment("cat.jpg", "--count", "3")
        #expect(result.exitCode == 1)
        #expect(result.errors.contains("cat_aug02.jpg: exists already; pass --force"))
        #expect(try scratch.names() == ["cat.jpg", "cat_aug02.jpg"])
        #expect(try augment("cat.jpg", "--count", "3", "--force").exitCode == 0)
        #expect(try scratch.image("cat_aug02.jpg").width == 512)
        let itself = try augment("cat.jpg", "--contact-sheet", "cat.jpg", "--force")
        #expect(itself.exitCode == 64)
        #expect(itself.errors.contains("would replace the input"))
    }

    @Test(
        "cvtool augment: wrong arguments exit with 64 and a message",
        arguments: [
            (["--op", "mirro"], "there is no augmentation \"mirro\"; did you mean \"mirror\"?"),
            (["--op", "rotate=400"], "rotate=400: a number from -360 to 360 is expected"),
            (["--count", "0"], "--count 0: a number from 1 to 9999"),
            (["--threads", "0"], "--threads 0: a number from 1 to 1024"),
            (["--quality", "0"], "--quality 0: a number from 1 to 100"),
            (["--seed", "-1"], "--seed"),
            (["--border", "blue"], "'reflect', 'edge', 'gray' or 'black'"),
            (["--contact-sheet", "sheet.gif"], "sheet.gif: a name that ends in one of jpg, "),
            (["--contact-sheet", "-"], "standard output holds the list of copies"),
            (["-o", "one.jpg", "--count", "2"], "one file cannot hold the results"),
        ])
    func wrongUsageEndsWith64(arguments: [String], message: String) throws {
        let result = try runCommand(["augment", "cat.jpg"] + arguments, in: scratch.path)
        #expect(result.exitCode == 64)
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(try scratch.names() == ["cat.jpg"])
    }

    @Test("cvtool augment: invalid files exit with 1 before anything is written")
    func badFilesEndWith1BeforeAnythingIsWritten() throws {
        try scratch.write("0 0.5 0.5 2 1\n", to: "bad.txt")
        try scratch.write("not an image", to: "bad.jpg")
        for (arguments, message) in [
            (["missing.jpg"], "missing.jpg: cannot be opened"),
            (["bad.jpg"], "bad.jpg: is not a JPEG or PNG image"),
            (["cat.jpg", "--boxes", "bad.txt"], "bad.txt: line 1 should be 'class x y w h'"),
            (["cat.jpg", "--boxes", "missing.txt"], "missing.txt: cannot be opened"),
            (["cat.jpg", "--with", "bad.jpg"], "bad.jpg: is not a JPEG or PNG image"),
            (["cat.jpg", "--max-pixels", "9"], "(--max-pixels)"),
        ] {
            let result = try runCommand(["augment"] + arguments + ["--count", "1"], in: scratch.path)
            #expect(result.exitCode == 1)
            #expect(result.output == "" && result.errors.contains(message), "\(result.errors)")
        }
        #expect(try scratch.names() == ["bad.jpg", "bad.txt", "cat.jpg"])
    }

    @Test("cvtool augment: help lists every operation on one line")
    func helpNamesEveryOperationOnItsLine() throws {
        let help = try augment("--help")
        #expect(help.exitCode == 0)
        for kind in AugmentationKind.all {
            #expect(
                help.lines.contains { $0.hasPrefix("  \(kind.name) ") && $0.hasSuffix(kind.summary) }, "\(kind.name)")
        }
        #expect(help.lines.allSatisfy { $0.count <= 80 })
    }
}
