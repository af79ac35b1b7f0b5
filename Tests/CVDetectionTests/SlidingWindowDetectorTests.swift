import CVClassification
import CVDetection
import CVImage
import CVModels
import CVTensor
import Foundation
import TestSupport
import Testing

/// With the ResNet-20 weights that ship with the library.
@Suite struct SlidingWindowDetectorTests {
    private static let classifier = Result { try Classifier("resnet20-cifar10") }

    /// The sample of a dog, pasted on gray at two positions in two sizes.
    private static func canvas() throws -> Image {
        let path = packageFolder.appending(path: "SampleImages/retriever.jpg").path
        let dog = try Image(contentsOf: path)
        var canvas = Image(width: 300, height: 220, fill: Color(128, 128, 128))
        canvas.paste(dog.resized(width: 64, height: 64), x: 24, y: 40)
        canvas.paste(dog.resized(width: 96, height: 96), x: 180, y: 84)
        return canvas
    }

    @Test(
        "sliding window detector: pasted images are found at their positions",
        arguments: SlidingWindows.Method.allCases)
    func pastedImagesAreFound(_ method: SlidingWindows.Method) throws {
        let detector = try SlidingWindowDetector(Self.classifier.get(), method: method)
        var options = SlidingWindowDetector.defaultOptions
        options.classes = [try #require(detector.labels.firstIndex(of: "dog"))]
        let found = try detector.detect(Self.canvas(), sides: [64, 96], options: options)
        for position in [Box(minX: 24, minY: 40, maxX: 88, maxY: 104), Box(minX: 180, minY: 84, maxX: 276, maxY: 180)] {
            let hit = try #require(
                found.max {
                    $0.box.intersectionOverUnion(with: position) < $1.box.intersectionOverUnion(with: position)
                })
            #expect(hit.label == "dog" && hit.confidence >= 0.9)
            // The network was trained with shifted images: its confidence is as high a quarter of a window away.
            #expect(hit.box.intersectionOverUnion(with: position) > 0.45, "\(hit.box)")
        }
    }

    /// Padding makes the logits differ slightly.
    @Test("sliding window detector: one pass nearly always predicts the classes of cropped windows")
    func onePassAgreesWithCroppedWindows() throws {
        let classifier = try Self.classifier.get()
        let image = try Self.canvas()
        func probabilities(_ method: SlidingWindows.Method) throws -> [[Float]] {
            let detector = try SlidingWindowDetector(classifier, method: method)
            let scale = try #require(detector.scales(for: image, sides: [64]).first)
            let logits = try detector.run(scale, detector.prepare(image, for: scale))
            let positions = logits.shape[2] * logits.shape[3]
            let byPosition = classifier.read(logits.reshaped([10, positions]).transposed(), top: 10)
            return byPosition.map { classes in classes.sorted { $0.index < $1.index }.map(\.probability) }
        }
        let (onePass, cut) = (try probabilities(.convolutional), try probabilities(.cropped))
        #expect(onePass.count == cut.count && cut.count == 20 * 30)
        let sure = zip(onePass, cut).filter { $1.max()! > 0.9 }
        let same = sure.count { $0.firstIndex(of: $0.max()!) == $1.firstIndex(of: $1.max()!) }
        #expect(sure.count > 50 && Double(same) > 0.9 * Double(sure.count), "\(same) of \(sure.count)")
    }

    @Test("sliding window detector: default windows go from large to small") func windowsGoFromLargeToSmall() throws {
        let detector = try SlidingWindowDetector(Self.classifier.get())
        func image(_ width: Int, _ height: Int) -> Image { Image(width: width, height: height, fill: .black) }
        #expect(detector.sides(for: image(300, 220)) == [220, 155, 110, 77, 55, 38])
        #expect(detector.sides(for: image(40, 50)) == [40])
        #expect(detector.sides(for: image(9, 5)) == [5])
        let scales = try detector.scales(for: image(301, 220), sides: [500, 100, 64, 220])
        #expect(scales.map(\.side) == [100, 64, 220])
        #expect(scales.map(\.width) == [96, 151, 44] && scales.map(\.height) == [70, 110, 32])
        // No image is ever resized to more than about a million pixels.
        for (width, height) in [(4000, 3000), (20_000, 1), (1, 1), (33, 9000)] {
            guard let scales = try? detector.scales(for: image(width, height), sides: nil) else { continue }
            #expect(scales.allSatisfy { $0.width * $0.height <= 1_100_000 && min($0.width, $0.height) >= 32 })
        }
        #expect(throws: SlidingWindowError.tooLarge(window: 64, width: 60, height: 90)) {
            try detector.scales(for: image(60, 90), sides: [70, 64])
        }
        #expect(throws: SlidingWindowError.tooSmall(window: 8, least: 32, width: 1024, height: 1024)) {
            try detector.scales(for: image(1024, 1024), sides: [64, 8])
        }
        #expect(throws: SlidingWindowError.self) { try detector.scales(for: image(100_000, 1), sides: nil) }
    }

    @Test("sliding window detector: a box has the size of its window in the image") func boxesHaveTheSizeOfWindows()
        throws
    {
        let detector = try SlidingWindowDetector(Self.classifier.get())
        let image = Image(width: 128, height: 96, fill: .black)
        let scale = try #require(detector.scales(for: image, sides: [64]).first)
        #expect(scale.width == 64 && scale.height == 48)
        let logits = Tensor([20] + [Float](repeating: 0, count: 9), shape: [1, 10, 1, 1])
        let found = detector.read([(scale, logits)], of: image)
        #expect(found.map(\.box) == [Box(minX: 0, minY: 0, maxX: 64, maxY: 64)])
    }
}
