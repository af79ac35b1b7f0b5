import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// `cvtool faces cluster`, `embed`, `crop` and `blur`, run as programs.
@Suite struct FacesImageCommandTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("portrait.jpg", as: "eileen.jpg")
        try scratch.put("astronauts.jpg", as: "crew.jpg")
        try scratch.put("coffee.jpg", as: "cup.jpg")
    }

    private func faces(_ arguments: String...) throws -> CommandResult {
        try runCommand(["faces"] + arguments, in: scratch.path)
    }

    @Test("cvtool faces cluster: the faces of one person come together, each group on a sheet") func clusters() throws {
        let portrait = try scratch.image("eileen.jpg")
        try portrait.flippedHorizontally().write(to: scratch.path + "/mirrored.png")
        try portrait.resized(width: 200, height: 200).write(to: scratch.path + "/small.png")
        let inputs = ["eileen.jpg", "mirrored.png", "small.png", "cup.jpg"]
        let result = try runCommand(["faces", "cluster"] + inputs + ["-o", "people", "--json"], in: scratch.path)
        #expect(result.exitCode == 0)
        let groups = try result.records
        let largest = try #require(groups.first)
        #expect(
            largest["faces"]?.array?.compactMap { $0["input"]?.string } == ["eileen.jpg", "mirrored.png", "small.png"])
        #expect(largest["sheet"]?.string == "people/person1_sheet.jpg")
        #expect(try scratch.image("people/person1_sheet.jpg").width > 300)
        #expect(groups.count == 1)
        #expect(try scratch.names(in: "people") == ["person1_sheet.jpg"])

        let again = try runCommand(["faces", "cluster"] + inputs + ["-o", "people"], in: scratch.path)
        #expect(again.exitCode == 1 && again.errors.contains("--force"))
        // With a threshold that no two faces are within, each is alone.
        let alone = try runCommand(
            ["faces", "cluster"] + inputs + ["-o", "alone", "--threshold", "0"], in: scratch.path)
        #expect(alone.lines.count == 3 && alone.output.hasPrefix("person 1: 1 face: eileen.jpg\n"))
        #expect(try scratch.names(in: "alone") == ["single_sheet.jpg"])
    }

    @Test("cvtool faces embed: a vector for each face, with the network that it is of") func embeds() throws {
        let result = try faces("embed", "eileen.jpg", "cup.jpg", "missing.jpg")
        #expect(result.exitCode == 2)
        let records = try result.records
        let face = try #require(records[0]["faces"]?.array?.first)
        #expect(face["embedding"]?.array?.count ?? 0 >= 128 && face["sha256"]?.string?.count == 64)
        let single = try faces("embed", "eileen.jpg", "--model", "sface").records[0]["faces"]?.array?.first
        #expect(single?["model"]?.string == "sface" && single?["embedding"]?.array?.count == 128)
        let squares = single?["embedding"]?.numbers?.reduce(0) { $0 + $1 * $1 }
        #expect(abs((squares ?? 0) - 1) < 1e-4)
        #expect(records[1]["faces"]?.array?.isEmpty == true && records[1]["error"] == .null)
        #expect(records[2]["error"]?.string?.contains("No such file") == true)
    }

    @Test("cvtool faces crop: each face an image, as it is or aligned") func crops() throws {
        #expect(try faces("crop", "eileen.jpg", "cup.jpg", "-o", "faces").exitCode == 0)
        #expect(try scratch.names(in: "faces") == ["eileen_face1_crop.jpg"])
        #expect(try faces("crop", "eileen.jpg", "--aligned", "--size", "96", "-o", "aligned").exitCode == 0)
        let aligned = try scratch.image("aligned/eileen_face1_crop.jpg")
        #expect((aligned.width, aligned.height) == (96, 96))
        let wide = try faces("crop", "eileen.jpg", "--margin", "1", "-o", "wide")
        #expect(wide.exitCode == 0)
        #expect(try scratch.image("wide/eileen_face1_crop.jpg").width > 96)
    }

    @Test(
        "cvtool faces blur: the faces are gone, and what is not near them is the same",
        arguments: ["gaussian", "pixelate", "box"])
    func blurs(style: String) throws {
        let record = try #require(
            try faces("detect", "crew.jpg", "--no-image", "--json", "--threshold", "0.5").records.first)
        let boxes = try #require(record["faces"]?.array?.compactMap { $0["box"]?.numbers })
        let result = try faces("blur", "crew.jpg", "--style", style, "-o", "out/")
        #expect(result.exitCode == 0)
        let (before, after) = (try scratch.image("crew.jpg"), try scratch.image("out/crew_blurred.jpg"))
        func isNear(_ x: Int, _ y: Int) -> Bool {
            boxes.contains { box in
                let (marginX, marginY) = (0.15 * (box[2] - box[0]) + 18, 0.15 * (box[3] - box[1]) + 18)
                return Double(x) > box[0] - marginX && Double(x) < box[2] + marginX && Double(y) > box[1] - marginY
                    && Double(y) < box[3] + marginY
            }
        }
        var differences = (near: 0, far: 0)
        for y in 0..<before.height {
            for x in 0..<before.width where before[x, y] != after[x, y] {
                if isNear(x, y) { differences.near += 1 } else { differences.far += 1 }
            }
        }
        #expect(differences.far == 0 && differences.near > 100)
        let found = try faces("detect", "out/crew_blurred.jpg", "--no-image", "--json").records[0]["faces"]?.array
        #expect((found?.count ?? 0) < boxes.count)
    }

    @Test("cvtool faces blur: a PNG keeps its other pixels; an image without a face is written as it is")
    func otherImages() throws {
        let portrait = try scratch.image("eileen.jpg")
        try portrait.write(to: scratch.path + "/eileen.png")
        #expect(try faces("blur", "eileen.png", "cup.jpg", "-o", "out").exitCode == 0)
        let blurred = try scratch.image("out/eileen_blurred.png")
        #expect(blurred != portrait && blurred[0, 0] == portrait[0, 0])
        #expect(try scratch.image("out/cup_blurred.jpg") == scratch.image("cup.jpg"))
        let none = try faces("blur", "cup.jpg", "-o", "again.jpg")
        #expect(none.errors.contains("no face found; the image is written as it is"))
    }

    @Test("cvtool faces blur: --drop-location removes the position") func dropsLocation() throws {
        // EXIF with one entry: the directory of the position, whose entry 2 is the latitude.
        let tiff: [UInt8] =
            Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x25, 0x88, 4, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0]
            + [1, 0, 2, 0, 5, 0, 1, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0] + Array("LATITUDE".utf8)
        let content = Array("Exif\0\0".utf8) + tiff
        let file = try [UInt8](scratch.bytes("cup.jpg"))
        try scratch.write(
            Data(file[..<2] + [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content + file[2...]), to: "here.jpg")
        #expect(try faces("blur", "here.jpg", "-o", "kept.jpg").exitCode == 0)
        #expect(try scratch.bytes("kept.jpg").range(of: Data("LATITUDE".utf8)) != nil)
        #expect(try faces("blur", "here.jpg", "-o", "dropped.jpg", "--drop-location").exitCode == 0)
        #expect(try scratch.bytes("dropped.jpg").range(of: Data("LATITUDE".utf8)) == nil)
    }
}
