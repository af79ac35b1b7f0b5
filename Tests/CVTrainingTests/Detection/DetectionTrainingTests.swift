import CVCore
import CVDetection
import CVImage
import CVModels
import CVNN
import CVTask
import CVTraining
import CVWeights
import TestSupport
import Testing

/// From drawn shapes in Pascal VOC's form to a detector that finds them.
@Suite("Training of detectors") struct DetectionTrainingTests {
    let folder: LandmarkScratch

    init() throws { folder = try LandmarkScratch() }

    private func recipe(epochs: Int) throws -> DetectionRecipe {
        var recipe = DetectionRecipe(try ModelRegistry.spec(named: "yolox-nano", task: .detect))
        (recipe.epochs, recipe.batchSize, recipe.holdout, recipe.learningRate) = (epochs, 4, 0.25, 3e-3)
        (recipe.warmup, recipe.averageDecay, recipe.plainEpochs) = (1, nil, 1)
        recipe.input = .init(channels: 3, height: 64, width: 96)
        recipe.augmentation = "mosaic=0.8:1.2@0.5,mixup=32@0.3,affine=0.3@0.5,mirror@0.5"
        return recipe
    }

    private func decoded(_ recipe: DetectionRecipe, count: Int = 16, memoryLimit: Int = 1 << 30) throws -> DecodedImages
    {
        try folder.shapes(count: count)
        let dataset = try DetectionDataset(contentsOf: "\(folder.path)/shapes")
        return try DetectionTraining.decoded(recipe, dataset.images, memoryLimit: memoryLimit)
    }

    @Test("a network learns drawn shapes, and its weights say how to use them")
    func learnsShapes() throws {
        var recipe = try recipe(epochs: 40)
        (recipe.augmentation, recipe.plainEpochs, recipe.learningRate) = ("mirror@0.5", 4, 5e-3)
        let training = try DetectionTraining(recipe, decoded(recipe, count: 32))
        #expect(training.split.validation.count == 8 && training.split.train.count == 24)
        #expect(training.remade == [])
        let best = "\(folder.path)/best.safetensors"
        let files = TrainingFiles(best: best, bestMetadata: { [metadata = training.metadata] _ in metadata })
        let summary = try training.trainer(files: files).run()
        let (first, last) = (summary.rows[0], try #require(summary.rows.last))
        // The last epochs have one part more.
        #expect(summary.rows[35].loss < first.loss / 2, "\(summary.rows.map(\.loss))")
        #expect(last.metrics.names == ["ap", "ap50", "ar100"])
        #expect(last.trainingMetrics.names == ["box", "objectness", "class"])
        let result = try #require(summary.best?.metrics["ap50"])
        #expect(result > 0.4, "\(summary.rows.map(\.metrics))")
        #expect(training.findings.all.keys.sorted() == training.split.validation)
        let detector = try Detector(best)
        #expect(detector.labels == ["disc", "square"])
        #expect(detector.preprocessing.width == 96 && detector.preprocessing.height == 64)
        let again = try detector.evaluate(training.images, items: training.split.validation)
        #expect(again.summary.averagePrecision50 == result)
        #expect(try ModelFile.verify(path: best).problems == [])
    }

    @Test("an interrupted training that is resumed ends with the same weights, to the bit")
    func resumingIsExact() throws {
        var recipe = try recipe(epochs: 3)
        (recipe.multiScale, recipe.averageDecay) = (0.4, 0.9)
        let images = try decoded(recipe)
        let whole = try DetectionTraining(recipe, images)
        try whole.trainer().run()
        for stop in [2, 7] {
            let checkpoint = "\(folder.path)/checkpoint.safetensors"
            let files = TrainingFiles(checkpoint: checkpoint)
            let first = try DetectionTraining(recipe, images)
            var steps = 0
            try first.trainer(files: files).run(
                shouldStop: { steps >= stop }, onEvent: { if case .step = $0 { steps += 1 } })
            // Images that are decoded anew are the same.
            let second = try DetectionTraining(recipe, decoded(recipe, memoryLimit: 0))
            #expect(!second.images.isInMemory)
            let trainer = second.trainer(files: files)
            try trainer.resume(from: checkpoint)
            try trainer.run()
            let (expected, found) = (whole.parameters.stateDictionary, second.parameters.stateDictionary)
            #expect(expected.mapValues(\.values) == found.mapValues(\.values), "after \(stop) steps")
        }
    }

    @Test("weights for other classes give all but the layers that predict classes")
    func otherClasses() throws {
        let recipe = try recipe(epochs: 1)
        let images = try decoded(recipe)
        let training = try DetectionTraining(recipe, images)
        let path = "\(folder.path)/other.safetensors"
        func write(_ labels: [String]) throws {
            let texts = WeightsMetadata(
                model: "yolox-nano", task: "detect", preprocessing: training.preprocessing, labels: labels)
            try FileOutput.write(
                training.parameters.safetensors(metadata: texts.dictionary, hashData: true), to: path, overwrite: true)
        }
        let spec = try ModelRegistry.spec(named: "yolox-nano", task: .detect)
        try write(["cat", "dog"])
        let pretrained = try PretrainedDetector(path, for: spec)
        var next = DetectionRecipe(spec, pretrained: pretrained)
        (next.input, next.batchSize, next.holdout, next.seed) = (recipe.input, 4, 0.25, 9)
        let other = try DetectionTraining(next, images, pretrained: pretrained)
        let names = (0..<3).flatMap { ["head.cls_preds.\($0).bias", "head.cls_preds.\($0).weight"] }
        #expect(other.remade.sorted() == names)
        let (before, after) = (training.parameters.stateDictionary, other.parameters.stateDictionary)
        for (name, value) in before where !name.hasPrefix("head.cls_preds") {
            #expect(after[name]?.values == value.values, "\(name)")
        }
        #expect(after[names[1]]?.values != before[names[1]]?.values)
        // With the same classes nothing is lost.
        try write(["disc", "square"])
        let same = try PretrainedDetector(path, for: spec)
        next.settings.pretrained = DetectionRecipe(spec, pretrained: same).settings.pretrained
        let last = try DetectionTraining(next, images, pretrained: same)
        #expect(last.remade == [])
        #expect(last.parameters.stateDictionary.mapValues(\.values) == before.mapValues(\.values))
        let tiny = try ModelRegistry.spec(named: "yolox-tiny", task: .detect)
        #expect(throws: ModelFileError.self) { try PretrainedDetector(path, for: tiny) }
    }

    @Test("the last epochs are without strong augmentation, and boxes stay on their objects")
    func batches() throws {
        var recipe = try recipe(epochs: 10)
        (recipe.plainEpochs, recipe.multiScale) = (3, 0.5)
        let training = try DetectionTraining(recipe, decoded(recipe, count: 24))
        var sizes: Set<[Int]> = []
        var (inside, count) = (0, 0)
        for epoch in [0, 1, 2, 9] {
            let stream = training.batches(epoch: epoch)
            while let batch = try stream.next() {
                #expect(batch.isPlain == (epoch == 9))
                sizes.insert(batch.images.shape.dimensions)
                if epoch == 9 { #expect(batch.images.shape.dimensions == [4, 3, 64, 96]) }
                let values = batch.images.values
                let (height, width) = (batch.images.shape[2], batch.images.shape[3])
                for (image, boxes) in batch.boxes.enumerated() {
                    for labeled in boxes where labeled.box.width > 12 && labeled.box.height > 12 {
                        let x = Int(clamping: ((labeled.box.minX + labeled.box.maxX) / 2).rounded(.down))
                        let y = Int(clamping: ((labeled.box.minY + labeled.box.maxY) / 2).rounded(.down))
                        #expect((0..<width).contains(x) && (0..<height).contains(y))
                        // Discs are red and squares blue, on gray: less so where two images are mixed.
                        func value(_ channel: Int) -> Float { values[((image * 3 + channel) * height + y) * width + x] }
                        let excess = labeled.label == 0 ? value(2) - value(0) : value(0) - value(2)
                        count += 1
                        if excess > 40 { inside += 1 }
                    }
                }
            }
        }
        #expect(count > 100 && inside > count * 9 / 10, "\(inside) of \(count) boxes")
        #expect(sizes.count > 1 && sizes.allSatisfy { $0[2] % 32 == 0 && $0[3] % 32 == 0 }, "\(sizes)")
    }

    @Test("settings that do not go together are errors that say so")
    func impossibleSettings() throws {
        var recipe = try recipe(epochs: 1)
        let images = try decoded(recipe)
        recipe.input = .init(channels: 3, height: 40, width: 64)
        #expect(throws: ArchitectureError.self) { try DetectionTraining(recipe, images) }
        recipe.input = .init(channels: 3, height: 64, width: 64)
        recipe.augmentation = "mosaic=9"
        #expect(throws: AugmentationError.self) { try DetectionTraining(recipe, images) }
        recipe.augmentation = ""
        recipe.model = "yolox-huge"
        #expect(throws: ArchitectureError.self) { try DetectionTraining(recipe, images) }
    }
}

extension LandmarkScratch {
    /// Red discs and blue squares on gray in Pascal VOC's form: `shapes/JPEGImages/0.png`, `shapes/Annotations/0.xml`.
    func shapes(count: Int) throws {
        for number in 0..<count {
            var random = SplitMix64(seed: 77, stream: number)
            var image = Image(width: 96, height: 64, fill: Color(110, 110, 110))
            var objects = ""
            for half in 0..<2 {
                let side = 18 + Int(random.next() % 14)
                let left = half * 48 + Int(random.next() % UInt64(48 - side))
                let top = Int(random.next() % UInt64(64 - side))
                let isDisc = random.next() % 2 == 0
                let (x, y) = (Float(left) + Float(side) / 2, Float(top) + Float(side) / 2)
                if isDisc {
                    image.fillCircle(center: Point(x: x, y: y), radius: Float(side) / 2, color: Color(230, 30, 30))
                } else {
                    image.paste(Image(width: side, height: side, fill: Color(30, 30, 230)), x: left, y: top)
                }
                objects += """
                    <object><name>\(isDisc ? "disc" : "square")</name><difficult>0</difficult><bndbox>
                    <xmin>\(left + 1)</xmin><ymin>\(top + 1)</ymin><xmax>\(left + side)</xmax><ymax>\(top + side)</ymax>
                    </bndbox></object>

                    """
            }
            let size = "<size><width>96</width><height>64</height><depth>3</depth></size>"
            try write(image.encoded(as: .png()), to: "shapes/JPEGImages/\(number).png")
            try write(
                "<annotation><filename>\(number).png</filename>\(size)\n\(objects)</annotation>\n",
                to: "shapes/Annotations/\(number).xml")
        }
    }
}
