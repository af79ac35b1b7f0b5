import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// The sources of images, and invalid images.
@Suite struct DetectInputTests {
    let scratch: DetectScratch

    init() throws { scratch = try DetectScratch() }

    private static let cat = ": cat 97% at 26 120 509 390"

    @Test("cvtool detect: folders, patterns, lists and standard input")
    func foldersPatternsListsAndStandardInput() throws {
        try scratch.put("cat.jpg", as: "d/b.jpg", "d/a b.jpg", "d/ünï\u{1F408}.jpg", "d/sub/c.jpg", "d/-x.jpg")
        try scratch.write("not an image", to: "d/notes.md")
        try scratch.write("# two\r\nd/b.jpg\r\n\nd/sub/c.jpg\n", to: "list.txt")
        func inputs(_ arguments: String...) throws -> [String] {
            let result = try runCommand(["detect", "--no-image"] + arguments, in: scratch.path)
            #expect(result.exitCode == 0 && result.errors == "")
            #expect(result.lines.allSatisfy { $0.hasSuffix(Self.cat) })
            return result.lines.map { String($0.dropLast(Self.cat.count)) }
        }
        let flat = ["d/-x.jpg", "d/a b.jpg", "d/b.jpg", "d/ünï\u{1F408}.jpg"]
        #expect(try inputs("d") == flat)
        #expect(try Set(inputs("d", "--recursive")) == Set(flat + ["d/sub/c.jpg"]))
        #expect(try inputs("d/[ab]*.jpg") == ["d/a b.jpg", "d/b.jpg"])
        #expect(try inputs("list.txt") == ["d/b.jpg", "d/sub/c.jpg"])

        let piped = try scratch.detect("-", "-o", "found.png", input: DetectScratch.sample("cat.jpg"))
        #expect(piped.output == "-" + Self.cat + "\n")
        #expect(try scratch.image("found.png").width == 512)
        #expect(try scratch.bytes("found.png").prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
    }

    @Test("cvtool detect: an invalid file is reported and the rest is done")
    func aBadFileInABatchIsReportedAndTheRestIsDone() throws {
        try scratch.put("cat.jpg", as: "in/1.jpg", "in/new\nline.jpg", "in/9.jpg")
        let whole = try scratch.bytes("in/1.jpg")
        try scratch.write(Data(), to: "in/2-empty.jpg")
        try scratch.write("some text", to: "in/3-text.jpg")
        try scratch.write(whole.prefix(whole.count / 2), to: "in/4-cut.jpg")
        #expect(mkfifo(scratch.path + "/in/5-pipe.jpg", 0o600) == 0)
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/in/6-loop.jpg", withDestinationPath: "6-loop.jpg")
        let result = try scratch.detect("in", "gone.jpg", "--json", "-o", "out/")
        #expect(result.exitCode == 2)
        let records = try result.records
        let failed = ["in/2-empty.jpg", "in/3-text.jpg", "in/4-cut.jpg", "in/5-pipe.jpg", "in/6-loop.jpg", "gone.jpg"]
        #expect(records.count == 9)
        #expect(records.filter { $0["error"] != .null }.map { $0["input"]?.string } == failed)
        for record in records where record["error"] != .null {
            #expect(record["width"] == .null && record["detections"] == [])
            let message = try #require(record["error"]?.string)
            #expect(result.errors.contains("cvtool: \(message)\n"))
        }
        let summary = "6 of 9 inputs failed:\n" + failed.map { "  \($0)\n" }.joined()
        #expect(result.errors.hasSuffix(summary))
        #expect(result.errors.contains("4-cut.jpg: is truncated") && result.errors.contains("; --allow-truncated uses"))
        // Outputs have the stem of the input; a newline in it is valid.
        #expect(try scratch.names(in: "out") == ["1_detect.jpg", "9_detect.jpg", "new\nline_detect.jpg"])
        #expect(try scratch.detect("in/4-cut.jpg", "--allow-truncated", "--no-image").exitCode == 0)
    }

    @Test("cvtool detect: newlines in names are escaped in text, kept in JSON")
    func newlinesInNamesStayOnOneLine() throws {
        try scratch.put("cat.jpg", as: "new\nline.jpg")
        let result = try scratch.detect("new\nline.jpg", "--no-image")
        #expect(result.output == "new\\nline.jpg" + Self.cat + "\n")
        let record = try #require(try scratch.detect("new\nline.jpg", "--no-image", "--json").records.first)
        #expect(record["input"] == "new\nline.jpg")
    }

    @Test("cvtool detect: exit code 1 if all inputs fail")
    func allInputsFailed() throws {
        try scratch.write("some text", to: "a.jpg")
        let one = try scratch.detect("a.jpg")
        #expect(one.exitCode == 1)
        #expect(one.output == "")
        #expect(one.errors == "cvtool: a.jpg: is not a JPEG or PNG image: it looks like text\n")
        #expect(try scratch.detect("a.jpg", "b.jpg").exitCode == 1)
        #expect(try scratch.detect("nothing*.jpg").errors == "cvtool: nothing*.jpg: no file matches this pattern\n")
        #expect(try scratch.detect("-", input: "/dev/null").errors.contains("standard input: "))
        #expect(try scratch.names() == ["a.jpg"])
    }

    @Test("cvtool detect: the EXIF orientation is applied")
    func orientationOfThePhotographIsApplied() throws {
        // The cat turned by 90° to the left, and an EXIF that says so (orientation 6: turn it to the right).
        let upright = try Image(contentsOf: DetectScratch.sample("cat.jpg"))
        var turned = [UInt8](repeating: 0, count: 512 * 512 * 3)
        for y in 0..<512 {
            for x in 0..<512 {
                for channel in 0..<3 {
                    turned[((511 - x) * 512 + y) * 3 + channel] = upright.pixels[(y * 512 + x) * 3 + channel]
                }
            }
        }
        let image = Image(width: 512, height: 512, format: .rgb, pixels: turned)
        let jpeg = try image.encoded(as: .jpeg(quality: 95))
        let tiff: [UInt8] = [
            0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
        ]
        let exif = Array("Exif\0\0".utf8) + tiff
        let segment = [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
        try scratch.write(Data(jpeg[..<2] + segment + jpeg[2...]), to: "turned.jpg")

        let result = try scratch.detect("turned.jpg", "--json")
        let found = try #require(try result.records.first?["detections"]?.array?.first)
        #expect(found["label"] == "cat")
        let box = try #require(found["box"]?.numbers)
        #expect(zip(box, [26, 120, 509, 390]).allSatisfy { abs($0 - $1) < 12 })
        // The annotated image is stored upright: the ground left of the box is that of the upright cat.
        let drawn = try scratch.image("turned_detect.jpg")
        let differences = (420..<500).map { y in
            abs(Int(drawn.pixels[(y * 512 + 5) * 3]) - Int(upright.pixels[(y * 512 + 5) * 3]))
        }
        #expect(differences.reduce(0, +) / differences.count < 8)
    }

    @Test(
        "cvtool detect: images of extreme sizes",
        arguments: [(1, 1), (1, 3000), (3000, 1), (2, 2)])
    func imageOfOddSize(width: Int, height: Int) throws {
        let image = Image(
            width: width, height: height, format: .rgba, pixels: [UInt8](repeating: 90, count: width * height * 4))
        try image.write(to: scratch.path + "/x.png")
        let result = try scratch.detect("x.png", "--save-txt", "--voc", "--conf", "0")
        #expect(result.exitCode == 0)
        let drawn = try scratch.image("x_detect.png")
        #expect((drawn.width, drawn.height) == (width, height))
    }

    @Test("cvtool detect: too many pixels is an error that names --max-pixels")
    func tooManyPixelsIsAnErrorWithTheOptionThatHelps() throws {
        let result = try scratch.detect(DetectScratch.sample("cat.jpg"), "--max-pixels", "1000", "--no-image")
        #expect(result.exitCode == 1)
        #expect(result.errors.contains("has 512 × 512 pixels; at most 1000 are decoded"))
        #expect(result.errors.hasSuffix("(--max-pixels)\n"))
    }

    @Test("cvtool detect: a dash in a list is a file, not standard input") func aDashInAListIsAFile() throws {
        try scratch.put("cat.jpg", as: "-")
        try scratch.write("-\n", to: "list.txt")
        let result = try scratch.detect("list.txt", "--json", "--no-image")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.lines.count == 1 && result.lines[0].hasPrefix(#"{"input":"./-","#), "\(result.output)")
    }
}
