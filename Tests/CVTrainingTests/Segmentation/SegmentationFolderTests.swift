import CVCore
import CVImage
import CVSegmentation
import CVTraining
import Testing

/// Folders of images and masks, and what is in them beside these.
@Suite struct SegmentationFolderTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private func dataset() throws -> ImageDataset {
        try ImageDataset.segmentation(contentsOf: folder.path + "/set")
    }

    private func pair(_ images: String, _ masks: String, _ name: String) throws {
        try folder.image("set/\(images)/\(name).png")
        try folder.mask("set/\(masks)/\(name).png")
    }

    @Test("segmentation folders: folders inside images and masks are used, the same names may be in several")
    func nestedFoldersAreUsed() throws {
        for name in ["a", "x/a", "x/y/b"] { try pair("images", "masks", name) }
        let dataset = try dataset()
        #expect(dataset.items.map(\.name) == ["images/a.png", "images/x/a.png", "images/x/y/b.png"])
        #expect(dataset.skipped.count == 0)
        #expect(try SegmentationImages(dataset).counts.count == 3)
    }

    @Test("segmentation folders: a misnamed folder of masks is named, with the images beside it")
    func misnamedFoldersAreNamed() throws {
        try pair("train/images", "train/masks", "a")
        try pair("val/images", "val/mask", "b")
        try folder.image("set/loose.png")
        let skipped = try dataset().skipped
        #expect(skipped.groups.map(\.reason) == [.unusedFolder, .noAnnotation])
        #expect(skipped.groups[0].examples == ["val/images", "val/mask"])
        #expect(skipped.groups[1].examples == ["loose.png"])
    }

    @Test("segmentation folders: images in other formats are counted, and their masks are not called orphans")
    func otherFormatsAreCounted() throws {
        try pair("images", "masks", "a")
        try folder.write("", to: "set/images/b.HEIC")
        try folder.write("", to: "set/images/c.webp")
        try folder.mask("set/masks/b.png")
        try folder.write("", to: "set/masks/notes.txt")
        try folder.write("", to: "set/images/Thumbs.db")
        let skipped = try dataset().skipped
        #expect(skipped.groups.map(\.reason) == [.notAnImage, .unreadFormat, .notAMask])
        #expect(skipped.groups[1].examples == ["images/b.HEIC", "images/c.webp"] && skipped.lost == 2)
    }
}
