import CVCore
import CVImage
import CVSegmentation
import CVTraining
import Testing

/// Files of COCO as other programs write them, and the folders that they are published in.
@Suite struct COCOTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private static let half = "[[0, 0, 3, 0, 3, 4, 0, 4]]"
    private static let image = #"{"id": 1, "file_name": "a.png"}"#
    private static let region = #"{"image_id": 1, "category_id": 1, "segmentation": \#(half)}"#

    private func write(
        _ images: String = image, _ annotations: String = region, _ categories: String = #"{"id": 1, "name": "cat"}"#,
        to name: String = "set/a.json"
    ) throws {
        try folder.write(
            #"{"images": [\#(images)], "annotations": [\#(annotations)], "categories": [\#(categories)]}"#, to: name)
    }

    private func images(_ name: String = "set/a.json") throws -> SegmentationImages {
        try SegmentationImages(ImageDataset.segmentation(contentsOf: "\(folder.path)/\(name)"))
    }

    private func message() -> String {
        do {
            return "\(try images().labels)"
        } catch {
            return "\(error)"
        }
    }

    @Test("COCO: the published layout is found from its folder and from its file")
    func thePublishedLayoutIsFound() throws {
        for (part, name) in [("train2017", "a.png"), ("val2017", "a.png"), ("val2017", "b.png")] {
            try folder.image("set/\(part)/\(name)")
        }
        try write(to: "set/annotations/instances_train2017.json")
        try write(
            Self.image + #", {"id": 2, "file_name": "b.png"}"#, Self.region,
            #"{"id": 1, "name": "cat"}, {"id": 3, "name": "dog"}"#,
            to: "set/annotations/instances_val2017.json")
        let whole = try images("set")
        #expect(whole.labels.names == ["background", "cat", "dog"])
        #expect(whole.items.map(\.name) == ["train2017/a.png", "val2017/a.png", "val2017/b.png"])
        #expect(whole.items.map(\.part) == [.train, .validation, .validation])
        #expect(whole.counts == [[12, 12, 0], [12, 12, 0], [24, 0, 0]])
        let train = try images("set/annotations/instances_train2017.json")
        #expect(train.items.map(\.name) == ["a.png"] && train.items.map(\.part) == [nil])
    }

    @Test("COCO: ids may be texts and fractions of whole value, NaN may stand in fields of no concern")
    func idsAndNumbersOfOtherPrograms() throws {
        try folder.image("set/sub/a.png")
        try write(
            #"{"id": "1", "file_name": ".\\sub\\a.png", "date": NaN, "score": [-Infinity, Infinity]}"#,
            #"{"image_id": 1.0, "category_id": "7", "area": NaN, "segmentation": \#(Self.half)}"#,
            #"{"id": 7.0, "name": "cat"}"#)
        #expect(try images().counts == [[12, 12]])
        #expect(throws: JSONError.self) { try JSONValue.parse("[NaN]") }
    }

    @Test("COCO: large regions are drawn first, whatever their order in the file; without an area it is computed")
    func largeRegionsAreDrawnFirst() throws {
        try folder.image("set/a.png", width: 4, height: 1)
        let whole = #""segmentation": [[0, 0, 4, 0, 4, 1, 0, 1]]"#
        let part = #""segmentation": {"size": [1, 4], "counts": [1, 2, 1]}"#
        for (large, small) in [(#", "area": 4"#, #", "area": 2"#), ("", ""), (#", "area": NaN"#, #", "area": null"#)] {
            let first = #"{"image_id": 1, "category_id": 1, \#(part)\#(small)}"#
            let second = #"{"image_id": 1, "category_id": 2, \#(whole)\#(large)}"#
            for order in [[first, second], [second, first]] {
                try write(
                    Self.image, order.joined(separator: ", "), #"{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}"#)
                #expect(try images().decoded.original(at: 0).masks[0].values == [2, 1, 1, 2])
            }
        }
        // Of the same area, the later one covers the earlier.
        let same = [1, 2].map { #"{"image_id": 1, "category_id": \#($0), \#(whole)}"# }
        try write(Self.image, same.joined(separator: ", "), #"{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}"#)
        #expect(try images().decoded.original(at: 0).masks[0].values == [2, 2, 2, 2])
    }

    @Test("COCO: what is listed twice counts once, what is not listed is counted by reason")
    func whatDoesNotFitIsCounted() throws {
        try folder.image("set/a.png")
        try folder.image("set/extra.png")
        try folder.write("", to: "set/b.webp")
        try write(
            "\(Self.image), \(Self.image)",
            Self.region + #", {"image_id": 99, "category_id": 1, "segmentation": \#(Self.half)}"#
                + #", {"image_id": 1, "category_id": 1, "segmentation": []}"#)
        let dataset = try images().decoded.dataset
        #expect(dataset.items.map(\.name) == ["a.png"])
        let reasons = dataset.skipped.groups.map(\.reason)
        #expect(reasons == [.unreadFormat, .noAnnotation, .unlistedImage, .noArea, .listedTwice])
        #expect(dataset.skipped.groups.allSatisfy { $0.count == 1 })
        #expect(dataset.skipped.groups[2].examples == ["image_id 99"])
    }

    @Test(
        "COCO: what cannot be used is an error with the true reason",
        arguments: [
            (#"{"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "b.png"}"#, nil, "two images have the \"id\" 1"),
            (#"{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "./a.png"}"#, nil, "listed twice, as different"),
            (#"{"id": "x7", "file_name": "a.png"}"#, nil, "image 1 has the \"id\" \"x7\"; a whole number is expected"),
            (#"{"id": 1.5, "file_name": "a.png"}"#, nil, "image 1 has the \"id\" 1.5; a whole number"),
            (#"{"file_name": "a.png"}"#, nil, "image 1 has no \"id\""),
            (#"{"id": 1, "file_name": "gone.png"}"#, nil, "1 without an image: \"gone.png\" (looked for in"),
            (#"{"id": 1, "file_name": "gone.heic"}"#, nil, "1 in a format that is not read"),
            (nil, "null", "annotation 1 has no \"segmentation\""),
            (nil, "[[0, 0, 1]]", "polygon 1 has an odd number of coordinates"),
            (nil, "[[0, 0, NaN, 1]]", "polygon 1 has the coordinate nan"),
            (nil, #"{"size": [4, 6], "counts": [1, 2]}"#, "\"counts\" of 3 pixels in all, but a \"size\" of 6×4"),
            (nil, #"{"size": [4, 6], "counts": "~"}"#, "neither a list of lengths nor COCO's letters"),
            (nil, #"{"size": [4, 6], "counts": "12"}"#, "\"counts\" of 3 pixels in all"),
            (nil, #"{"size": [4, 6], "counts": [30, -6]}"#, "\"counts\" with the length -6"),
            (nil, #"{"size": [4, 6], "counts": [9223372036854775807, 9]}"#, "\"counts\" with the length 9"),
            (nil, #"{"size": [0, 6], "counts": []}"#, "without a \"size\""),
        ] as [(String?, String?, String)])
    func reasonsAreTrue(image: String?, segmentation: String?, reason: String) throws {
        try folder.image("set/a.png")
        let region = #"{"image_id": 1, "category_id": 1, "segmentation": \#(segmentation ?? Self.half)}"#
        try write(image ?? Self.image, region)
        #expect(message().contains(reason), "\(message())")
    }

    @Test("COCO: the images of instances_test are the part for tests") func testInstancesAreAPart() throws {
        try folder.image("set/test2017/a.png")
        try folder.image("set/train2017/b.png")
        try write(to: "set/annotations/instances_test2017.json")
        try write(#"{"id": 1, "file_name": "b.png"}"#, to: "set/annotations/instances_train2017.json")
        let items = try images("set").items
        #expect(items.map(\.name) == ["test2017/a.png", "train2017/b.png"])
        #expect(items.map(\.part) == [.test, .train])
    }

    @Test("COCO: two files that name a category differently are an error with both names")
    func categoriesMustAgree() throws {
        try folder.image("set/train2017/a.png")
        try folder.image("set/val2017/a.png")
        try write(to: "set/annotations/instances_train2017.json")
        try write(
            Self.image, Self.region, #"{"id": 1, "name": "dog"}"#, to: "set/annotations/instances_val2017.json")
        let error = #expect(throws: DatasetError.self) { try images("set") }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("the category 1 is \"dog\", but \"cat\" in another file"), "\(text)")
    }

    @Test("COCO: the stated area of a region decides before the computed one") func statedAreasDecide() throws {
        try folder.image("set/a.png", width: 4, height: 1)
        let regions = [(1, 100, "0, 0, 2, 0, 2, 1, 0, 1"), (2, 4, "0, 0, 4, 0, 4, 1, 0, 1")].map {
            #"{"image_id": 1, "category_id": \#($0), "area": \#($1), "segmentation": [[\#($2)]]}"#
        }
        for order in [regions, regions.reversed()] {
            try write(
                Self.image, order.joined(separator: ", "), #"{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}"#)
            #expect(try images().decoded.original(at: 0).masks[0].values == [2, 2, 2, 2])
        }
    }
}
