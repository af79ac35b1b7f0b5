import CVCore
import CVDetection
import CVImage
import CVTask
import Synchronization

extension DetectionOptions {
    /// Nearly all boxes count, as in COCO's evaluation, which sorts them itself.
    public static let evaluation: DetectionOptions = {
        var options = DetectionOptions()
        (options.confidence, options.iouThreshold, options.maxDetections) = (0.005, 0.65, 300)
        return options
    }()
}

extension Detector {
    /// Evaluates the detector on images whose objects are known, each in its own size.
    ///
    /// - Parameters:
    ///   - images: with the classes of this detector.
    ///   - items: indices of `images.items`.
    ///   - options: thresholds of the detector.
    ///   - onImage: called after each image with its index and what was found.
    /// - Returns: COCO's numbers, and those of each class by its index.
    /// - Throws: what `onImage` throws; `FileError` or `ImageError` for a file that has changed meanwhile; `NonFiniteOutput` with the
    ///   name of the image from which the network computes NaN or infinity.
    public func evaluate(
        _ images: DecodedImages, items: [Int], options: DetectionOptions = .evaluation,
        onImage: (_ item: Int, _ found: [Detection]) throws -> Void = { _, _ in }
    ) throws -> DetectionEvaluation {
        var (truth, results): ([TruthBox], [ResultBox]) = ([], [])
        for item in items {
            truth += images.items[item].objects.map {
                TruthBox(
                    imageID: item, categoryID: $0.label, box: EvaluatedBox($0.box), area: $0.area,
                    isCrowd: $0.isCrowd)
            }
            let image = try images.original(at: item).image
            do {
                let found = try detect(image, options: options)
                results += found.map {
                    ResultBox(
                        imageID: item, categoryID: $0.classIndex, box: EvaluatedBox($0.box),
                        score: Double($0.confidence))
                }
                try onImage(item, found)
            } catch let error as NonFiniteOutput {
                throw error.named(images.items[item].name)
            }
        }
        return DetectionEvaluation(
            truth: truth, results: results, imageIDs: items, categoryIDs: Array(labels.indices))
    }
}

/// What a detector has found in images, to be drawn.
public final class DetectionFindings: Sendable {
    private let found = Mutex<[Int: [Detection]]>([:])

    /// By index of the image; empty before the first evaluation.
    public var all: [Int: [Detection]] { found.withLock { $0 } }

    func removeAll() { found.withLock { $0 = [:] } }

    func add(_ item: Int, _ detections: [Detection]) { found.withLock { $0[item] = detections } }
}
