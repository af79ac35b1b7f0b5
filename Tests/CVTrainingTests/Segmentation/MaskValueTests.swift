import CVCore
import CVImage
import CVModels
import CVSegmentation
import CVTraining
import Testing

/// What 255 means in masks, and classes that have no pixels.
@Suite struct MaskValueTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private func dataset(_ name: String, _ labels: [String]? = nil, ignoring: Set<UInt8> = []) throws -> ImageDataset {
        try ImageDataset.segmentation(
            contentsOf: "\(folder.path)/\(name)", labels: labels.map { SegmentationLabels($0) }, ignoring: ignoring)
    }

    private func set(_ name: String, _ masks: [[UInt8]]) throws {
        for (index, values) in masks.enumerated() {
            try folder.image("\(name)/images/\(index).png")
            try folder.mask("\(name)/masks/\(index).png", (0..<24).map { values[$0 % values.count] })
        }
    }

    @Test("mask values: where only 0 and 255 occur, 255 is class 1, in memory and decoded anew")
    func whiteIsClassOne() throws {
        try set("white", [[0, 255], [0], [255, 255, 0]])
        for (labels, limit) in [(nil, 1 << 30), (["ground", "cell"], 0)] as [([String]?, Int)] {
            let images = try SegmentationImages(dataset("white", labels), memoryLimit: limit)
            #expect(images.labels.names == labels ?? ["0", "1"])
            #expect(images.counts == [[12, 12], [24, 0], [8, 16]])
            #expect(images.remarks == [.whiteIsClassOne] && images.whiteIsClassOne)
            #expect(try images.decoded.sample(at: 2).masks[0].values.prefix(3) == [1, 1, 0])
            #expect(try images.decoded.original(at: 2).masks[0].values.prefix(3) == [1, 1, 0])
        }
    }

    @Test("mask values: 255 does not count among other values, for other classes, or where values are ignored")
    func whiteDoesNotCountElsewhere() throws {
        try set("mixed", [[0, 255], [0, 1]])
        let mixed = try SegmentationImages(dataset("mixed"))
        #expect(mixed.counts == [[12, 0], [12, 12]] && !mixed.whiteIsClassOne)
        try set("white", [[0, 255]])
        for images in [
            try SegmentationImages(dataset("white", ["a", "b", "c"])),
            try SegmentationImages(dataset("white", ignoring: [255])),
            try SegmentationImages(dataset("white"), white: .ignored),
        ] { #expect(images.counts[0].prefix(2) == [12, 0] && !images.whiteIsClassOne) }
        // The ignored value must not become class 1 either.
        try set("border", [[0, 9]])
        #expect(try SegmentationImages(dataset("border", ignoring: [9])).counts == [[12, 0]])
    }

    @Test("mask values: an evaluation counts 255 as the training did") func anEvaluationCountsAsTheTrainingDid() throws
    {
        try set("white", [[0, 255], [0, 255]])
        var recipe = SegmentationRecipe(try ModelRegistry.spec(named: "unet-w4-d1", task: .segment))
        recipe.settings.holdout = 0
        let training = try SegmentationTraining(
            recipe, SegmentationImages(dataset("white"), size: (width: 16, height: 16)))
        #expect(WhiteMasks(metadata: training.metadata) == .classOne)
        #expect(training.recipe.json["class_of_255"]?.integer == 1)
        // A part of the set may hold one of the two values only.
        try set("all", [[255]])
        let labels = SegmentationLabels(["0", "1"])
        let images = try SegmentationImages(checking: dataset("all"), labels: labels, white: .classOne)
        #expect(images.counts == [[0, 24]])
        try set("mixed", [[0, 1, 255]])
        let mixed = try SegmentationImages(checking: dataset("mixed"), labels: labels, white: .classOne)
        #expect(mixed.counts == [[8, 8]] && mixed.remarks.first == .whiteAmongOthers)

        let plain = try SegmentationTraining(
            recipe, SegmentationImages(dataset("mixed"), size: (width: 16, height: 16)))
        #expect(WhiteMasks(metadata: plain.metadata) == .ignored && plain.recipe.json["class_of_255"] == nil)
        let ignored = try SegmentationImages(checking: dataset("white"), labels: labels, white: .ignored)
        #expect(ignored.counts[0] == [12, 0] && ignored.remarks.first == .whiteIsIgnored)
        #expect(WhiteMasks(metadata: [:]) == .automatic)
    }

    @Test("mask values: classes without a pixel and of stray pixels are named with counts")
    func missingAndStrayClassesAreNamed() throws {
        try set("zero", [[0], [0]])
        let zero = try SegmentationImages(dataset("zero"))
        #expect(zero.remarks == [.missing(["1"])] && "\(zero.remarks[0])" == "no pixel is of the class \"1\"")
        var values = [UInt8](repeating: 0, count: 24)
        (values[3], values[4], values[20]) = (9, 9, 9)
        try set("stray", [values, [0, 1], [0, 1]])
        let stray = try SegmentationImages(dataset("stray")).remarks
        #expect(
            stray == [
                .missing((2...8).map { "\($0)" }), .stray([.init(name: "9", pixels: 3, images: 1)]),
            ])
        #expect(stray.last?.description.contains("the class \"9\" (3 pixels in 1 mask)") == true)
        // Gray 128 is no foreground by itself: 127 classes are missing, and said to be.
        try set("gray", [[0, 128]])
        let gray = try SegmentationImages(dataset("gray")).remarks
        #expect(gray.first?.description.contains("no pixel is of the 127 classes \"1\", \"2\"") == true)
    }

    @Test("mask values: fewer than 16 pixels of a class are stray, 16 are not", arguments: [15, 16])
    func fewPixelsAreStray(count: Int) throws {
        let values = [UInt8](repeating: 2, count: count) + [UInt8](repeating: 0, count: 24 - count)
        try set("few", [values, [0, 1], [0, 1]])
        let remarks = try SegmentationImages(dataset("few", ["ground", "cell", "dot"])).remarks
        #expect(remarks == (count < 16 ? [.stray([.init(name: "dot", pixels: count, images: 1)])] : []))
    }
}
