import CVCore
import CVImage
import CVTraining
import TestSupport
import Testing

/// The readers of YOLO, COCO and CSV, the recognition of forms, and the writer.
@Suite("Data sets for detection: YOLO, COCO, CSV") struct DetectionFormatTests {
    let folder: Scratch

    init() throws { folder = try Scratch() }

    private func read(_ name: String = "", classes: [String]? = nil) throws -> DetectionDataset {
        try DetectionDataset(contentsOf: folder.path + (name.isEmpty ? "" : "/" + name), classes: classes)
    }

    private func local(_ path: String) -> String {
        path.hasPrefix(folder.path + "/") ? String(path.dropFirst(folder.path.count + 1)) : path
    }

    private func defects(_ name: String = "") throws -> [String] {
        let error = #expect(throws: DatasetError.self) { try read(name) }
        guard case .annotations(let defects)? = error?.problem else { return ["\(String(describing: error))"] }
        return defects.map { AnnotationDefect(local($0.file), line: $0.line, $0.problem).description }
    }

    // MARK: YOLO

    private func yolo(_ yaml: String = "train: images/train\nval: images/val\nnames: [cat, dog]\n") throws {
        for (part, name) in [("train", "a"), ("train", "empty"), ("val", "b")] {
            try folder.image("images/\(part)/\(name).png", width: 20, height: 10)
        }
        try folder.write("1 0.5 0.5 0.5 1\n\n0 0.25 0.25 0.1 0.1 0.9\n", to: "labels/train/a.txt")
        try folder.write("0 0.1 0.2 0.5 0.2 0.5 0.8\n", to: "labels/val/b.txt")
        try folder.write(yaml, to: "data.yaml")
    }

    @Test("YOLO: data.yaml, boxes, polygons, images without labels")
    func yoloReads() throws {
        try yolo()
        for name in ["", "data.yaml"] {
            let set = try read(name)
            #expect(set.format == .yolo && set.classes == ["cat", "dog"])
            #expect(
                set.images.items.map(\.name) == ["images/train/a.png", "images/train/empty.png", "images/val/b.png"])
            #expect(set.images.items.map(\.part) == [.train, .train, .validation])
            #expect(set.images.items.map { $0.objects.map(\.label) } == [[1, 0], [], [0]])
            #expect(set.images.items[0].objects[0].box == Box(minX: 5, minY: 0, maxX: 15, maxY: 10))
            #expect(set.images.items[2].objects[0].box == Box(minX: 2, minY: 2, maxX: 10, maxY: 8))
            #expect(set.images.items[0].objects.map(\.line) == [1, 3])
            #expect(set.summary == "YOLO text files: 3 images (2 train, 1 val), 3 objects of 2 classes")
        }
        // Classes of weights in another order.
        #expect(try read(classes: ["dog", "bird", "cat"]).images.items[0].objects.map(\.label) == [0, 2])
    }

    @Test("YOLO: names by number, lists of images, paths that other programs write, parts that share images")
    func yoloForms() throws {
        try yolo("path: .\ntrain: ../images/train\nval: list.txt\nnames:\n  1: dog\n  0: cat\nnc: 2\n")
        try folder.write("./images/val/b.png\n", to: "list.txt")
        let set = try read()
        #expect(set.classes == ["cat", "dog"] && set.images.items.count == 3)
        try yolo("train: [images/train, images/val]\nval: images/val\nnames: [cat, dog]\n")
        let shared = try read()
        #expect(shared.images.items.map(\.part) == [.train, .train, .train])
        #expect(
            shared.findings.map(\.problem) == [
                .sharedImages(1, first: "images/val/b.png", parts: [.train, .validation])
            ])
    }

    @Test("YOLO without data.yaml: folders and classes.txt")
    func yoloFolders() throws {
        try folder.image("images/a.png", width: 20, height: 10)
        try folder.write("0 0.5 0.5 0.5 1\n", to: "labels/a.txt")
        let error = #expect(throws: DatasetError.self) { try read() }
        #expect(error?.problem == .noClassList)
        try folder.write("cat\n", to: "classes.txt")
        let set = try read()
        #expect(set.classes == ["cat"] && set.images.items.map(\.part) == [nil])
    }

    @Test(
        "YOLO: broken files, with the line",
        arguments: [
            (
                "labels/train/a.txt", "0 0.5 0.5 0.5\n",
                "line 1: the line is \"0 0.5 0.5 0.5\", but \"class x y width height\" is expected"
            ),
            ("labels/train/a.txt", "\n2 0.5 0.5 0.5 1\n", "line 2: the class is \"2\", but 0 to 1 is expected"),
            (
                "labels/train/a.txt", "0 0.5 nan 0.5 1\n",
                "line 1: a coordinate is \"nan\", but a fraction of the image, from 0 to 1, is expected"
            ),
            (
                "labels/train/a.txt", "0 12 30 40 50\n",
                "line 1: a coordinate is \"12\", but a fraction of the image, from 0 to 1, is expected"
            ),
            (
                "data.yaml", "train: images/train\nnames: [cat\n",
                "line 3: it is not valid YAML: did not find expected ',' or ']'"
            ),
            ("data.yaml", "train: images/train\n", "line 1: the list \"names\" of the classes is missing"),
            ("data.yaml", "names: [cat, dog]\ntrain: nowhere\n", "line 2: \"nowhere\" is not there"),
            (
                "data.yaml", "names: [cat, dog]\ntrain: images/train\nnc: 3\n",
                "line 3: \"nc\" is \"3\", but 2, as there are names, is expected"
            ),
            ("data.yaml", "names: [cat, cat]\ntrain: images/train\n", "line 1: the class \"cat\" is listed twice"),
        ])
    func yoloBroken(file: String, text: String, message: String) throws {
        try yolo()
        try folder.write(text, to: file)
        #expect(try defects() == ["\(file): \(message)"])
    }

    // MARK: COCO

    private func coco(_ annotations: String, images: String? = nil, categories: String? = nil) throws {
        try folder.image("images/a.png", width: 20, height: 10)
        try folder.write(
            "{\"images\":\n[\(images ?? #"{"id":7,"file_name":"a.png","width":20,"height":10}"#)],\n\"annotations\":[\n\(annotations)],\n"
                + "\"categories\":[\(categories ?? #"{"id":3,"name":"dog"},{"id":1,"name":"cat"}"#)]}",
            to: "instances.json")
    }

    @Test("COCO: boxes, crowds, classes in the order of their ids, annotations of images that are not listed")
    func cocoReads() throws {
        try coco(
            """
            {"id":1,"image_id":7,"category_id":3,"bbox":[1,2,3.5,4],"area":9,"iscrowd":0},
            {"id":2,"image_id":7,"category_id":1,"bbox":[0,0,20,10],"iscrowd":1},
            {"id":3,"image_id":8,"category_id":1,"bbox":[0,0,20,10]}
            """)
        for name in ["", "instances.json"] {
            let set = try read(name)
            #expect(set.format == .coco && set.classes == ["cat", "dog"])
            let objects = set.images.items[0].objects
            #expect(objects.map(\.label) == [1, 0] && objects.map(\.isCrowd) == [false, true])
            #expect(objects[0].box == Box(minX: 1, minY: 2, maxX: 4.5, maxY: 6) && objects.map(\.area) == [9, nil])
            #expect(objects.map(\.line) == [4, 5])
            #expect(set.images.skipped.groups.map(\.reason) == [.unlistedImage])
            #expect(try set.images.sample(at: 0).boxes.map(\.label) == [1])
        }
    }

    @Test("COCO: broken files, with the line")
    func cocoBroken() throws {
        try coco(
            """
            {"id":1,"image_id":7,"category_id":3,"bbox":[1,2,3]},
            {"id":2,"image_id":7,"category_id":9,"bbox":[0,0,20,10]},

            {"id":3,"image_id":"x","category_id":1,"bbox":[0,0,20,10]}, {"id":4,"image_id":7,"category_id":1}
            """)
        #expect(
            try defects()
                == [
                    "instances.json: line 4: \"bbox\" of element 1 of \"annotations\" is \"[1, 2, 3]\", but x, y, width and height in pixels is "
                        + "expected",
                    "instances.json: line 5: the class \"category_id 9\" is not in the list of classes",
                    "instances.json: line 7: \"image_id\" of element 3 of \"annotations\" is \"\\\"x\\\"\", but a whole number is expected",
                    "instances.json: line 7: the \"bbox\" of element 4 of \"annotations\" is missing",
                ].map { $0.replacing("\"\\\"x\\\"\"", with: "\"\"x\"\"") })
        try coco("", images: #"{"id":7,"file_name":"a.png","width":10,"height":20}"#)
        #expect(try defects().first?.contains("is of an image of 10×20, but the image has 20×10") == true)
        try coco("", images: "{\"id\":7,\"file_name\":\"a.png\"},\n{\"id\":7,\"file_name\":\"b.png\"}")
        #expect(try defects() == ["instances.json: line 3: \"the image 7\" is listed before: each id counts once"])
        try folder.write("{\"images\":[\n}", to: "instances.json")
        #expect(try defects().first?.hasPrefix("instances.json: line 2: it is not valid JSON") == true)
    }

    // MARK: CSV

    @Test("CSV: rows, images without objects, columns of other programs, parts")
    func csvReads() throws {
        for name in ["a", "b"] { try folder.image("images/\(name).png", width: 20, height: 10) }
        try folder.write(
            "image,xmin,ymin,xmax,ymax,label,split\na.png,1,2,4.5,6,dog,train\na.png,0,0,20,10,\"c,at\",train\nb.png,,,,,,val\n",
            to: "annotations.csv")
        let set = try read()
        #expect(set.format == .csv && set.classes == ["c,at", "dog"])
        #expect(set.images.items.map { $0.objects.map(\.label) } == [[1, 0], []])
        #expect(set.images.items.map(\.part) == [.train, .validation])
        try folder.write("filename,width,height,class,xmin,ymin,xmax,ymax\nb.png,20,10,cat,1,2,3,4\n", to: "list.csv")
        #expect(try read("list.csv").images.items[0].objects[0].line == 2)
        try folder.write(
            "image,xmin,ymin,xmax,ymax,label\na.png,1,2,x,6,dog\nnone.png,1,2,3,4,dog\na.png,1,2,3\n",
            to: "annotations.csv")
        #expect(
            try defects() == [
                "annotations.csv: line 2: xmax is \"x\", but a number of pixels is expected",
                "annotations.csv: line 3: \"none.png\" is not there",
                "annotations.csv: line 4: the number of fields is \"4\", but 6, as in the header is expected",
            ])
    }

    // MARK: Writing

    @Test("each form is read as it was written", arguments: DetectionFormat.allCases)
    func written(format: DetectionFormat) throws {
        try yolo()
        let set = try read()
        let target = folder.path + "/new"
        try DetectionWriter(set, parts: set.images.items.map(\.part)).write(as: format, to: target)
        let copy = try DetectionDataset(contentsOf: target)
        #expect(copy.format == format && copy.classes == set.classes && copy.findings.isEmpty)
        #expect(copy.images.skipped.count == 0)
        let items = Dictionary(uniqueKeysWithValues: copy.images.items.map { (FileSystem.stem(of: $0.name), $0) })
        for item in set.images.items {
            let other = try #require(items[FileSystem.stem(of: item.name)])
            #expect(other.part == item.part && other.objects.map(\.label) == item.objects.map(\.label))
            for (a, b) in zip(item.objects, other.objects) {
                // VOC has whole pixels.
                let most: Float = format == .voc ? 0.5 : 1e-4
                #expect(abs(a.box.minX - b.box.minX) <= most && abs(a.box.maxY - b.box.maxY) <= most)
            }
        }
        #expect(throws: FileError.self) {
            try DetectionWriter(set, parts: set.images.items.map(\.part)).write(as: format, to: target)
        }
    }
}
