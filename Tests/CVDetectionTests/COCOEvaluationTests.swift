import CVCore
import CVDetection
import Foundation
import TestSupport
import Testing

@Suite struct COCOEvaluationTests {
    private static let names = ["plain", "equal scores", "more than 100", "odd numbers", "crowds", "nothing found"]

    private func golden(_ name: String) throws -> JSONValue {
        let bytes = try Data(contentsOf: besideTest("Golden/coco-evaluation.json"))
        let cases = try #require(try JSONValue.parse(Array(bytes)).array)
        return try #require(cases.first { $0["name"]?.string == name })
    }

    /// Reads texts as files.
    private func read(_ truth: String, _ results: String = "[]") throws -> (COCOAnnotations, [ResultBox]) {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        try truth.write(toFile: folder + "/truth.json", atomically: true, encoding: .utf8)
        try results.write(toFile: folder + "/results.json", atomically: true, encoding: .utf8)
        let annotations = try COCOAnnotations(contentsOf: folder + "/truth.json")
        return (annotations, try COCOResultFile.read(folder + "/results.json", for: annotations))
    }

    private func evaluation(_ annotations: COCOAnnotations, _ results: [ResultBox]) -> DetectionEvaluation {
        DetectionEvaluation(
            truth: annotations.objects, results: results, imageIDs: annotations.images.map(\.id),
            categoryIDs: annotations.categories.map(\.id))
    }

    @Test("COCO evaluation: the twelve numbers are those of pycocotools", arguments: names)
    func equalsPycocotools(name: String) throws {
        let golden = try golden(name)
        let truth = try #require(golden["truth"])
        let (annotations, results) = try read(truth.text, #require(golden["results"]).text)
        let found = evaluation(annotations, results)
        for (name, value) in found.summary.named {
            let expected = golden["expected"]?[name]?.double
            #expect((value == nil) == (expected == nil), "\(name): \(value as Any)")
            if let value, let expected { #expect(abs(value - expected) < 1e-9, "\(name): \(value), \(expected)") }
        }
        #expect(
            found.classes.map(\.categoryID) == truth["categories"]?.array?.compactMap { $0["id"]?.integer }.sorted())
        // The mean over the classes that have objects is that of all.
        let scores = found.classes.compactMap(\.summary.averagePrecision)
        #expect(abs(scores.reduce(0, +) / Double(scores.count) - (found.summary.averagePrecision ?? -1)) < 1e-12)
    }

    @Test("COCO evaluation: an overlap is that of the areas, and for a crowd the part of the result in it")
    func overlaps() {
        let (a, b) = (EvaluatedBox(x: 0, y: 0, width: 10, height: 10), EvaluatedBox(x: 5, y: 0, width: 10, height: 20))
        #expect(a.overlap(b) == 50.0 / 250)
        #expect(a.overlap(b, isCrowd: true) == 0.5)
        #expect(a.overlap(EvaluatedBox(x: 10, y: 0, width: 5, height: 5)) == 0)
        #expect(a.overlap(EvaluatedBox(x: 2, y: 2, width: 0, height: 5)) == 0)
    }

    @Test("COCO evaluation: without objects there are no scores, and without results they are 0")
    func emptySets() {
        let nothing = DetectionEvaluation(truth: [], results: [], imageIDs: [], categoryIDs: [])
        #expect(nothing.summary.named.allSatisfy { $0.value == nil } && nothing.classes.isEmpty)
        let object = TruthBox(imageID: 1, categoryID: 2, box: EvaluatedBox(x: 0, y: 0, width: 20, height: 20))
        let missed = DetectionEvaluation(truth: [object], results: [], imageIDs: [1], categoryIDs: [2])
        #expect(missed.summary.averagePrecision == 0 && missed.summary.averageRecallSmall == 0)
        #expect(missed.summary.averagePrecisionLarge == nil)
        let found = DetectionEvaluation(
            truth: [object], results: [ResultBox(imageID: 1, categoryID: 2, box: object.box, score: -3)], imageIDs: [1],
            categoryIDs: [2])
        #expect(abs((found.summary.averagePrecision ?? 0) - 1) < 1e-12 && found.classes[0].results == 1)
    }

    @Test(
        "COCO files: values that make no sense are named with their place",
        arguments: [
            ("{}", "[]", "has no list \"images\""),
            ("[", "[]", "truth.json: is not JSON"),
            (#"{"images":[{"id":"a"}],"categories":[],"annotations":[]}"#, "[]", #"element 1 of "images": "id""#),
            (
                #"{"images":[{"id":1},{"id":1}],"categories":[],"annotations":[]}"#, "[]",
                #"two elements of "images" have the id 1"#
            ),
            (#"{"images":[{"id":1}],"categories":[{"id":5},{"id":5}],"annotations":[]}"#, "[]", "have the id 5"),
            (
                #"{"images":[{"id":1}],"categories":[{"id":1}],"annotations":[{"image_id":1,"category_id":1,"bbox":[1,2,3]}]}"#,
                "[]",
                #"element 1 of "annotations": "bbox""#
            ),
            (
                #"{"images":[{"id":1}],"categories":[{"id":1}],"annotations":[{"image_id":1,"category_id":1,"bbox":[1,2,-3,4]}]}"#,
                "[]", #""bbox" is not what is expected"#
            ),
            (valid, "{}", "is no list of results"),
            (valid, #"[{"image_id":1,"category_id":1,"bbox":[0,0,1,1],"score":NaN}]"#, #"element 1: "score""#),
            (
                valid, #"[{"image_id":9,"category_id":1,"bbox":[0,0,1,1],"score":1}]"#,
                "about the image 9, which is not among the 1 image"
            ),
        ])
    func badFiles(truth: String, results: String, message: String) {
        let error = #expect(throws: COCOFileError.self) { try read(truth, results) }
        #expect(error?.description.contains(message) == true, "\(error as Any)")
    }

    private static let valid = #"{"images":[{"id":1}],"categories":[{"id":1}],"annotations":[]}"#

    @Test("COCO files: annotations of images and classes that are not listed are left out and counted")
    func omitted() throws {
        let (annotations, _) = try read(
            #"""
            {"images":[{"id":1,"file_name":"a.jpg"}],"categories":[{"id":4}],"annotations":[
            {"image_id":1,"category_id":4,"bbox":[1,2,3,4],"iscrowd":true},{"image_id":2,"category_id":4,"bbox":[1,2,3,4]},
            {"image_id":1,"category_id":5,"bbox":[1,2,3,4],"area":7}]}
            """#)
        #expect(annotations.omitted == 2 && annotations.objects.count == 1)
        #expect(annotations.objects[0].area == 12 && annotations.objects[0].isCrowd)
        #expect(annotations.images[0].fileName == "a.jpg" && annotations.categories[0].name == "4")
    }
}
