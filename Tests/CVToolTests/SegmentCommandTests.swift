import CVCore
import CVImage
import CVModels
import CVNN
import CVWeights
import Foundation
import Testing

/// `cvtool segment`, run as a program.
@Suite struct SegmentCommandTests {
    let scratch: DetectScratch

    init() throws { scratch = try DetectScratch() }

    private func segment(_ arguments: String...) throws -> CommandResult {
        try runCommand(["segment"] + arguments, in: scratch.path)
    }

    private func beside(_ left: Image, _ right: Image) -> Image {
        var image = Image(width: left.width + right.width, height: left.height, fill: .black)
        image.paste(left, x: 0, y: 0)
        image.paste(right, x: left.width, y: 0)
        return image
    }

    @Test("cvtool segment: the person in a portrait is cut out")
    func portraitIsCutOut() throws {
        try scratch.put("portrait.jpg", as: "me.jpg")
        let result = try segment("me.jpg")
        #expect(result.exitCode == 0)
        #expect(result.output.hasPrefix("me.jpg: person 5"))
        #expect(result.errors == "wrote me_segment.png\n")
        let cut = try scratch.image("me_segment.png")
        #expect(cut.format == .rgba && cut.width == 512)
        #expect(cut[220, 120].alpha == 255)
        #expect(cut[490, 20] == Color(0, 0, 0, 0))
        #expect(try segment("me.jpg").exitCode == 1)
        #expect(try segment("me.jpg", "--force", "--quiet").errors == "")
    }

    @Test("cvtool segment: all kinds of images are written")
    func allKindsOfImagesAreWritten() throws {
        try scratch.put("portrait.jpg", as: "me.jpg")
        let result = try segment(
            "me.jpg", "--cutout", "--mask", "--overlay", "--background", "#102030", "--palette", "--polygons", "p.json",
            "-o", "out", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(
            try scratch.names(in: "out")
                == ["me_background.jpg", "me_mask.png", "me_overlay.jpg", "me_palette.png", "me_segment.png"])
        let mask = try scratch.image("out/me_mask.png")
        #expect(mask[220, 120] == .white && mask[490, 20] == .black)
        #expect(try scratch.image("out/me_palette.png")[490, 20] == .black)
        let background = try scratch.image("out/me_background.jpg")[490, 20]
        #expect(abs(Int(background.blue) - 0x30) < 6)
        let record = try #require(result.records.first)
        #expect(record["classes"]?.array?.first?["label"] == "person")
        let share = try #require(record["classes"]?.array?.first?["share"]?.double)
        #expect((0.4...0.65).contains(share))
        let polygons = try JSONValue.parse(scratch.text("p.json"))
        let region = try #require(polygons["images"]?.array?.first?["regions"]?.array?.first)
        #expect(try #require(region["area"]?.double) / (512 * 512) > 0.4)
        #expect(try #require(region["outer"]?.array?.count) > 20)
    }

    @Test("cvtool segment: the CamVid model finds trees and sky")
    func camvidKnowsTreesAndTheSky() throws {
        try scratch.put("great_wall.jpg", as: "hill.jpg")
        let result = try segment("hill.jpg", "--model", "camvid", "--palette", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        let classes = try #require(result.records.first?["classes"]?.array)
        func share(_ label: String) -> Double {
            classes.first { $0["label"]?.string == label }?["share"]?.double ?? 0
        }
        #expect(share("Tree") > 0.45 && share("Sky") > 0.1 && share("Car") < 0.01, "\(result.output)")
        // In CamVid's colors.
        #expect(try scratch.image("hill_palette.png")[700, 600] == Color(128, 128, 0))
    }

    @Test("cvtool segment: an image without a person gives an empty matte and a message")
    func imageWithoutAPersonGivesAnEmptyMatteAndSaysSo() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        let result = try segment("cat.jpg", "--mask")
        #expect(result.exitCode == 0)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("cat.jpg: no person found (the detector has none with 5% or more; "))
        #expect(result.errors.hasSuffix("\nwrote cat_mask.png\n"))
        #expect(try scratch.image("cat_mask.png").pixels.allSatisfy { $0 == 0 })
        #expect(try segment("cat.jpg", "--no-image", "--json").lines[0].contains(#""classes":[],"error":null"#))
        #expect(try segment("cat.jpg", "--no-image", "--no-person-check").output.contains("person"))
    }

    @Test("cvtool segment: of two persons side by side each has a crop, which --json tells")
    func twoPersonsHaveACropEach() throws {
        let portrait = try Image(contentsOf: DetectScratch.sample("portrait.jpg")).resized(width: 256, height: 256)
        try beside(portrait, portrait.flippedHorizontally()).write(to: scratch.path + "/two.png")
        let result = try segment("two.png", "--json", "--mask")
        #expect(result.exitCode == 0, "\(result.errors)")
        let person = try #require(try result.records.first?["classes"]?.array?.first)
        #expect(try #require(person["crops"]?.array?.count) >= 2)
        let mask = try scratch.image("two_mask.png")
        // The face and the chest of both.
        for (x, y) in [(110, 55), (110, 150), (511 - 110, 55), (511 - 110, 150)] {
            #expect(mask[x, y].red > 240, "\(x), \(y)")
        }
        let whole = try segment("two.png", "--json", "--no-image", "--person-crops", "never")
        #expect(try whole.records.first?["classes"]?.array?.first?["crops"]?.array == [])
    }

    @Test("cvtool segment: one failure does not stop the other inputs")
    func othersAreDoneWhenOneFails() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        try scratch.write("not an image", to: "bad.jpg")
        let result = try segment("bad.jpg", "cat.jpg", "missing.jpg", "--json", "--no-image")
        #expect(result.exitCode == 2)
        #expect(try result.records.map { $0["error"] == .null } == [false, true, false])
    }

    @Test("cvtool segment: -o FILE holds one image")
    func oneFileHoldsOneImage() throws {
        try scratch.put("portrait.jpg", as: "me.jpg")
        #expect(try segment("me.jpg", "-o", "x.jpg").exitCode == 64)
        #expect(try segment("me.jpg", "-o", "x.jpg").errors.contains("its name must end in .png"))
        #expect(try segment("me.jpg", "--mask", "--overlay", "-o", "x.png").exitCode == 64)
        #expect(try segment("me.jpg", "--background", "blur", "-o", "x.jpg").exitCode == 0)
        #expect(try scratch.image("x.jpg").width == 512)
    }

    @Test(
        "cvtool segment: wrong arguments exit with 64 and a message",
        arguments: [
            (["--opacity", "2"], "a number from 0 to 1"), (["--no-image", "--mask"], "contradict"),
            (["--classes", "car"], "has no other class"), (["--background", "whit"], "there is no such file"),
            (["--no-person-check", "--person-crops", "always"], "--person-crops needs the detector"),
            (["--model", "camvid", "--person-crops", "never"], "only the network for persons looks at each"),
            (["--polygons", "-"], "give the name of a file"), (["--tolerance", "20000"], "0 to 10000"),
        ]) func argumentsThatMakeNoSense(_ arguments: [String], _ text: String) throws
    {
        let result = try runCommand(["segment", DetectScratch.sample("cat.jpg")] + arguments, in: scratch.path)
        #expect(result.exitCode == 64)
        #expect(result.errors.contains(text), "\(result.errors)")
        #expect(try scratch.names() == [])
    }

    /// Writes an untrained network of four classes.
    ///
    /// - Parameter palette: the colors of the classes, as in the metadata of trained weights.
    private func writeNetwork(palette: String? = nil) throws {
        let (_, parameters) = ParameterSet.initialize(seed: 3) { UNet(classes: 4, depth: 2, width: 4, $0) }
        var metadata = WeightsMetadata(
            model: "unet-w4-d2-plain", task: "segment", preprocessing: .init(width: 96, height: 96, resize: .stretch),
            labels: ["sky", "road", "car", "tree"]
        ).dictionary
        metadata["palette"] = palette
        try scratch.write(Data(parameters.safetensors(metadata: metadata)), to: "net.safetensors")
    }

    @Test(
        "cvtool segment: images of extreme sizes",
        arguments: [(1, 1), (17, 513)], [["--no-person-check"], ["-m", "net.safetensors", "--classes", "sky,road"]])
    func theSmallestAndTheNarrowestImageWillDo(_ size: (Int, Int), _ model: [String]) throws {
        try writeNetwork()
        let flat = Image(width: size.0, height: size.1, fill: Color(120, 90, 60))
        try scratch.write(Data(flat.encoded(as: .png())), to: "flat.png")
        let kinds = ["--cutout", "--mask", "--overlay", "--background", "blur", "--palette", "--polygons", "p.json"]
        let result = try runCommand(["segment", "flat.png", "-o", "out/"] + kinds + model, in: scratch.path)
        #expect(result.exitCode == 0, "\(result.errors)")
        let names = try scratch.names(in: "out")
        #expect(names.count == 5)
        for name in names {
            let image = try scratch.image("out/\(name)")
            #expect(image.width == size.0 && image.height == size.1, "\(name)")
        }
        #expect(try JSONValue.parse(scratch.text("p.json"))["images"]?.array?.count == 1)
    }

    @Test("cvtool segment: classes have the colors of the weights' metadata")
    func classesHaveTheColorsOfTheirWeights() throws {
        try writeNetwork(palette: "[\"#010203\",\"#112233\",\"#445566\",\"#778899\"]")
        try scratch.put("cat.jpg", as: "cat.jpg")
        #expect(try segment("cat.jpg", "-m", "net.safetensors", "--palette").exitCode == 0)
        let image = try scratch.image("cat_palette.png")
        let known = [Color(1, 2, 3), Color(0x11, 0x22, 0x33), Color(0x44, 0x55, 0x66), Color(0x77, 0x88, 0x99)]
        for position in [(0, 0), (100, 80), (image.width - 1, image.height - 1)] {
            #expect(known.contains(image[position.0, position.1]), "\(image[position.0, position.1])")
        }
    }

    @Test("cvtool segment: several classes give an overlay with a legend")
    func networkOfSeveralClassesGivesAnOverlayWithALegend() throws {
        try writeNetwork()
        try scratch.put("room.jpg", as: "room.jpg")
        let result = try segment("room.jpg", "-m", "net.safetensors", "--json", "--palette", "--overlay")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(try scratch.names().contains("room_overlay.jpg"))
        let classes = try #require(result.records.first?["classes"]?.array)
        #expect(abs(classes.compactMap { $0["share"]?.double }.reduce(0, +) - 1) < 1e-5)
        let bytes = try scratch.bytes("room_palette.png")
        #expect(Array(bytes[24...25]) == [8, 3])

        let refused = try segment("room.jpg", "-m", "net.safetensors", "--mask")
        #expect(refused.exitCode == 64)
        #expect(refused.errors.contains("select the foreground with --classes"))
        let chosen = try segment("room.jpg", "-m", "net.safetensors", "--mask", "--classes", "sky,3", "--full-size")
        #expect(chosen.exitCode == 0, "\(chosen.errors)")
        #expect(try scratch.image("room_mask.png").pixels.allSatisfy { $0 == 0 || $0 == 255 })
        #expect(try segment("room.jpg", "-m", "net.safetensors", "--classes", "ski").errors.contains("did you mean"))
    }
}
