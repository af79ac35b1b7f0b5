import CVCore
import CVSegmentation
import CVTraining
import Testing

/// Lists of classes and annotations as editors of Windows save them.
@Suite struct SegmentationTextTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private func images(_ name: String) throws -> SegmentationImages {
        try SegmentationImages(ImageDataset.segmentation(contentsOf: "\(folder.path)/\(name)"))
    }

    @Test("segmentation text: byte order marks before lists of classes and annotations are dropped")
    func marksAreDropped() throws {
        let mark = "\u{FEFF}"
        try folder.image("set/images/a.png")
        try folder.mask("set/masks/a.png", (0..<24).map { [0, 1][$0 % 2] })
        try folder.write(mark + "0 0 0 sky\n255 0 0 tree\n", to: "set/classes.txt")
        let labels = try images("set").labels
        #expect(labels.names == ["sky", "tree"] && labels.names[0].unicodeScalars.count == 3)
        try folder.image("drawn/a.png")
        let shapes = #"{"shapes": [{"label": "cat", "points": [[0, 0], [3, 0], [3, 3]]}]}"#
        try folder.write(mark + shapes, to: "drawn/a.json")
        #expect(try images("drawn").labels.names == ["background", "cat"])
        try folder.image("a.png")
        let coco = """
            {"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "cat"}], "annotations":
            [{"image_id": 1, "category_id": 1, "segmentation": [[0, 0, 3, 0, 3, 3]]}]}
            """
        try folder.write(mark + coco, to: "a.json")
        #expect(try images("a.json").labels.names == ["background", "cat"])
    }

    @Test("segmentation text: lists and annotations in UTF-16 are named as such")
    func otherEncodingsAreNamed() throws {
        func wide(_ text: String) -> [UInt8] {
            [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        }
        try folder.image("set/images/a.png")
        try folder.mask("set/masks/a.png")
        try folder.write(wide("sky\ntree\n"), to: "set/classes.txt")
        #expect(throws: FileError(folder.path + "/set/classes.txt", .otherEncoding("UTF-16"))) { try images("set") }
        try folder.write(wide("{}"), to: "a.json")
        #expect(throws: FileError(folder.path + "/a.json", .otherEncoding("UTF-16"))) { try images("a.json") }
        try folder.write(wide("path,label\n"), to: "list.csv")
        #expect(throws: FileError(folder.path + "/list.csv", .otherEncoding("UTF-16"))) {
            try ImageDataset.classification(contentsOf: folder.path + "/list.csv")
        }
    }
}
