import CVCore
import CVImage
import CVSegmentation
import CVTraining
import Testing

/// Images without masks, and masks or annotations without images: counted, and the rest is used.
@Suite struct MissingPartnerTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private func images(_ name: String = "set") throws -> SegmentationImages {
        try SegmentationImages(ImageDataset.segmentation(contentsOf: "\(folder.path)/\(name)"))
    }

    private func coco(_ names: [String], categories: Int = 1, _ annotations: [(image: Int, category: Int)]) throws {
        let images = names.enumerated().map { #"{"id": \#($0), "file_name": "\#($1)"}"# }
        let regions = annotations.map {
            #"{"image_id": \#($0.image), "category_id": \#($0.category), "segmentation": [[0, 0, 3, 0, 3, 4, 0, 4]]}"#
        }
        let classes = (0..<categories).map { #"{"id": \#($0), "name": "class \#($0)"}"# }
        func list(_ items: [String]) -> String { "[" + items.joined(separator: ", ") + "]" }
        try folder.write(
            #"{"images": \#(list(images)), "annotations": \#(list(regions)), "categories": \#(list(classes))}"#,
            to: "set/a.json")
    }

    @Test("segmentation folders: images without a mask and masks without an image are counted, the rest is used")
    func partnersThatAreMissingAreCounted() throws {
        for name in ["a", "b", "c"] { try folder.image("set/images/\(name).png") }
        for name in ["c", "d"] { try folder.mask("set/masks/\(name).png", (0..<24).map { UInt8($0 % 2) }) }
        let found = try images()
        #expect(found.items.map(\.name) == ["images/c.png"])
        let skipped = found.decoded.dataset.skipped
        #expect(skipped.groups.map(\.reason) == [.noMask, .noImage])
        #expect(skipped.groups.map(\.examples) == [["images/a.png", "images/b.png"], ["masks/d.png"]])
        #expect(skipped.lost == 3)
    }

    @Test("segmentation folders: a part that is lost as a whole is an error") func aLostPartIsAnError() throws {
        try folder.image("set/train/images/a.png")
        try folder.mask("set/train/masks/a.png")
        try folder.image("set/val/images/b.png")
        try folder.mask("set/val/masks/c.png")
        let error = #expect(throws: DatasetError.self) { try images() }
        #expect(error?.description.contains("2 of 3 images cannot be used") == true, "\(error as Any)")
    }

    @Test("segmentation folders: a class whose masks all lack their images is an error")
    func aLostClassIsAnError() throws {
        for name in ["a", "b"] { try folder.image("set/images/\(name).png") }
        for name in ["a", "b"] { try folder.mask("set/masks/\(name).png", (0..<24).map { UInt8($0 % 2) }) }
        try folder.mask("set/masks/c.png", [UInt8](repeating: 2, count: 24))
        try folder.write("zero\none\ntwo\n", to: "set/classes.txt")
        let error = #expect(throws: DatasetError.self) { try images() }
        #expect(error?.problem == .lostClass("two", count: 1, first: "masks/c.png"))
        // Without the mask the class is only remarked on.
        try folder.write("zero\none\n", to: "set/classes.txt")
        #expect(try images().items.count == 2)
    }

    @Test("COCO: listed images that are not there are counted with their annotations, the rest is used")
    func listedImagesThatAreNotThereAreCounted() throws {
        try folder.image("set/a.png")
        try coco(["a.png", "gone.png", "also-gone.webp"], [(0, 0), (1, 0)])
        let found = try images("set/a.json")
        #expect(found.items.map(\.name) == ["a.png"] && found.counts == [[12, 12]])
        let skipped = found.decoded.dataset.skipped
        #expect(skipped.groups.map(\.reason) == [.unreadFormat, .noImage])
        #expect(skipped.groups.map(\.examples) == [["also-gone.webp"], ["gone.png"]])
    }

    @Test("COCO: a class that is in missing images alone is an error") func aClassOfMissingImagesIsAnError() throws {
        try folder.image("set/a.png")
        try coco(["a.png", "gone.png"], categories: 3, [(0, 0), (1, 1)])
        let error = #expect(throws: DatasetError.self) { try images("set/a.json") }
        #expect(error?.problem == .lostClass("class 1", count: 1, first: "gone.png"))
        // A category without any annotation is no loss.
        try coco(["a.png", "gone.png"], categories: 3, [(0, 0), (0, 1)])
        #expect(try images("set/a.json").items.count == 1)
    }

    @Test("labelme: files without their image are counted, the rest is used") func labelmeFilesWithoutImages() throws {
        try folder.image("set/a.png")
        for (name, label) in [("a", "cat"), ("gone", "cat"), ("other", "dog")] {
            try folder.write(
                #"{"shapes": [{"label": "\#(label)", "points": [[0, 0], [6, 0], [6, 4]]}]}"#, to: "set/\(name).json")
        }
        let error = #expect(throws: DatasetError.self) { try images() }
        #expect(error?.problem == .lostClass("dog", count: 1, first: "other.json"))
        try folder.write(#"{"shapes": []}"#, to: "set/other.json")
        let found = try images()
        #expect(found.items.map(\.name) == ["a.png"])
        #expect(found.decoded.dataset.skipped.groups.map(\.reason) == [.noImage])
        #expect(found.decoded.dataset.skipped.count == 2)
    }
}
