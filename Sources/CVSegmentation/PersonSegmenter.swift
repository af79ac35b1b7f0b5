import CVCore
import CVDetection
import CVGraph
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Segments the persons of an image from the background.
///
/// ```swift
/// let segmenter = try PersonSegmenter()
/// let photo = try Image(contentsOf: "photo.jpg")
/// let matte = try segmenter(photo)
/// try matte.cutOut(of: photo).write(to: "person.png")
/// ```
/// The matting network marks any foreground, be it a person, a cat or a cup. So a detector finds the persons first, and
/// regions away from all of them are dropped. It was trained on single persons that fill the image, so several persons, or a
/// small one, go through it in crops of their own, too.
///
/// Immutable: many threads may use one segmenter at the same time.
public struct PersonSegmenter: Sendable {
    /// Converts an image to the network's input.
    public let preprocessing: Preprocessing
    /// Refines the network's coarse matte to full size.
    public var refinement = MatteRefinement()
    /// When persons go through the network in crops of their own.
    public var crops = Crops.automatic

    private let engine: InferenceEngine
    private let detector: Detector?

    /// The model that the initializers load by default.
    public static let defaultModel = "selfie-segmentation"

    /// The detector of persons that ``init(_:)`` loads: of one that has hardly any false positives at 5 %, persons are found that
    /// fill the image.
    public static let detectorModel = "yolov3-tiny"

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Parameters:
    ///   - model: the name of a model, or the path of a file.
    ///   - detector: decides whether there are persons; nil to accept whatever the network marks.
    /// - Throws: `WeightsNotFound`; `SafetensorsError` or `ModelFileError` for a file that is damaged or belongs to
    ///   something else.
    public init(_ model: String = PersonSegmenter.defaultModel, detector: Detector?) throws {
        let file = try ModelFile(model, task: .matte)
        let preprocessing = file.metadata.preprocessing
        guard preprocessing.resize == .stretch, preprocessing.channels != .gray else {
            throw ModelFileError(file.path, .preprocessing(expected: "an input in color that is stretched"))
        }
        guard case .dense(let network) = try file.network() else {
            preconditionFailure("\(file.spec.name) is no network for mattes")
        }
        engine = InferenceEngine { [network($0)] }
        (self.preprocessing, self.detector) = (preprocessing, detector)
    }

    /// With the detector of persons that comes with the library.
    ///
    /// - Parameter model: the name of a model, or the path of a file.
    /// - Throws: as ``init(_:detector:)``, for either model.
    public init(_ model: String = PersonSegmenter.defaultModel) throws {
        try self.init(model, detector: Detector(Self.detectorModel))
    }

    /// Computes the matte of the persons in an image.
    ///
    /// - Parameter image: of any size.
    /// - Returns: a matte of the size of the image; empty if there are no persons.
    /// - Throws: `NonFiniteOutput` if a network computes NaN or infinity.
    public func callAsFunction(_ image: Image) throws(NonFiniteOutput) -> Matte {
        let persons = try detectPersons(in: image)
        if let persons, persons.isEmpty { return .empty(width: image.width, height: image.height) }
        let boxes = persons?.map(\.box)
        let whole = refine(try run(prepare(image)), of: image, near: boxes)
        let crops = crops(for: persons ?? [], width: image.width, height: image.height)
        return try adding(crops, to: whole, of: image, near: boxes)
    }

    // The steps, for callers that time or replace one of them.

    /// Detects the persons in an image.
    ///
    /// - Parameter image: of any size.
    /// - Returns: bounding boxes in pixels of the image; nil without a detector.
    /// - Throws: `NonFiniteOutput` if the detector computes NaN or infinity.
    public func findPersons(in image: Image) throws(NonFiniteOutput) -> [Box]? {
        try detectPersons(in: image)?.map(\.box)
    }

    /// Detects the persons in an image, with the confidence of each.
    ///
    /// - Parameter image: of any size.
    /// - Returns: the persons, the most confident first; nil without a detector.
    /// - Throws: `NonFiniteOutput` if the detector computes NaN or infinity.
    public func detectPersons(in image: Image) throws(NonFiniteOutput) -> [Detection]? {
        guard let detector else { return nil }
        return try PersonFinder(detector: detector)(image)
    }

    /// The network's input for an image.
    ///
    /// - Parameter image: of any size.
    /// - Returns: [1, 3, height, width].
    public func prepare(_ image: Image) -> Tensor { preprocessing.tensor(image) }

    /// Runs the network.
    ///
    /// - Parameter input: [1, 3, height, width], as produced by `prepare(_:)`.
    /// - Returns: logits [1, 1, height, width]; their sigmoid is the coarse matte.
    /// - Throws: `NonFiniteOutput` if they are NaN or infinite.
    public func run(_ input: Tensor) throws(NonFiniteOutput) -> Tensor {
        try NonFiniteOutput.checking(input) { engine($0)[0] }
    }

    /// Refines the network's logits to a matte, without the regions away from all persons.
    ///
    /// - Parameters:
    ///   - logits: [1, 1, height, width], as returned by `run(_:)`.
    ///   - image: the image of the logits.
    ///   - persons: bounding boxes in pixels of the image; nil keeps all regions.
    /// - Returns: a matte of the size of the image.
    public func refine(_ logits: Tensor, of image: Image, near persons: [Box]? = nil) -> Matte {
        guard let persons else { return refinement(logits, of: image) }
        let (width, height) = (logits.shape[3], logits.shape[2])
        let (scaleX, scaleY) = (Float(width) / Float(image.width), Float(height) / Float(image.height))
        let boxes = persons.map {
            Box(minX: $0.minX * scaleX, minY: $0.minY * scaleY, maxX: $0.maxX * scaleX, maxY: $0.maxY * scaleY)
        }
        return refinement(Self.keeping(boxes, in: logits), of: image)
    }

    /// The logits, set far below zero in all regions of which less than a quarter lies in the boxes.
    private static func keeping(_ boxes: [Box], in logits: Tensor) -> Tensor {
        let (width, height) = (logits.shape[3], logits.shape[2])
        var values = logits.values
        // A threshold of 10 % (a logit of -2.2) attaches faint parts to their region.
        let marked = Mask(width: width, height: height, values: values.map { $0 > -2.2 ? 0 : Mask.ignore })
        let components = ConnectedComponents(of: marked)
        var inside = [Int](repeating: 0, count: components.list.count)
        for y in 0..<height {
            for x in 0..<width {
                let label = components.labels[y * width + x]
                guard label >= 0 else { continue }
                let (middleX, middleY) = (Float(x) + 0.5, Float(y) + 0.5)
                if boxes.contains(where: { $0.contains(middleX, middleY) }) { inside[Int(label)] += 1 }
            }
        }
        for index in values.indices {
            let label = components.labels[index]
            let isKept = label >= 0 && 4 * inside[Int(label)] >= components.list[Int(label)].area
            if label >= 0, !isKept { values[index] = -20 }
        }
        return Tensor(values, shape: logits.shape)
    }
}

extension Box {
    fileprivate func contains(_ x: Float, _ y: Float) -> Bool { x >= minX && x < maxX && y >= minY && y < maxY }
}
