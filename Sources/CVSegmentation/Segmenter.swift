import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import CVWeights

/// Tells the class of each pixel of a picture.
///
/// ```swift
/// let segmenter = try Segmenter("run/best.safetensors")
/// let map = segmenter(try Image(contentsOf: "street.jpg"))
/// for found in map.classes() { print(found.label, found.share, found.box) }
/// ```
/// Immutable: many threads may use one segmenter at the same time.
public struct Segmenter: Sendable {
    /// The size at which a picture is looked at.
    public enum Scale: Sendable, Equatable {
        /// With as many pixels as the pictures that the network was trained on, in the picture's own proportions.
        case trained
        /// As it is, in overlapping tiles: for pictures whose details have the size of those it was trained on.
        case full
    }

    /// The classes, by number, with their colours.
    public let labels: SegmentationLabels
    /// How a picture becomes the network's input; its size is that of the pictures that the network was trained on.
    public let preprocessing: Preprocessing

    private let network: any Layer
    /// The smallest side of what the network takes.
    private let minimumSide: Int

    /// Of the pixels of a tile, so many at each of its sides are looked at, but told by its neighbour.
    static let overlap = 64
    /// Largest side of a window: the first layers then take some hundred megabytes.
    static let maxSide = 1024

    /// network: [1, 3, H, W] -> logits [1, classes, H, W], for sides of at least `minimumSide`; the logits may be coarser.
    public init(
        network: any Layer, labels: SegmentationLabels, preprocessing: Preprocessing, minimumSide: Int = 1
    ) {
        let classes = labels.names.count
        precondition((1...255).contains(classes), "\(classes) classes; a map tells 1 to 255 apart")
        precondition((1...Self.maxSide).contains(minimumSide), "sides of at least \(minimumSide)")
        (self.network, self.labels, self.preprocessing) = (network, labels, preprocessing)
        self.minimumSide = minimumSide
    }

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `SegmenterError` for a file
    ///   that belongs to something else.
    public init(_ model: String) throws {
        let path = try WeightsLocator().find(model)
        let file = try Safetensors(path: path)
        let metadata = try WeightsMetadata(file.metadata, file: path)
        guard metadata.task == "segment" else {
            throw SegmenterError(path, .otherTask(model: metadata.model, task: metadata.task))
        }
        let (input, classes) = (metadata.preprocessing, metadata.labels.count)
        guard input.channels != .gray else { throw SegmenterError(path, .notUsable("an input in colour")) }
        try file.checkFinite()
        do {
            let architecture = try SegmentationArchitecture.named(metadata.model)
            try architecture.check(
                classes: classes, input: .init(channels: 3, height: input.height, width: input.width))
            self.init(
                network: try ParameterSet.load(
                    { architecture.make(classes: classes, $0) }, from: file.stateDictionary()
                ).network,
                labels: SegmentationLabels(metadata.labels, metadata: file.metadata), preprocessing: input,
                minimumSide: architecture.minimumSide)
        } catch let error as ArchitectureError {
            throw SegmenterError(path, .architecture(error))
        } catch let mismatch as ParameterMismatch {
            throw SegmenterError(path, .otherParameters(mismatch))
        }
    }

    /// The class of each pixel, the most probable one.
    public func callAsFunction(_ image: Image, scale: Scale = .trained) -> SegmentationMap {
        let inferenceImage = scale == .full ? image.withoutAlpha() : inferenceImage(image)
        let plan = TilePlan(
            width: inferenceImage.width, height: inferenceImage.height, side: Self.maxSide, overlap: Self.overlap,
            least: minimumSide)
        let values = [UInt8](unsafeUninitializedCapacity: image.width * image.height) { buffer, count in
            for tile in plan.tiles {
                let logits = run(inferenceImage, tile)
                let target = LabelWriter(
                    logits: logits, tile: tile, inferenceSize: (inferenceImage.width, inferenceImage.height),
                    image: (image.width, image.height))
                target.write(to: buffer.baseAddress!)
            }
            count = image.width * image.height
        }
        return SegmentationMap(
            mask: Mask(width: image.width, height: image.height, values: values), labels: labels)
    }

    /// The probability of each class at each pixel: [classes, H, W]. Takes 4 bytes a class and pixel.
    ///
    /// The picture is looked at as a whole, and so with sides of at most 1024 pixels.
    public func probabilities(_ image: Image) -> Tensor {
        let inferenceImage = inferenceImage(image, atMost: Self.maxSide)
        let logits = run(inferenceImage, Tile(inferenceImage.width, inferenceImage.height))
        return softmax(upsampleBilinear(logits, height: image.height, width: image.width), dimension: 1).reshaped(
            [labels.names.count, image.height, image.width])
    }

    /// The picture with as many pixels as those that the network was trained on: for one of their shape, with their size.
    private func inferenceImage(_ image: Image, atMost longest: Int = .max) -> Image {
        let pixels = Double(preprocessing.width * preprocessing.height)
        let factor = min(
            (pixels / Double(image.width * image.height)).squareRoot(),
            Double(longest) / Double(max(image.width, image.height)))
        func side(_ size: Int) -> Int { max(minimumSide, Int((Double(size) * factor).rounded())) }
        let (width, height) = (side(image.width), side(image.height))
        let opaque = image.withoutAlpha()
        if (width, height) == (image.width, image.height) { return opaque }
        return opaque.resized(width: width, height: height)
    }

    /// [1, classes, H, W] for one tile; past the border the picture goes on as its last pixels.
    private func run(_ image: Image, _ tile: Tile) -> Tensor {
        var input = preprocessing
        (input.width, input.height, input.resize) = (tile.width.count, tile.height.count, .stretch)
        let window = image.window(x: tile.width, y: tile.height)
        let logits = network(input.tensor(window))
        precondition(
            logits.shape.rank == 4 && logits.shape[1] == labels.names.count,
            "Segmenter: logits \(logits.shape) for \(labels.names.count) classes")
        return logits
    }
}
