import CVSegmentation
import CVTraining
import TestSupport
import Testing

/// What a resumed run compares of images with masks.
@Suite struct SegmentationFingerprintTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private func fingerprint() throws -> DatasetFingerprint {
        let labels = SegmentationLabels(["background", "cat", "dog"])
        return try ImageDataset.segmentation(contentsOf: folder.path + "/set", labels: labels)
            .fingerprint(classes: labels.names)
    }

    @Test("dataset fingerprint: labels and corners of regions count") func regionsCount() throws {
        try folder.image("set/a.png")
        func changed(_ label: String, _ corners: String) throws -> DatasetFingerprint {
            let shape = #"{"label": "\#(label)", "points": [\#(corners)]}"#
            try folder.write(#"{"imagePath": "a.png", "shapes": [\#(shape)]}"#, to: "set/a.json")
            return try fingerprint()
        }
        let first = try changed("cat", "[0, 0], [5, 0], [5, 3]")
        #expect(try changed("cat", "[0, 0], [5, 0], [5, 3]") == first)
        for other in [
            try changed("dog", "[0, 0], [5, 0], [5, 3]"), try changed("cat", "[0, 0], [5, 0], [5, 2]"),
            try changed("cat", "[0, 0], [5, 0], [5, 3], [0, 3]"),
        ] { #expect(first.differences(from: other) == [.otherImages(class: nil, count: 1)]) }
    }

    @Test("dataset fingerprint: runs of regions count") func runsCount() throws {
        try folder.image("set/train2017/a.png")
        func changed(_ runs: String) throws -> DatasetFingerprint {
            try folder.write(
                #"""
                {"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "cat"}], "annotations":
                [{"image_id": 1, "category_id": 1, "segmentation": {"size": [4, 6], "counts": [\#(runs)]}}]}
                """#, to: "set/annotations/instances_train2017.json")
            return try fingerprint()
        }
        let first = try changed("4, 8, 12")
        #expect(try changed("4, 8, 12") == first)
        #expect(try first.differences(from: changed("4, 9, 11")) == [.otherImages(class: nil, count: 1)])
    }

    @Test("dataset fingerprint: the size of a mask counts") func masksCountByTheirSize() throws {
        try folder.image("set/images/a.png")
        let mask = GrayPNG.encoded([UInt8](repeating: 1, count: 24), width: 6, height: 4)
        try folder.write(mask, to: "set/masks/a.png")
        let first = try fingerprint()
        #expect(try fingerprint() == first)
        // What follows the image is not read.
        try folder.write(mask + [0], to: "set/masks/a.png")
        #expect(try first.differences(from: fingerprint()) == [.otherImages(class: nil, count: 1)])
    }
}
