import CVCore
import CVGraph
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Semantic segmentation: predicts the class of each pixel of an image.
///
/// ```swift
/// let segmenter = try Segmenter("run/best.safetensors")
/// let map = try segmenter(Image(contentsOf: "street.jpg"))
/// for found in map.classes() { print(found.label, found.share, found.box) }
/// ```
/// Immutable: many threads may use one segmenter at the same time.
public struct Segmenter: Sendable {
    /// The size at which an image is processed.
    public enum Scale: Sendable, Equatable {
        /// Resized to the number of pixels of the training images, preserving the aspect ratio.
        case trained
        /// Full size, in overlapping tiles: for images whose details have the size of those in the training images.
        case full
    }

    /// The names and the display colors of the classes.
    public let labels: SegmentationLabels
    /// Converts an image to the network's input; its size is that of the training images.
    public let preprocessing: Preprocessing

    private let engine: InferenceEngine
    /// The minimum side of the network's input in pixels.
    private let minimumSide: Int

    /// Tiles overlap by this many pixels at each side; the overlap is context only.
    static let overlap = 64
    /// The maximum side of a tile, at which the first layers use a few hundred megabytes.
    static let maxSide = 1024

    /// Creates a segmenter from a network.
    ///
    /// - Parameters:
    ///   - network: computes logits [1, classes, h, w] from [1, 3, H, W]; h and w may be smaller than H and W.
    ///   - labels: 1 to 255 classes.
    ///   - preprocessing: converts an image to the network's input.
    ///   - minimumSide: the minimum side of the network's input in pixels.
    public init(
        network: any Layer, labels: SegmentationLabels, preprocessing: Preprocessing, minimumSide: Int = 1
    ) {
        let classes = labels.names.count
        precondition((1...255).contains(classes), "\(classes) classes; a map supports 1 to 255")
        precondition((1...Self.maxSide).contains(minimumSide), "sides of at least \(minimumSide)")
        // Operation by operation: the network may be one that is being trained.
        engine = InferenceEngine(nil) { [network($0)] }
        (self.labels, self.preprocessing) = (labels, preprocessing)
        self.minimumSide = minimumSide
    }

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Parameter model: the name of a model, or the path of a file.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError` for a file
    ///   that belongs to something else.
    public init(_ model: String) throws {
        let file = try ModelFile(model, task: .segment)
        let preprocessing = file.metadata.preprocessing
        guard preprocessing.channels != .gray else {
            throw ModelFileError(file.path, .preprocessing(expected: "an input in color"))
        }
        guard case .dense(let network) = try file.network() else {
            preconditionFailure("\(file.spec.name) is no network for segmentation")
        }
        engine = InferenceEngine { [network($0)] }
        (labels, self.preprocessing) = (SegmentationLabels(file.labels, metadata: file.texts), preprocessing)
        minimumSide = file.spec.minimumSide
    }

    /// Predicts the most probable class of each pixel.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - scale: the size at which the image is processed.
    /// - Returns: a map of the size of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func callAsFunction(
        _ image: Image, scale: Scale = .trained
    ) throws(NonFiniteOutput) -> SegmentationMap {
        let inferenceImage = scale == .full ? image.withoutAlpha() : inferenceImage(image)
        let plan = TilePlan(
            width: inferenceImage.width, height: inferenceImage.height, side: Self.maxSide, overlap: Self.overlap,
            least: minimumSide)
        var values = [UInt8](repeating: 0, count: image.width * image.height)
        for tile in plan.tiles {
            let target = LabelWriter(
                logits: try run(inferenceImage, tile), tile: tile,
                inferenceSize: (inferenceImage.width, inferenceImage.height), image: (image.width, image.height))
            values.withUnsafeMutableBufferPointer { target.write(to: $0.baseAddress!) }
        }
        return SegmentationMap(
            mask: Mask(width: image.width, height: image.height, values: values), labels: labels)
    }

    /// Computes the probability of each class at each pixel, without tiles.
    ///
    /// - Parameter image: of any size; it is resized to sides of at most 1024 pixels.
    /// - Returns: [classes, H, W] at the size of the image, 4 bytes per class and pixel.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func probabilities(_ image: Image) throws(NonFiniteOutput) -> Tensor {
        let inferenceImage = inferenceImage(image, atMost: Self.maxSide)
        let logits = try run(inferenceImage, Tile(inferenceImage.width, inferenceImage.height))
        return softmax(upsampleBilinear(logits, height: image.height, width: image.width), dimension: 1).reshaped(
            [labels.names.count, image.height, image.width])
    }

    /// The image resized to the number of pixels of the training images; with their aspect ratio, to their size.
    private func inferenceImage(_ image: Image, atMost longest: Int = .max) -> Image {
        let pixels = Double(preprocessing.width * preprocessing.height)
        let factor = min(
            (pixels / Double(image.width * image.height)).squareRoot(),
            Double(longest) / Double(max(image.width, image.height)))
        func side(_ size: Int) -> Int { max(minimumSide, Int(clamping: (Double(size) * factor).rounded())) }
        let (width, height) = (side(image.width), side(image.height))
        let opaque = image.withoutAlpha()
        if (width, height) == (image.width, image.height) { return opaque }
        return opaque.resized(width: width, height: height)
    }

    /// The logits [1, classes, h, w] of one tile; beyond the border the edge pixels are replicated.
    private func run(_ image: Image, _ tile: Tile) throws(NonFiniteOutput) -> Tensor {
        var input = preprocessing
        (input.width, input.height, input.resize) = (tile.width.count, tile.height.count, .stretch)
        let window = image.window(x: tile.width, y: tile.height)
        let logits = try NonFiniteOutput.checking(input.tensor(window)) { engine($0)[0] }
        precondition(
            logits.shape.rank == 4 && logits.shape[1] == labels.names.count,
            "Segmenter: logits \(logits.shape) for \(labels.names.count) classes")
        return logits
    }
}
