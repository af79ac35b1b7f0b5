import CVCore
import CVImage
import Foundation
import Testing

/// `cvtool stylize --fast` with the shipped styles.
@Suite struct StylizeFastTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("portrait.jpg", as: "portrait.jpg", "photos/a.jpg")
        let small = try scratch.image("portrait.jpg").resized(width: 50, height: 37)
        try small.write(to: scratch.path + "/small.png")
        try small.write(to: scratch.path + "/photos/b.png")
    }

    private func fast(_ arguments: String...) throws -> CommandResult {
        try runCommand(["stylize", "--fast"] + arguments, in: scratch.path)
    }

    @Test("cvtool stylize --fast: --style list needs no image")
    func theStylesAreListedWithoutAnImage() throws {
        let result = try fast("--style", "list")
        #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(result.lines.count == 26 && result.lines[19] == "starry" && result.lines[0] == "crayon")
    }

    @Test("cvtool stylize --fast: the result has the size of the content")
    func anImageIsStylizedAtItsOwnSize() throws {
        for threads in ["1", "3"] {
            let result = try fast("small.png", "--style", "starry", "--threads", threads, "-o", "\(threads).png", "-q")
            #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
            let line = /[13]\.png: 50 × 37, \d+\.\d s/
            #expect(result.lines.count == 1 && result.lines[0].wholeMatch(of: line) != nil, "\(result.output)")
        }
        #expect(try scratch.bytes("1.png") == scratch.bytes("3.png"))
        #expect(try scratch.image("1.png") != scratch.image("small.png"))
        // By its number, at another size.
        #expect(try fast("small.png", "--style", "19", "--size", "100").exitCode == 0)
        #expect(try scratch.image("small_starry.png").width == 100)
        let again = try fast("small.png", "--style", "starry")
        #expect(again.exitCode == 1 && again.errors.contains("small_starry.png: exists already; pass --force"))
        #expect(try fast("small.png", "--style", "starry", "--force").exitCode == 0)
        #expect(try scratch.image("small_starry.png") == scratch.image("1.png"))
    }

    @Test("cvtool stylize --fast: a contact sheet shows the image in several styles, or in all")
    func contactSheetShowsTheStyles() throws {
        let two = try fast("small.png", "--style", "ink,starry", "--contact-sheet", "two.png", "--size", "48")
        #expect(two.exitCode == 0 && two.output == "two.png: 2 styles\n", "\(two.errors)")
        let all = try fast("small.png", "--style", "list", "--contact-sheet", "all.png", "--size", "48")
        #expect(all.exitCode == 0 && all.output == "all.png: 26 styles\n", "\(all.errors)")
        let (small, large) = (try scratch.image("two.png"), try scratch.image("all.png"))
        #expect(large.width * large.height > 5 * small.width * small.height)
        // The cells: the image, and two that differ from it and from each other.
        let cells = (0..<3).map { small.cropped(x: 14 + $0 * (small.width - 14) / 3, y: 14, width: 300, height: 200) }
        #expect(Set(cells.map(\.pixels)).count == 3)
        #expect(try fast("small.png", "--style", "ink", "--contact-sheet", "two.png").exitCode == 1)
        #expect(try fast("small.png", "--style", "ink", "--contact-sheet", "small.png", "--force").exitCode == 64)
    }

    @Test("cvtool stylize --fast: styles are mixed and colors kept")
    func stylesAreMixedAndColorsKept() throws {
        #expect(try fast("small.png", "--style", "starry,ink", "--style-blend", "3,1").exitCode == 0)
        #expect(try fast("small.png", "--style", "starry", "--original-colors", "-o", "own.png").exitCode == 0)
        #expect(try fast("small.png", "--style", "starry").exitCode == 0)
        let (mixed, plain) = (try scratch.image("small_starry_ink.png"), try scratch.image("small_starry.png"))
        let own = try scratch.image("own.png")
        #expect(mixed != plain && own != plain)
        // The uniform is orange in the photograph; the stylized one is not everywhere.
        func redness(_ image: Image) -> Int {
            (0..<50).reduce(0) { $0 + Int(image[$1, 30].red) - Int(image[$1, 30].blue) }
        }
        let photograph = redness(try scratch.image("small.png"))
        #expect(abs(redness(own) - photograph) < abs(redness(plain) - photograph))
    }

    @Test("cvtool stylize --fast: a folder is stylized and failures are named")
    func aFolderIsStylizedAndWhatIsBrokenIsNamed() throws {
        try scratch.write("nothing", to: "photos/broken.jpg")
        try Image(width: 1, height: 1, fill: .white).write(to: scratch.path + "/photos/dot.png")
        let result = try fast("photos", "small.png", "--style", "ink", "--size", "48", "-o", "out/", "-q")
        #expect(result.exitCode == 2)
        #expect(result.errors.contains("photos/broken.jpg: "), "\(result.errors)")
        #expect(result.lines.count == 4, "\(result.output)")
        #expect(try scratch.names(in: "out") == ["a_ink.jpg", "b_ink.png", "dot_ink.png", "small_ink.png"])
        let dot = try fast("photos/dot.png", "--style", "ink")
        #expect(dot.exitCode == 1 && dot.errors.contains("photos/dot.png: the image has 1 × 1 pixels: at least 5"))
    }

    @Test(
        "cvtool stylize --fast: wrong arguments exit with 64 and a message",
        arguments: [
            ([], "--fast needs a style"), (["--style", "stary"], "did you mean starry?"),
            (["--style", "ink,ink"], "the style ink is given twice"), (["--style", "ink,"], "there is no style \"\""),
            (["--style", "ink", "--style-blend", "1,2"], "--style-blend 1,2: a number for each"),
            (["--style", "ink", "--iterations", "7"], "--iterations is for the optimization"),
            (["--style", "ink", "--loss-plot", "x.png"], "--loss-plot is for the optimization"),
            (["--style", "starlight"], "there is no style \"starlight\"; similar are starry"),
            (["--style", "zzz"], "\"zzz\" among the 26 styles of these weights; --style list prints all"),
            (["--style", "list"], "with --contact-sheet FILE it shows them on an image"),
            (["--style", "list", "--contact-sheet", "x.txt"], "--contact-sheet x.txt: a name that ends in"),
            (["--style", "ink", "--contact-sheet", "x.png", "-o", "y.png"], "--contact-sheet goes without -o"),
        ])
    func argumentsThatMakeNoSenseAreUsageErrors(arguments: [String], expected: String) throws {
        let result = try runCommand(["stylize", "small.png", "--fast"] + arguments, in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains(expected), "\(result.errors)")
    }

    @Test("cvtool stylize --fast: a missing argument is named")
    func whatIsMissingIsNamed() throws {
        #expect(try fast("--style", "ink").errors.contains("A content image is missing."))
        let slow = try runCommand(["stylize", "small.png", "--style", "ink"], in: scratch.path)
        #expect(slow.exitCode == 64 && slow.errors.contains("--style is for --fast, which is missing."))
        let several = try fast("small.png", "--weights", "multistyle26")
        #expect(several.exitCode == 64 && several.errors.contains("these weights have 26 styles"), "\(several.errors)")
        let other = try fast("small.png", "--weights", "vgg16-hed")
        #expect(other.exitCode == 1 && other.errors.contains("holds weights of vgg16-hed"), "\(other.errors)")
    }
}
