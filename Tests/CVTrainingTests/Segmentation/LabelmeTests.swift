import CVCore
import CVImage
import CVSegmentation
import CVTraining
import TestSupport
import Testing

/// Files of labelme of all versions, and of programs that write the same form.
@Suite struct LabelmeTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    /// Writes an image of 8×6 and its shapes.
    private func set(_ shapes: String, more: String = "", image: Bool = true, name: String = "a") throws {
        if image { try folder.image("set/\(name).png", width: 8, height: 6) }
        try folder.write(#"{"shapes": [\#(shapes)], "imagePath": "\#(name).png"\#(more)}"#, to: "set/\(name).json")
    }

    private func images(_ labels: SegmentationLabels? = nil) throws -> SegmentationImages {
        try SegmentationImages(ImageDataset.segmentation(contentsOf: folder.path + "/set", labels: labels))
    }

    private func base64(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        return stride(from: 0, to: bytes.count, by: 3).map { start in
            let part = bytes[start..<min(start + 3, bytes.count)]
            let bits = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            let text = (0..<4).map { letters[bits >> (18 - 6 * $0) & 63] }.prefix(part.count + 1)
            return String(text) + String(repeating: "=", count: 3 - part.count)
        }.joined()
    }

    private func message(_ shapes: String) throws -> String {
        try set(shapes)
        do {
            return "\(try images().labels)"
        } catch {
            return "\(error)"
        }
    }

    @Test("labelme: __ignore__ is no class but 255, _background_ is the background, in lists and in shapes")
    func ignoreAndBackground() throws {
        try set(
            """
            {"label": "box", "points": [[0, 0], [8, 0], [8, 2], [0, 2]]},
            {"label": "__ignore__", "points": [[0, 0], [2, 0], [2, 6], [0, 6]]},
            {"label": "_background_", "points": [[4, 0], [6, 0], [6, 6], [4, 6]]}
            """)
        let row: [UInt8] = [255, 255, 1, 1, 0, 0, 1, 1]
        let own = try images()
        #expect(own.labels.names == ["background", "box"])
        #expect(try own.decoded.original(at: 0).masks[0].values.prefix(8) == row[...])
        try folder.write("__ignore__\n_background_\nbox\n", to: "labels.txt")
        let labels = try SegmentationLabels(contentsOf: folder.path + "/labels.txt")
        #expect(labels == SegmentationLabels(["_background_", "box"]))
        let listed = try images(labels)
        #expect(try listed.decoded.original(at: 0).masks[0].values.prefix(8) == row[...])
        #expect(listed.counts == [[28, 8]])
        try folder.write("_background_\n__ignore__\nbox\n", to: "labels.txt")
        #expect(throws: DatasetError.self) { try SegmentationLabels(contentsOf: folder.path + "/labels.txt") }
    }

    @Test("labelme: masks in base64 are drawn at their box, rectangles may have four corners")
    func masksAndTurnedRectangles() throws {
        let png = GrayPNG.encoded([1, 0, 255, 0, 1, 1], width: 3, height: 2)
        try set(
            """
            {"label": "a", "shape_type": "mask", "points": [[1, 1], [3, 2]], "mask": "\(base64(png))", "group_id": 1},
            {"label": "b", "shape_type": "rectangle", "points": [[5, 0], [8, 0], [8, 1], [5, 1]], "group_id": null}
            """)
        let mask = try images().decoded.original(at: 0).masks[0]
        #expect(mask.values[..<8] == [0, 0, 0, 0, 0, 2, 2, 2] && mask.values[8..<16] == [0, 1, 0, 1, 0, 0, 0, 0])
        #expect(mask.values[16..<24] == [0, 0, 1, 1, 0, 0, 0, 0])
        // Beyond the image, and in another size than the box.
        try set(#"{"label": "a", "shape_type": "mask", "points": [[6, 5], [8, 6]], "mask": "\#(base64(png))"}"#)
        #expect(try images().decoded.original(at: 0).masks[0].values.suffix(2) == [1, 0])
        #expect(
            try message(#"{"label": "a", "shape_type": "mask", "points": [[1, 1], [4, 2]], "mask": "\#(base64(png))"}"#)
                .contains("is 3×2, but its points span 4×2"))
    }

    @Test("labelme: an image inside the file is used where there is no other") func imagesInsideFiles() throws {
        let image = Image(width: 8, height: 6, fill: Color(200, 30, 10))
        let data = base64(try image.encoded(as: .png()))
        try set(
            #"{"label": "a", "points": [[0, 0], [8, 0], [8, 3]]}"#, more: #", "imageData": "\#(data)""#, image: false)
        let found = try images()
        #expect(found.items.map(\.name) == ["a.png"])
        #expect(try found.decoded.original(at: 0).image.pixels.prefix(3) == [200, 30, 10])
        try set("", more: #", "imageData": "????""#, image: false)
        #expect(throws: DatasetError.self) { try images() }
    }

    @Test("labelme: numbers are labels, backslashes lead into folders, points and lines are counted")
    func whatOtherProgramsWrite() throws {
        try folder.image("set/in/a.png", width: 8, height: 6)
        try folder.write(
            #"""
            {"imagePath": "in\\a.png", "shapes": [{"label": 7, "points": [[0, 0], [8, 0], [8, 6]]},
            {"label": "tip", "shape_type": "point", "points": [[1, 1]]},
            {"label": "edge", "shape_type": "line", "points": [[1, 1], [2, 2]]}]}
            """#, to: "set/a.json")
        let found = try images()
        #expect(found.labels.names == ["background", "7"] && found.items.map(\.name) == ["in/a.png"])
        #expect(found.decoded.dataset.skipped.groups.map(\.reason) == [.noArea])
        #expect(found.decoded.dataset.skipped.count == 2)
    }

    @Test("labelme: images without a file and in other formats are counted, nested folders are used")
    func nothingIsLeftOutWithoutAWord() throws {
        try set(#"{"label": "a", "points": [[0, 0], [8, 0], [8, 6]]}"#, name: "sub/a")
        try folder.write(#"{"shapes": [{"label": "a", "points": [[0, 0], [8, 0], [8, 6]]}]}"#, to: "set/sub/a.json")
        try folder.image("set/alone.png")
        try folder.write("", to: "set/photo.HEIC")
        let dataset = try images().decoded.dataset
        #expect(dataset.items.map(\.name) == ["sub/a.png"])
        #expect(dataset.skipped.groups.map(\.reason) == [.unreadFormat, .noAnnotation])
        #expect(dataset.skipped.groups.flatMap(\.examples) == ["photo.HEIC", "alone.png"])
    }

    @Test(
        "labelme: shapes that cannot be used are errors with the true reason",
        arguments: [
            (#"{"label": " ", "points": [[0, 0], [8, 0], [8, 6]]}"#, "shape 1 has an empty \"label\""),
            (#"{"points": [[0, 0], [8, 0], [8, 6]]}"#, "shape 1 has no \"label\""),
            (#"{"label": 1.5, "points": []}"#, "has the \"label\" 1.5; a name is expected"),
            (#"{"label": "a", "points": [[0, 0], [8, NaN], [8, 6]]}"#, "has the coordinate nan; a finite number"),
            (#"{"label": "a", "points": [[0, 0], [8, 1e300], [8, 6]]}"#, "has the coordinate 1e+300"),
            (#"{"label": "a", "points": [[0, 0], [8, 6]]}"#, "is a \"polygon\" of 2 points"),
            (#"{"label": "a", "points": [[0, 0, 1], [8, 6], [1, 2]]}"#, "not pairs of numbers"),
            (#"{"label": "a", "shape_type": "star", "points": [[0, 0]]}"#, "is a \"star\" of 1 point"),
            (#"{"label": "a", "shape_type": "mask", "points": [[0, 0], [1, 1]]}"#, "mask without a PNG"),
        ])
    func reasonsAreTrue(shape: String, reason: String) throws {
        let text = try message(shape)
        #expect(text.contains(reason), "\(text)")
    }

    @Test(
        "labelme: circles of any size are drawn",
        arguments: [("1e20", 48), ("3e38", 48), ("-3e38", 48), ("6", 12), ("4", 0)])
    func circlesOfAnySize(edge: String, pixels: Int) throws {
        try set(
            #"{"label": "a", "shape_type": "circle", "points": [[4, 3], [\#(edge), 3]]},"#
                + #"{"label": "b", "points": [[0, 0], [1, 0], [0, 0]]}"#)
        #expect(try images().counts[0][1] == pixels)
    }
}
