import CVCore
import CVImage
import CVTraining
import TestSupport
import Testing

/// The reader of Pascal VOC, and what it says about broken sets.
@Suite("Data sets for detection: Pascal VOC") struct VOCReadingTests {
    let folder: Scratch

    init() throws { folder = try Scratch() }

    private func xml(
        _ name: String, width: Int = 20, height: Int = 10, _ objects: [(name: String, box: [Int])],
        difficult: Int = 0
    ) -> String {
        let boxes = objects.map { object in
            let edges = zip(["xmin", "ymin", "xmax", "ymax"], object.box).map { "<\($0)>\($1)</\($0)>" }.joined()
            return
                "<object>\n<name>\(object.name)</name><difficult>\(difficult)</difficult>\n<bndbox>\(edges)</bndbox></object>\n"
        }
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotation><filename>\(name)</filename>\n"
            + "<size><width>\(width)</width><height>\(height)</height><depth>3</depth></size>\n" + boxes.joined()
            + "</annotation>\n"
    }

    /// Two images of 20×10 with a box of "b" and one of "a".
    private func set() throws {
        for name in ["1", "2"] { try folder.image("JPEGImages/\(name).png", width: 20, height: 10) }
        try folder.write(xml("1.png", [("b", [1, 1, 10, 5])]), to: "Annotations/1.xml")
        try folder.write(xml("2.png", [("a", [3, 2, 20, 10])], difficult: 1), to: "Annotations/2.xml")
    }

    private func read(_ classes: [String]? = nil) throws -> DetectionDataset {
        try DetectionDataset(contentsOf: folder.path, classes: classes)
    }

    /// The fatal defects, their files without the folder.
    private func defects(_ classes: [String]? = nil) throws -> [AnnotationDefect] {
        let error = #expect(throws: DatasetError.self) { try read(classes) }
        guard case .annotations(let defects)? = error?.problem else {
            Issue.record("\(String(describing: error))")
            return []
        }
        return defects.map { AnnotationDefect(local($0.file), line: $0.line, $0.problem) }
    }

    private func local(_ path: String) -> String {
        path.hasPrefix(folder.path + "/") ? String(path.dropFirst(folder.path.count + 1)) : path
    }

    @Test("boxes count from 1 in the file and from 0 here; classes by name, lists give the parts")
    func reads() throws {
        try set()
        try folder.write("1\n", to: "ImageSets/Main/train.txt")
        try folder.write("2 -1\r\n", to: "ImageSets/Main/val.txt")
        let set = try read()
        #expect(set.classes == ["a", "b"] && set.format == .voc && set.findings.isEmpty)
        let items = set.images.items
        #expect(items.map(\.name) == ["1.png", "2.png"])
        #expect(items.map(\.part) == [.train, .validation])
        let objects = items.flatMap(\.objects)
        #expect(objects.map(\.label) == [1, 0])
        #expect(objects[0].box == Box(minX: 0, minY: 0, maxX: 10, maxY: 5))
        #expect(objects[1].box == Box(minX: 2, minY: 1, maxX: 20, maxY: 10))
        #expect(objects[1].isDifficult && objects[0].line == 4)
        #expect(items[0].size.map { [$0.width, $0.height] } == [20, 10])
        #expect(set.objectCounts == [1, 1])
        #expect(
            try set.images.sample(at: 1).boxes == [
                LabeledBox(Box(minX: 2, minY: 1, maxX: 20, maxY: 10), label: 0)
            ])
        #expect(set.images.files.contains(folder.path + "/Annotations/1.xml"))
    }

    @Test("lists in ImageSets itself, classes.txt, and images that no list has")
    func lists() throws {
        try set()
        try folder.write("1\n", to: "ImageSets/train.txt")
        try folder.write("b\na\nc\n", to: "classes.txt")
        let set = try read()
        #expect(set.classes == ["b", "a", "c"] && set.images.items.map(\.name) == ["1.png"])
        #expect(set.images.skipped.groups.map(\.reason) == [.inNoList])
    }

    @Test("XML files beside the images, in folders of parts")
    func flatFolders() throws {
        for part in ["train", "valid"] {
            try folder.image("\(part)/x.png", width: 20, height: 10)
            try folder.write(xml("x.png", [("a", [1, 1, 4, 4])]), to: "\(part)/x.xml")
        }
        try folder.image("train/lonely.png")
        let set = try read()
        #expect(set.images.items.map(\.name) == ["train/x.png", "valid/x.png"])
        #expect(set.images.items.map(\.part) == [.train, .validation])
        #expect(set.images.skipped.groups.map(\.reason) == [.noAnnotation])
    }

    @Test("what is mended: boxes outside, partly outside, empty, and doubled")
    func findings() throws {
        try set()
        let boxes = [[1, 1, 10, 5], [1, 1, 10, 5], [5, 5, 4, 9], [30, 1, 40, 5], [15, 5, 29, 9], [0, 0, 20, 11]]
        try folder.write(xml("1.png", boxes.map { ("a", $0) }), to: "Annotations/1.xml")
        let set = try read()
        #expect(set.findings.map(\.line) == [7, 10, 13, 16] && set.findings.allSatisfy { !$0.isFatal })
        let size = set.images.items[0].size!
        #expect(
            set.findings.map(\.problem) == [
                .doubled("(0, 0, 10, 5)", line: 4), .emptyBox("(4, 4, 4, 9)"),
                .outside("(29, 0, 40, 5)", image: size), .clipped("(14, 4, 29, 9)", image: size),
            ])
        #expect(
            set.images.items[0].objects.map(\.box) == [
                Box(minX: 0, minY: 0, maxX: 10, maxY: 5), Box(minX: 14, minY: 4, maxX: 20, maxY: 9),
                Box(minX: 0, minY: 0, maxX: 20, maxY: 10),
            ])
    }

    @Test(
        "broken files, with the line",
        arguments: [
            ("<annotation>\n<object>\n</annotation>", 3, "</annotation> closes <object> of line 2"),
            ("<annotation>\n<object", 2, "the file ends inside of <object> of line 2"),
            ("", 1, "has no element; an XML document is expected"),
            ("\n<a/>", 2, "the root element is \"<a>\", but <annotation> of Pascal VOC is expected"),
            ("<annotation>\n<object>\n</object></annotation>", 2, "<name> of <object> is missing"),
            ("<annotation><object><name>a</name></object></annotation>", 1, "<bndbox> of <object> is missing"),
            (
                "<annotation><object><name>a</name>\n<bndbox><xmin>x</xmin></bndbox></object></annotation>", 2,
                "<xmin> is \"x\", but a number of pixels is expected"
            ),
            (
                "<annotation><object><name>a</name><bndbox>\n<xmin>nan</xmin></bndbox></object></annotation>", 2,
                "<xmin> is \"nan\", but a number of pixels is expected"
            ),
            (
                "<annotation>\n<size><width>9999999999</width></size></annotation>", 2,
                "<width> is \"9999999999\", but a number of pixels is expected"
            ),
            ("<!DOCTYPE a [<!ENTITY x \"y\">]>", 1, "has a document type definition, which is not read; remove it"),
            (
                "<annotation>\n&x;</annotation>", 2,
                "\"&x;\" is not an entity that is read; write &amp; for an ampersand"
            ),
        ])
    func broken(text: String, line: Int, message: String) throws {
        try set()
        try folder.write(text, to: "Annotations/1.xml")
        let found = try defects()
        #expect(found.map(\.description) == ["Annotations/1.xml: line \(line): \(message)"])
    }

    @Test("a file that cannot be read is named once")
    func unreadable() throws {
        try set()
        try folder.write(
            [0xFF, 0xFE] + "<annotation/>".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), 0] }, to: "Annotations/1.xml"
        )
        #expect(try defects().map(\.description) == ["Annotations/1.xml: is text in UTF-16; save it as UTF-8"])
    }

    @Test("another size than the image has, unknown classes, missing and broken images")
    func mismatches() throws {
        try set()
        try folder.write(xml("1.png", width: 10, height: 20, [("b", [1, 1, 10, 5])]), to: "Annotations/1.xml")
        #expect(
            try defects().map(\.description) == [
                "Annotations/1.xml: line 3: the annotation is of an image of 10×20, but the image has 20×10; boxes would be in "
                    + "the wrong place"
            ])
        #expect(try defects(["a", "d"]).first?.problem == .unknownClass("b", nearest: "a"))
        try folder.write("1\n3\n", to: "ImageSets/train.txt")
        try folder.write("\n1\n", to: "ImageSets/val.txt")
        let listed = try defects()
        #expect(
            listed.contains(
                AnnotationDefect("ImageSets/train.txt", line: 2, .noFile("Annotations/3.xml"))))
        #expect(listed.contains { $0.file == "ImageSets/val.txt" && $0.line == 2 })
        try folder.write([1, 2, 3], to: "JPEGImages/1.png")
        #expect(
            try defects().contains {
                if case .undecodable = $0.problem { $0.file == "Annotations/1.xml" } else { false }
            })
    }

    @Test("a folder without annotations, or with none that has an object")
    func nothing() throws {
        let other = #expect(throws: DatasetError.self) { try read() }
        #expect(other?.problem == .unknownDetectionForm)
        try folder.image("1.png", width: 20, height: 10)
        try folder.write(xml("1.png", []), to: "1.xml")
        let empty = #expect(throws: DatasetError.self) { try read() }
        #expect(empty?.problem == .noObjects)
    }
}
