import CVCore
import CVImage
import CVNN
import CVSegmentation
import CVTraining
import Testing

/// Images with masks, in all forms, and what is said about those that do not fit.
@Suite struct SegmentationDatasetTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private func images(
        _ name: String, labels: SegmentationLabels? = nil, ignoring: Set<UInt8> = []
    ) throws -> SegmentationImages {
        try SegmentationImages(
            ImageDataset.segmentation(contentsOf: "\(folder.path)/\(name)", labels: labels, ignoring: ignoring))
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
        } catch {
            return "\(error)"
        }
        return "no error"
    }

    // MARK: Folders

    @Test("segmentation data set: images and masks of the same name belong together")
    func imagesAndMasksOfTheSameNameBelongTogether() throws {
        for name in ["b.png", "a.jpg.png"] {
            try folder.image("set/images/\(name)")
            try folder.mask("set/masks/\(name)", (0..<24).map { [0, 1, 2, 255][$0 % 4] })
        }
        try folder.write("sky\nroad\n128 0 64 a tree\n", to: "set/labels.txt")
        let images = try images("set")
        #expect(images.items.map(\.name) == ["images/a.jpg.png", "images/b.png"])
        #expect(images.labels.names == ["sky", "road", "a tree"])
        #expect(images.labels.colors[2] == Color(128, 0, 64))
        #expect(images.counts == [[6, 6, 6], [6, 6, 6]] && images.width == 6 && images.height == 4)
        let split = try images.decoded.split(holdout: 0.5, seed: 1)
        #expect(split.train.count == 1 && split.validation.count == 1)
    }

    @Test(
        "segmentation data set: folders say which part the images are",
        arguments: [
            ("train", "trainannot", "val", "valannot"), ("train/images", "train/masks", "val/images", "val/masks"),
        ])
    func foldersSayWhichPartTheImagesAre(names: (String, String, String, String)) throws {
        for (images, masks, count) in [(names.0, names.1, 3), (names.2, names.3, 2)] {
            for index in 0..<count {
                try folder.image("set/\(images)/\(index).png")
                try folder.mask("set/\(masks)/\(index).png")
            }
        }
        let images = try images("set", labels: SegmentationLabels(["a", "b"]))
        let split = try images.decoded.split(holdout: 0.1, seed: 1)
        #expect(split.train.map { images.items[$0].part } == [.train, .train, .train])
        #expect(split.validation.map { images.items[$0].part } == [.validation, .validation])
    }

    @Test("segmentation data set: without a list the classes are numbers") func withoutAListTheClassesAreNumbers()
        throws
    {
        try folder.image("set/images/a.png")
        try folder.mask("set/masks/a.png", (0..<24).map { $0 == 7 ? 3 : 11 })
        let images = try images("set", ignoring: [11])
        #expect(images.labels.names == ["0", "1", "2", "3"] && images.counts == [[0, 0, 0, 1]])
        #expect(try images.decoded.sample(at: 0).masks[0].values.filter { $0 == Mask.ignore }.count == 23)
    }

    // MARK: What does not fit

    @Test("segmentation data set: all that is wrong is named and counted together")
    func allThatIsWrongIsNamedAndCountedTogether() throws {
        for name in ["good", "small", "values", "broken", "colors"] { try folder.image("set/images/\(name).png") }
        for name in ["good", "values"] { try folder.mask("set/masks/\(name).png") }
        try folder.mask("set/masks/small.png", width: 3, height: 4)
        try folder.mask("set/masks/values.png", (0..<24).map { UInt8($0 < 5 ? 11 : $0 < 6 ? 12 : 1) })
        try folder.write("not an image", to: "set/masks/broken.png")
        try folder.image("set/masks/colors.png")
        let text = message { _ = try images("set", labels: SegmentationLabels(["a", "b"])) }
        #expect(text.contains("4 of 5 images cannot be used"), "\(text)")
        #expect(text.contains("1 whose mask is of another size: \"images/small.png\" (image 6×4, mask 3×4)"))
        #expect(text.contains("1 with values that are not classes: \"images/values.png\" (11, 12)"))
        #expect(text.contains("expected are 0 to 1, and 255") && !text.contains("--"))
        #expect(text.contains("2 that cannot be decoded") && text.contains("masks/colors.png: cannot be a mask"))
        #expect(text.contains("masks/broken.png"))
    }

    @Test("segmentation data set: missing partners are named and counted together where nothing is left")
    func missingPartnersAreNamedAndCountedTogether() throws {
        for name in ["a", "b"] { try folder.image("set/images/\(name).png") }
        try folder.mask("set/masks/d.png")
        let text = message { _ = try images("set") }
        #expect(text.contains("3 of 3 images cannot be used"), "\(text)")
        #expect(text.contains("2 without a mask: \"images/a.png\" (expected: \"masks/a.png\")"))
        #expect(text.contains("1 without an image: \"masks/d.png\" (looked for in \"images\")"))
    }

    @Test("segmentation data set: anything but a data set is an error that says what is expected")
    func whatIsNoSetIsAnErrorThatSaysWhatIsExpected() throws {
        #expect(message { _ = try images("nothing") }.contains("cannot be opened"))
        try folder.image("set/a.png")
        #expect(message { _ = try images("set") }.contains("\"images\" and \"masks\""))
        try folder.write("a\nb\na\n", to: "twice.txt")
        let twice = message { _ = try SegmentationLabels(contentsOf: "\(folder.path)/twice.txt") }
        #expect(twice.contains("\"a\" is there twice"))
        try folder.image("blank/images/a.png")
        try folder.mask("blank/masks/a.png", [UInt8](repeating: 255, count: 24))
        #expect(message { _ = try images("blank") }.contains("all are ignored"))
    }

    // MARK: Annotations

    @Test("segmentation data set: polygons of labelme become masks") func polygonsOfLabelmeBecomeMasks() throws {
        try folder.image("set/a.png", width: 8, height: 6)
        try folder.write(
            """
            {"imagePath":"a.png","imageWidth":8,"imageHeight":6,"shapes":[
            {"label":"box","shape_type":"rectangle","points":[[1,1],[5,4]]},
            {"label":"arrow","points":[[2.0,2.0],[6.0,2.0],[6.0,6.0]]},
            {"label":"__ignore__","points":[[7,0],[8,0],[8,1],[7,1]]}]}
            """, to: "set/a.json")
        let images = try images("set")
        #expect(images.labels.names == ["background", "arrow", "box"])
        let expected: [UInt8] = [
            0, 0, 0, 0, 0, 0, 0, 255,
            0, 2, 2, 2, 2, 0, 0, 0,
            0, 2, 1, 1, 1, 1, 0, 0,
            0, 2, 2, 1, 1, 1, 0, 0,
            0, 0, 0, 0, 1, 1, 0, 0,
            0, 0, 0, 0, 0, 1, 0, 0,
        ]
        #expect(try images.decoded.sample(at: 0).masks[0].values == expected)
    }

    /// The center of a pixel decides; brute force over all pixels and edges says the same.
    @Test("segmentation data set: a polygon has the pixels whose centers are inside")
    func aPolygonHasThePixelsWhoseMiddlesAreInside() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20 {
            let corners = (0..<7).map { _ in Point(x: 30 * random.uniform() - 5, y: 24 * random.uniform() - 4) }
            let regions = AnnotatedRegions(
                size: nil, background: 0, regions: [.init(label: 1, area: .polygons([corners]))])
            let mask = try regions.mask(width: 20, height: 16)
            for y in 0..<16 {
                for x in 0..<20 {
                    var isInside = false
                    let (px, py) = (Double(x) + 0.5, Double(y) + 0.5)
                    for (index, a) in corners.enumerated() {
                        let b = corners[(index + 1) % corners.count]
                        guard (Double(a.y) > py) != (Double(b.y) > py) else { continue }
                        let part = (py - Double(a.y)) / (Double(b.y) - Double(a.y))
                        if px < Double(a.x) + part * (Double(b.x) - Double(a.x)) { isInside.toggle() }
                    }
                    #expect((mask[x, y] == 1) == isInside, "(\(x), \(y)) of \(corners)")
                }
            }
        }
    }

    @Test("segmentation data set: polygons and runs of COCO become masks") func polygonsAndRunsOfCOCOBecomeMasks()
        throws
    {
        try folder.image("set/images/a.png", width: 4, height: 3)
        // Of the runs, the letters are pycocotools' for the same numbers.
        try folder.write(
            """
            {"images":[{"id":9,"file_name":"a.png","width":4,"height":3}],
            "categories":[{"id":7,"name":"dog"},{"id":3,"name":"cat"}],
            "annotations":[
            {"image_id":9,"category_id":3,"area":1,"segmentation":{"size":[3,4],"counts":[10,1,1]}},
            {"image_id":9,"category_id":7,"area":6,"segmentation":[[0,0,2,0,2,3,0,3]]},
            {"image_id":9,"category_id":3,"area":2,"segmentation":{"size":[3,4],"counts":"129"}}]}
            """, to: "set/annotations.json")
        let images = try images("set/annotations.json")
        #expect(images.labels.names == ["background", "cat", "dog"])
        #expect(try images.decoded.sample(at: 0).masks[0].values == [2, 2, 0, 0, 1, 2, 0, 1, 1, 2, 0, 0])
    }

    @Test("segmentation data set: compressed run lengths are decoded") func runsInLettersAreReadAsTheyAreWritten() {
        // By `frPyObjects` of pycocotools.mask.
        #expect(COCOSegmentation.runs("12;") == [1, 2, 11])
        #expect(COCOSegmentation.runs("3T32hb03") == [3, 100, 2, 700, 5])
        #expect(["o", "~~~", "é"].allSatisfy { COCOSegmentation.runs($0) == nil })
    }

    @Test(
        "segmentation data set: files that are not in the form of COCO are errors",
        arguments: [
            ("[]", "no lists"), ("{\"images\":1}", "no lists"), ("no", "not valid JSON"),
            ("{\"images\":[],\"annotations\":[],\"categories\":[{\"id\":1}]}", "\"id\" and \"name\""),
            ("{\"images\":[{}],\"annotations\":[],\"categories\":[{\"id\":1,\"name\":\"a\"}]}", "image 1"),
            (
                "{\"images\":[],\"annotations\":[{\"image_id\":1,\"category_id\":1,\"segmentation\":[[1,2,3]]}],"
                    + "\"categories\":[{\"id\":1,\"name\":\"a\"}]}", "annotation 1"
            ),
            (
                "{\"images\":[],\"annotations\":[{\"image_id\":1,\"category_id\":1,\"segmentation\":{\"size\":[1,2],"
                    + "\"counts\":[-1]}}],\"categories\":[{\"id\":1,\"name\":\"a\"}]}", "annotation 1"
            ),
        ])
    func filesThatAreNoneOfCOCOAreErrors(text: String, expected: String) throws {
        try folder.write(text, to: "coco.json")
        let message = message { _ = try images("coco.json") }
        #expect(message.contains(expected), "\(message)")
    }

    // MARK: Weights of classes

    @Test("segmentation data set: rare classes have larger weights") func rareClassesWeighMore() throws {
        // Class 0: 36 of 48 pixels, class 1: 12 of 48; class 2: 0.
        try folder.image("set/images/a.png")
        try folder.image("set/images/b.png")
        try folder.mask("set/masks/a.png", (0..<24).map { $0 < 6 ? 1 : 0 })
        try folder.mask("set/masks/b.png", (0..<24).map { $0 < 6 ? 1 : 0 })
        let images = try images("set", labels: SegmentationLabels(["a", "b", "c"]))
        // The median of 0.75 and 0.25 is 0.5.
        #expect(images.medianFrequencyWeights(over: [0, 1]) == [2.0 / 3, 2, 1])
    }

    @Test("segmentation data set: a class counts in the images that it is in") func aClassCountsInTheImagesThatItIsIn()
        throws
    {
        try folder.image("set/images/a.png")
        try folder.image("set/images/b.png")
        try folder.mask("set/masks/a.png", (0..<24).map { $0 < 6 ? 1 : $0 < 12 ? 255 : 0 })
        try folder.mask("set/masks/b.png")
        let weights = try images("set", labels: SegmentationLabels(["a", "b"])).medianFrequencyWeights(over: [0, 1])
        // 12 + 24 of 18 + 24 pixels; 6 of 18.
        let frequencies: [Float] = [36 / 42, 1 / 3]
        let median = (frequencies[0] + frequencies[1]) / 2
        #expect(zip(weights, frequencies).allSatisfy { abs($0 - median / $1) < 1e-5 })
    }
}
