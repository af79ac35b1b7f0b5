import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// The detections, and their formats.
@Suite struct DetectResultTests {
    let scratch: DetectScratch

    init() throws { scratch = try DetectScratch() }

    private struct Golden: Decodable {
        struct Photograph: Decodable {
            let file: String
            let width, height: Int
            let detections: [Found]
        }
        struct Found: Decodable {
            let label: String
            let confidence: Double
            let box: [Double]
        }
        let images: [Photograph]
    }

    @Test("cvtool detect: detections match the PyTorch reference")
    func samplesGiveTheDetectionsOfTheReference() throws {
        // Made by Tools/golden.py.
        let golden = try decoded("../CVDetectionTests/Golden/ssd-mobilenetv2-detections.json", as: Golden.self)
        // Others among them belong to a package that need not be installed.
        let images = golden.images.filter { FileManager.default.fileExists(atPath: DetectScratch.sample($0.file)) }
        let files = images.map { DetectScratch.sample($0.file) }
        let result = try runCommand(["detect", "--json", "--no-image"] + files)
        #expect(result.exitCode == 0)
        let records = try result.records
        try #require(records.count == images.count)
        var total = 0
        for (record, image) in zip(records, images) {
            #expect(record["width"] == .integer(image.width) && record["height"] == .integer(image.height))
            #expect(record["error"] == .null)
            let expected = image.detections.filter { $0.confidence >= 0.25 }
            let found = try #require(record["detections"]?.array)
            try #require(found.count == expected.count, "\(image.file)")
            for (detection, reference) in zip(found, expected) {
                #expect(detection["label"]?.string == reference.label)
                let confidence = try #require(detection["confidence"]?.double)
                #expect(abs(confidence - reference.confidence) < 0.01)
                let box = try #require(detection["box"]?.numbers)
                #expect(zip(box, reference.box).allSatisfy { abs($0 - $1) < 3 })
            }
            total += found.count
        }
        #expect(total > 8)
    }

    @Test("cvtool detect: one image gives a line and an annotated copy")
    func oneImageGivesALineAndAnAnnotatedCopy() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        let result = try scratch.detect("cat.jpg")
        #expect(result.exitCode == 0)
        #expect(result.output == "cat.jpg: cat 97% at 26 120 509 390\n")
        #expect(result.errors == "wrote cat_detect.jpg\n")
        #expect(try scratch.names() == ["cat.jpg", "cat_detect.jpg"])
        let (before, after) = (try scratch.image("cat.jpg"), try scratch.image("cat_detect.jpg"))
        #expect((after.width, after.height) == (before.width, before.height))
        // Green of the left edge of the box, at (26 … 28, 250); far from it nothing but the loss of the JPEG.
        func difference(x: Int, y: Int) -> Int {
            let at = (y * before.width + x) * 3
            return (0..<3).map { abs(Int(before.pixels[at + $0]) - Int(after.pixels[at + $0])) }.max() ?? 0
        }
        #expect((24...29).map { difference(x: $0, y: 250) }.max() ?? 0 > 60)
        #expect(difference(x: 5, y: 50) < 20)
    }

    @Test("cvtool detect: --quiet leaves only results")
    func quietLeavesOnlyResults() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        try scratch.put("coffee.jpg", as: "empty.jpg")
        let loud = try scratch.detect("cat.jpg", "empty.jpg", "--classes", "cat", "-o", "a")
        #expect(loud.lastLine == "wrote 2 annotated images in a")
        let remark = try #require(loud.errors.split(separator: "\n").first)
        #expect(remark.hasPrefix("empty.jpg: no objects of these classes found with at least 25% (--conf); "))
        let quiet = try scratch.detect("cat.jpg", "empty.jpg", "--classes", "cat", "-o", "b", "-q")
        #expect(quiet.errors == "")
        #expect(quiet.output == loud.output)
        #expect(try scratch.names(in: "b") == ["cat_detect.jpg", "empty_detect.jpg"])
    }

    @Test("cvtool detect: where nothing is found the threshold and the best candidate are named")
    func bestCandidateIsNamed() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        let result = try scratch.detect("cat.jpg", "--conf", "0.99", "--no-image")
        #expect(result.exitCode == 0 && result.output == "")
        #expect(
            result.errors == "cat.jpg: no objects found with at least 99% (--conf); the best candidate was cat 97.4%\n")
        let zebras = try scratch.detect("cat.jpg", "--classes", "zebra", "--no-image")
        #expect(zebras.errors.hasPrefix("cat.jpg: no objects of these classes found with at least 25% (--conf); "))
        // A record says what it always said.
        let json = try scratch.detect("cat.jpg", "--conf", "0.99", "--no-image", "--json")
        #expect(json.errors == "" && json.output.contains(#""detections":[],"error":null"#))
    }

    @Test("cvtool detect: YOLO, VOC, COCO and JSON hold the same box")
    func everyFormatHoldsTheSameBox() throws {
        try scratch.put("cat.jpg", as: "7.jpg")
        let result = try scratch.detect(
            "7.jpg", "-o", "out", "--json", "--save-txt", "--save-conf", "--save-crop", "--voc", "--coco", "coco.json")
        #expect(result.exitCode == 0)
        #expect(try scratch.names(in: "out") == ["7.txt", "7.xml", "7_crop1_cat.jpg", "7_detect.jpg"])
        #expect(
            result.lastLine
                == "wrote out/7_detect.jpg, out/7.txt, out/7.xml, out/7_crop1_cat.jpg, coco.json and coco.images.json")

        let record = try #require(try result.records.first?["detections"]?.array?.first)
        let box = try #require(record["box"]?.numbers)
        let confidence = try #require(record["confidence"]?.double)

        let entry = try #require(try JSONValue.parse(scratch.text("coco.json")).array?.first)
        #expect(entry["image_id"] == 7)
        #expect(entry["category_id"] == 17)
        let coco = try #require(entry["bbox"]?.numbers)
        for (found, expected) in zip(coco, [box[0], box[1], box[2] - box[0], box[3] - box[1]]) {
            #expect(abs(found - expected) < 0.01)
        }

        let fields = try scratch.text("out/7.txt").split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        let expected = [
            15, (box[0] + box[2]) / 1024, (box[1] + box[3]) / 1024, (box[2] - box[0]) / 512, (box[3] - box[1]) / 512,
            confidence,
        ]
        try #require(fields.count == 6)
        for (found, value) in zip(fields, expected) { #expect(abs(found - value) < 1e-5) }

        let xml = try scratch.text("out/7.xml")
        for part in ["<filename>7.jpg</filename>", "<name>cat</name>", "<xmin>27</xmin>", "<ymax>390</ymax>"] {
            #expect(xml.contains(part))
        }
        let crop = try scratch.image("out/7_crop1_cat.jpg")
        #expect(abs(crop.width - 484) <= 1 && abs(crop.height - 271) <= 1)
    }

    @Test("cvtool detect: every file is written if nothing is found")
    func nothingFoundStillGivesEveryFile() throws {
        try scratch.put("coffee.jpg", as: "a.jpg")
        let result = try scratch.detect(
            "a.jpg", "--classes", "zebra", "--json", "--save-txt", "--save-crop", "--voc", "--coco", "c.json")
        #expect(result.exitCode == 0)
        #expect(try result.records.first?["detections"] == [])
        #expect(try scratch.text("a.txt") == "")
        #expect(try scratch.text("c.json") == "[]\n")
        #expect(try !scratch.text("a.xml").contains("<object>"))
        #expect(try scratch.names() == ["a.jpg", "a.txt", "a.xml", "a_detect.jpg", "c.images.json", "c.json"])
    }

    @Test("cvtool detect: --conf, --classes and other filters narrow the result")
    func reportOptionsNarrowTheResult() throws {
        let room = DetectScratch.sample("room.jpg")
        func count(_ options: String...) throws -> Int {
            try runCommand(["detect", room, "--no-image", "-q"] + options).lines.count
        }
        let all = try count()
        #expect(all >= 3)
        #expect(try count("--max-det", "1") == 1)
        #expect(try count("--conf", "0.9") < all)
        #expect(try count("--conf", "0.05") > all)
        #expect(try count("--iou", "1", "--conf", "0.1") > count("--conf", "0.1"))
        #expect(try count("--classes", "chair") == count("--classes", "56"))
        #expect(try count("--classes", "zebra,Giraffe", "--classes", "0") == 0)
        let other = try runCommand(["detect", room, "--no-image", "-q", "--imgsz", "320x256"])
        #expect(other.exitCode == 0 && other.lines.count > 0)
    }

    @Test("cvtool detect: drawing options change the image")
    func drawingOptionsChangeTheImage() throws {
        try scratch.put("cat.jpg", as: "cat.jpg")
        var drawn: Set<[UInt8]> = []
        let options = [[], ["--hide-labels"], ["--hide-conf"], ["--line-width", "9"]]
        for (number, options) in options.enumerated() {
            let result = try runCommand(["detect", "cat.jpg", "-o", "\(number).png"] + options, in: scratch.path)
            #expect(result.exitCode == 0)
            drawn.insert(try scratch.image("\(number).png").pixels)
        }
        #expect(drawn.count == options.count)
    }

    @Test("cvtool detect: the number of threads does not change the result")
    func threadsDoNotChangeTheResult() throws {
        let results = try ["1", "2", "5"].map { threads in
            try runCommand(["detect", DetectScratch.sample("room.jpg"), "--no-image", "--json", "--threads", threads])
        }
        #expect(results[0].output.contains("chair"))
        #expect(results.allSatisfy { $0.output == results[0].output && $0.exitCode == 0 })
    }

    @Test("cvtool detect: --timing writes to standard error")
    func timingGoesToStandardError() throws {
        let result = try runCommand(["detect", DetectScratch.sample("cat.jpg"), "--no-image", "--timing"])
        #expect(result.lines.count == 1)
        for step in ["start", "weights", "decode", "resize", "network", "total"] {
            #expect(result.errors.contains("\n\(step) ") || result.errors.hasPrefix("\(step) "))
        }
        // No bar and no color: standard error is a file here.
        #expect(!result.errors.contains("\r") && !result.errors.contains("\u{1B}"))
    }
}
