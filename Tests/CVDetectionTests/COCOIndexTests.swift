import CVCore
import CVDetection
import CVImage
import Foundation
import Testing

/// The ids of images and categories: those of annotations, or numbered and listed.
@Suite final class COCOIndexTests {
    private let path = NSTemporaryDirectory() + "coco-index-\(UUID().uuidString).json"

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func index(_ text: String, labels: [String] = ["cat", "sofa", "dog"]) throws -> COCOImageIndex {
        try Data(text.utf8).write(to: URL(filePath: path))
        return try COCOImageIndex(contentsOf: path, labels: labels)
    }

    private static let text = """
        {"images": [{"id": 907, "file_name": "val/3.jpg"}, {"id": 41, "file_name": "train/3.jpg"},
                    {"id": 5, "file_name": "a.jpg"}, {"id": 6, "file_name": "win\\\\b.jpg"}],
         "categories": [{"id": 7, "name": "Dog"}, {"id": 63, "name": "couch"}]}
        """

    @Test("COCO ids: those of the annotations, by the longest common end of the paths")
    func idsAreThoseOfTheAnnotations() throws {
        let index = try index(Self.text)
        #expect(try index.id(ofImage: "/data/val/3.jpg") == 907)
        #expect(try index.id(ofImage: "train/3.jpg") == 41)
        #expect(try index.id(ofImage: "./a.jpg") == 5 && index.id(ofImage: "x/y/a.jpg") == 5)
        #expect(try index.id(ofImage: "b.jpg") == 6)
        #expect(throws: COCOIndexError.self) { try index.id(ofImage: "03.jpg") }
        #expect(throws: COCOIndexError.self) { try index.id(ofImage: "3.jpg") }
        #expect(throws: COCOIndexError.self) { try index.id(ofImage: "a.png") }
        // A cat has no category; darknet's sofa is COCO's couch.
        #expect(index.categoryIDs == [nil, 63, 7] && index.labelsWithoutCategory == ["cat"])
        var results = COCOResults(index)
        let box = Box(minX: 0, minY: 0, maxX: 2, maxY: 2)
        results.append((0..<3).map { Detection(label: "", classIndex: $0, confidence: 0.5, box: box) }, imageID: 907)
        #expect(results.omitted == 1)
        let ids = try #require(try JSONValue.parse(results.text).array).map { $0["category_id"]?.integer }
        #expect(ids == [63, 7])
    }

    @Test(
        "COCO ids: annotations that give none are an error that names what is missing",
        arguments: [
            ("{", "is not JSON"), ("{}", "has no list \"images\""), (#"{"images": []}"#, "has no list \"categories\""),
            (#"{"images": [{"id": "1", "file_name": "a"}], "categories": []}"#, "element 1 of \"images\""),
            (#"{"images": [], "categories": [{"id": 1, "name": "horse"}]}"#, "none of its categories (horse)"),
        ])
    func annotationsWithoutIDs(_ text: String, _ message: String) throws {
        let error = #expect(throws: COCOIndexError.self) { try index(text) }
        #expect("\(try #require(error))".contains(message))
    }

    @Test("COCO ids: numbered images are listed in COCO's format, which gives the same ids again")
    func numberedImagesAreListed() throws {
        let paths = ["ids/03.jpg", "ids/1.jpg", "ids/3.jpg", "ids/a.jpg", "a.jpg"]
        let numbered = COCOImageIndex(numbering: paths, labels: ["cat", "dog"])
        let ids = try paths.map { try numbered.id(ofImage: $0) }
        #expect(Set(ids).count == 5 && ids[1] == 1)
        let again = try index(numbered.text, labels: ["cat", "dog"])
        #expect(try paths.map { try again.id(ofImage: $0) } == ids)
        #expect(again.categoryIDs == [1, 2])
    }
}
