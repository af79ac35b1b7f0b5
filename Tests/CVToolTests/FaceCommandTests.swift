import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// `cvtool verify` and `cvtool faces detect`, run as programs.
@Suite struct FaceCommandTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("portrait.jpg", as: "a.jpg")
        try scratch.put("coffee.jpg", as: "cup.jpg")
        let portrait = try scratch.image("a.jpg")
        try portrait.flippedHorizontally().resized(width: 200, height: 200).write(to: scratch.path + "/b.png")
        // The dog's face counts where --conf says so.
        try scratch.put("retriever.jpg", as: "dog.jpg")
        var two = Image(width: 512, height: 400, fill: .white)
        two.paste(portrait.resized(width: 360, height: 360), x: 0, y: 0)
        two.paste(try scratch.image("dog.jpg").withoutAlpha().resized(width: 150, height: 150), x: 362, y: 0)
        try two.write(to: scratch.path + "/two.png")
    }

    private func verify(_ arguments: String...) throws -> CommandResult {
        try runCommand(["verify"] + arguments, in: scratch.path)
    }

    @Test("cvtool verify: same, different and no face, as text and by exit code") func decides() throws {
        let same = try verify("a.jpg", "b.png")
        #expect(same.exitCode == 0 && same.output.hasPrefix("a.jpg and b.png: same person, distance 0."))
        #expect(same.output.contains("(threshold 1, ") && same.output.contains("published with OpenCV's SFace"))
        let different = try verify("a.jpg", "dog.jpg", "--conf", "0.6")
        #expect(different.exitCode == 0 && different.output.contains("different persons, distance "))
        let none = try verify("a.jpg", "cup.jpg")
        #expect(none.exitCode == 0 && none.output == "a.jpg and cup.jpg: no face found in cup.jpg\n")
        let codes = try [("b.png", Int32(0)), ("dog.jpg", 1), ("cup.jpg", 2), ("missing.jpg", 3)].map {
            try verify("a.jpg", $0.0, "--exit-code", "--conf", "0.6").exitCode == $0.1
        }
        #expect(codes == [true, true, true, true])
        #expect(try verify("a.jpg", "missing.jpg").exitCode == 1)
    }

    @Test("cvtool verify: --threshold changes the decision, and is named as its origin") func takesAThreshold() throws {
        let strict = try verify("a.jpg", "b.png", "--threshold", "0.0001", "--json")
        let record = try #require(try strict.records.first)
        #expect(record["verified"] == false && record["outcome"]?.string == "different")
        #expect(record["threshold_origin"]?.string == "given by --threshold")
        #expect(record["same"] == .null && record["distance"]?.double ?? 0 > 0.0001)
        #expect(record["face_a"]?["keypoints"]?.array?.count == 5 && record["metric"]?.string == "euclidean")
        let none = try #require(try verify("cup.jpg", "a.jpg", "--json").records.first)
        #expect(none["distance"] == .null && none["verified"] == false && none["face_a"] == .null)
    }

    @Test("cvtool verify: several faces: the largest, one by number, or all") func choosesAmongFaces() throws {
        let options = ["--detector", "yunet"]
        let largest = try runCommand(["verify", "two.png", "a.jpg"] + options, in: scratch.path)
        #expect(largest.output.contains("same person"))
        let missing = try runCommand(["verify", "two.png", "a.jpg", "--face", "7,1"], in: scratch.path)
        #expect(missing.output.contains("(face 7)") && missing.output.contains("no face found in two.png"))
        let all = try runCommand(["verify", "two.png", "a.jpg", "--all", "--json"], in: scratch.path)
        #expect(try all.records.count >= 1 && all.records.contains { $0["verified"] == true })
        #expect(try all.records.allSatisfy { $0["number_b"]?.integer == 1 })
    }

    @Test("cvtool verify: -o draws both faces, and nothing is overwritten without --force") func drawsBoth() throws {
        let drawn = try verify("a.jpg", "b.png", "-o", "new/both.png")
        #expect(drawn.exitCode == 0 && drawn.errors.contains("wrote new/both.png"))
        let image = try scratch.image("new/both.png")
        #expect(image.width > 720 && image.height > 360)
        let again = try verify("a.jpg", "b.png", "-o", "new/both.png")
        #expect(again.exitCode == 1 && again.errors.contains("--force"))
        #expect(try verify("a.jpg", "b.png", "-o", "a.jpg", "--force").exitCode == 64)
        #expect(try verify("a.jpg", "cup.jpg", "-o", "none.png").exitCode == 0)
        #expect(try scratch.names().contains("none.png"))
    }

    @Test("cvtool verify --pairs: a record a pair, the truth, and the accuracy") func comparesPairs() throws {
        try scratch.write("a,b,same\na.jpg,b.png,1\na.jpg,dog.jpg,no\na.jpg,cup.jpg,true\n", to: "list/pairs.csv")
        for name in ["a.jpg", "b.png", "dog.jpg", "cup.jpg"] {
            try scratch.write(scratch.bytes(name), to: "list/" + name)
        }
        let result = try verify("--pairs", "list/pairs.csv", "--conf", "0.6")
        #expect(result.exitCode == 0)
        let records = try result.records
        #expect(records.count == 4)
        #expect(records.prefix(3).map { $0["verified"] } == [true, false, false])
        #expect(records.prefix(3).map { $0["same"] } == [true, false, true])
        #expect(records[0]["a"]?.string == "list/a.jpg" && records[2]["distance"] == .null)
        #expect(records[3]["pairs"]?.integer == 3 && records[3]["right"]?.integer == 2)
        #expect(records[3]["without_face"]?.integer == 1 && abs((records[3]["accuracy"]?.double ?? 0) - 2 / 3) < 1e-6)
    }

    @Test("cvtool verify --pairs: without the truth no accuracy, and a missing image fails alone")
    func reportsFailedPairs()
        throws
    {
        try scratch.write("A , B\na.jpg,b.png\na.jpg,gone.jpg\n", to: "pairs.csv")
        let result = try verify("--pairs", "pairs.csv")
        #expect(result.exitCode == 2)
        let records = try result.records
        #expect(records.count == 2 && records[0]["same"] == .null)
        #expect(records[1]["error"]?.string?.contains("gone.jpg") == true && records[1]["verified"] == false)
        for (text, message) in [
            ("", "is empty"), ("x,y\n1,2\n", "a header a,b or a,b,same is expected"), ("a,b\n", "no pairs"),
            ("a,b\n1\n", "line 2 has 1 field; the header has 2"), ("a,b,same\nx,y,maybe\n", "same is \"maybe\""),
            ("a,b\n\"x,y\n", "a quote is opened"),
        ] {
            try scratch.write(text, to: "bad.csv")
            let bad = try verify("--pairs", "bad.csv")
            #expect(bad.exitCode == 1 && bad.errors.contains(message), "\(text): \(bad.errors)")
        }
    }

    @Test(
        "cvtool verify: wrong arguments exit with 64",
        arguments: [
            (["a.jpg"], "two images are expected"), (["a.jpg", "b.png", "c.png"], "two images are expected"),
            (["-", "-"], "only once"), (["a.jpg", "b.png", "--all", "--face", "1"], "contradict"),
            (["--pairs", "p.csv", "a.jpg"], "--pairs goes without images"),
            (["--pairs", "p.csv", "--exit-code"], "--exit-code goes with two images"),
            (["--pairs", "p.csv", "--all"], "go with two images"),
            (["a.jpg", "b.png", "--all", "-o", "x.png"], "-o goes with one pair"),
            (["a.jpg", "b.png", "-o", "-"], "-o -"), (["a.jpg", "b.png", "-o", "x.gif"], "-o x.gif"),
            (["a.jpg", "b.png", "--face", "0"], "--face"), (["a.jpg", "b.png", "--threshold", "nan"], "--threshold"),
            (["a.jpg", "b.png", "--min-size", "0"], "--min-size 0"), (["a.jpg", "b.png", "--conf", "2"], "--conf 2"),
        ])
    func refusesWrongArguments(arguments: [String], message: String) throws {
        let result = try runCommand(["verify"] + arguments, in: scratch.path)
        #expect(result.exitCode == 64 && result.errors.contains(message), "\(result.errors)")
        #expect(result.output == "")
    }

    @Test("cvtool verify: weights of another kind are refused with what is expected") func refusesOtherWeights() throws
    {
        let detector = try verify("a.jpg", "b.png", "--detector", "yolov3-tiny")
        #expect(detector.exitCode == 1 && detector.errors.contains("finds no keypoints"))
        let model = try verify("a.jpg", "b.png", "--model", "yunet")
        #expect(model.exitCode == 1 && model.errors.contains("for the task 'detect'"))
    }

    @Test("cvtool faces detect: lines, records, drawings, and what is said of none") func findsFaces() throws {
        let result = try runCommand(["faces", "detect", "a.jpg", "cup.jpg", "-o", "out/"], in: scratch.path)
        #expect(result.exitCode == 0 && result.output.hasPrefix("a.jpg: face 9") && result.lines.count == 1)
        #expect(
            result.errors.contains("cup.jpg: no face found with at least 80% (--threshold) and 20 pixels (--min-size)"))
        #expect(try scratch.names(in: "out") == ["a_faces.jpg", "cup_faces.jpg"])
        #expect(try scratch.image("out/a_faces.jpg") != scratch.image("a.jpg"))
        let json = try runCommand(["faces", "detect", "two.png", "gone.jpg", "--json", "--no-image"], in: scratch.path)
        #expect(json.exitCode == 2)
        let records = try json.records
        let faces = try #require(records[0]["faces"]?.array)
        #expect(!faces.isEmpty && faces[0]["keypoints"]?.array?.count == 5 && faces[0]["box"]?.numbers?.count == 4)
        #expect(records[1]["error"]?.string?.contains("gone.jpg") == true)
        let strict = ["faces", "detect", "a.jpg", "--no-image", "--threshold"]
        #expect(try runCommand(strict + ["0.999"], in: scratch.path).output == "")
        #expect(try runCommand(strict + ["2"], in: scratch.path).exitCode == 64)
        #expect(
            try runCommand(["faces", "detect", "a.jpg", "--min-size", "400", "--no-image"], in: scratch.path).output
                == "")
    }

    @Test("cvtool detect: networks with keypoints are detectors, too") func detectsWithKeypoints() throws {
        let result = try runCommand(["detect", "a.jpg", "-m", "yunet", "--json", "--no-image"], in: scratch.path)
        let found = try #require(try result.records[0]["detections"]?.array)
        #expect(found.count == 1 && found[0]["label"]?.string == "face")
        #expect(found[0]["keypoints"]?.array?.compactMap { $0["name"]?.string }.first == "right eye")
        let refused = try runCommand(["detect", "a.jpg", "-m", "yunet", "--imgsz", "99999"], in: scratch.path)
        #expect(refused.exitCode == 64)
    }
}
