import CVCore
import CVGraph
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Classifies images.
///
/// ```swift
/// let classifier = try Classifier()                    // EfficientNet-Lite0, the 1000 classes of ImageNet
/// // or a network of your own: try Classifier("run/best.safetensors")
/// for found in try classifier(Image(contentsOf: "photo.jpg"), top: 3) {
///     print(found.label, found.probability)
/// }
/// ```
/// Immutable: many threads may use one classifier at the same time.
public struct Classifier: Sendable {
    /// The names of the classes, by index.
    public let labels: [String]
    /// The name of the architecture: a name of `ModelRegistry`.
    public let name: String
    /// Converts an image to the network's input.
    public let preprocessing: Preprocessing

    /// Computes logits [N, labels] from images [N, C, height, width].
    public let network: any ClassifierNetwork
    private let engine: InferenceEngine

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// Network, labels and preprocessing are those that the file's metadata names.
    ///
    /// - Parameter weights: the name of a model, or the path of a file.
    /// - Throws: `WeightsNotFound` when nothing is found, with all search paths; `FileError`,
    ///   `SafetensorsError`, `WeightsMetadataError` or `ModelFileError` for a file that is damaged or belongs to
    ///   something else.
    public init(_ weights: String = defaultModel) throws {
        let file = try ModelFile(weights, task: .classify)
        guard case .classifier(let network) = try file.network() else {
            preconditionFailure("\(file.spec.name) is no classifier")
        }
        self.network = network
        engine = InferenceEngine { [network($0)] }
        labels = file.labels
        name = file.metadata.model
        preprocessing = file.metadata.preprocessing
    }

    /// Wraps an existing network. Its weights must be frozen if several threads use it.
    package init(
        _ network: any ClassifierNetwork, name: String, labels: [String], preprocessing: Preprocessing
    ) {
        self.network = network
        // Operation by operation: the network may be one that is being trained.
        engine = InferenceEngine(nil) { [network($0)] }
        (self.name, self.labels, self.preprocessing) = (name, labels, preprocessing)
    }

    /// The model that `init(_:)` loads by default.
    public static let defaultModel = "efficientnet-lite0"

    /// The most probable classes of an image in descending order; ties are in order of index.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - top: the maximum number of classes.
    ///   - views: the views whose probabilities are averaged; several are more accurate and slower.
    /// - Returns: at most `top` classes.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func callAsFunction(
        _ image: Image, top: Int = 5, views: ImageViews = .whole
    ) throws(NonFiniteOutput) -> [Classification] {
        try self([image], top: top, views: views)[0]
    }

    /// Classifies several images as one batch.
    ///
    /// - Parameters:
    ///   - images: of any sizes.
    ///   - top: the maximum number of classes of each image.
    ///   - views: the views whose probabilities are averaged; several are more accurate and slower.
    /// - Returns: for each image at most `top` classes, the most probable first.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity from one of them.
    public func callAsFunction(
        _ images: [Image], top: Int = 5, views: ImageViews = .whole
    ) throws(NonFiniteOutput) -> [[Classification]] {
        if images.isEmpty { return [] }
        switch views {
        case .whole: return read(try logits(preprocessing.batch(images)), top: top)
        case .flip: return read(try flippedScore(preprocessing.batch(images)), top: top)
        case .tenCrop:
            var found: [[Classification]] = []
            for (index, image) in images.enumerated() { found.append(try tenCropClasses(of: image, index, top: top)) }
            return found
        }
    }

    /// Checks that there is memory for so many images at a time.
    ///
    /// - Parameter images: how many inputs the network gets as one batch; `ImageViews.tenCrop` makes ten of an image.
    /// - Throws: `MemoryError`.
    public func checkMemory(images: Int) throws(MemoryError) {
        let (height, width) = (preprocessing.height, preprocessing.width)
        let estimate = MemoryEstimate(input: [images, preprocessing.channels.count, height, width]) { _ = network($0) }
        try requireMemory(
            estimate.peak, for: "\(name.escapedForDisplay) for \(pluralized(images, "view")) of \(width)×\(height)")
    }

    private func tenCropClasses(
        of image: Image, _ index: Int, top: Int
    ) throws(NonFiniteOutput) -> [Classification] {
        do throws(NonFiniteOutput) {
            return read(meanScore(try logits(preprocessing.tenCrops(image))), top: top)[0]
        } catch {
            // The batch is that of the views.
            throw NonFiniteOutput(error.cause, index: index)
        }
    }

    // The two steps of a classification, for callers that replace one of them.

    /// The network's scores before softmax.
    ///
    /// - Parameter input: [N, C, height, width], as produced by `preprocessing`.
    /// - Returns: logits [N, labels].
    /// - Throws: `NonFiniteOutput` if they are NaN or infinite.
    public func logits(_ input: Tensor) throws(NonFiniteOutput) -> Tensor {
        try NonFiniteOutput.checking(input) { engine($0)[0] }
    }

    /// Converts logits to classes.
    ///
    /// - Parameters:
    ///   - logits: [N, labels], before softmax.
    ///   - top: the maximum number of classes of each row.
    /// - Returns: for each row at most `top` classes, the most probable first.
    public func read(_ logits: Tensor, top: Int = 5) -> [[Classification]] {
        let count = labels.count
        let probabilities = softmax(logits).values
        return (0..<logits.shape[0]).map { row in
            let mine = probabilities[row * count..<(row + 1) * count]
            let order = mine.indices.sorted { (mine[$0], $1) > (mine[$1], $0) }
            return order.prefix(max(top, 0)).map { position in
                let index = position - mine.startIndex
                return Classification(label: labels[index], index: index, probability: mine[position])
            }
        }
    }

    /// The logarithm of the mean probability of each image and its mirror image.
    package func flippedScore(_ x: Tensor) throws(NonFiniteOutput) -> Tensor {
        let pairs = zip(softmax(try logits(x)).values, softmax(try logits(x.mirrored)).values)
        return Tensor(pairs.map { logarithm(($0 + $1) / 2) }, shape: [x.shape[0], labels.count])
    }

    /// Logits [N, labels] of N views of one image -> [1, labels], the logarithm of their mean probability.
    private func meanScore(_ logits: Tensor) -> Tensor {
        let (views, count) = (logits.shape[0], labels.count)
        let probabilities = softmax(logits).values
        let means = (0..<count).map { label in
            (0..<views).reduce(0) { $0 + probabilities[$1 * count + label] } / Float(views)
        }
        return Tensor(means.map(logarithm), shape: [1, count])
    }

    /// Finite for a probability of 0 too: clamped to the smallest normal number.
    private func logarithm(_ probability: Float) -> Float { log(max(probability, .leastNormalMagnitude)) }
}

/// The views of an image that a classifier evaluates (test-time augmentation). Their probabilities are averaged.
public enum ImageViews: String, Sendable, CaseIterable {
    /// The preprocessed image.
    case whole
    /// The preprocessed image and its mirror image.
    case flip
    /// The four corners and the center of the image scaled by 8/7, and their mirror images: torchvision's `TenCrop`.
    case tenCrop = "ten-crop"
}

extension Tensor {
    /// [N, C, H, W] with left and right swapped.
    fileprivate var mirrored: Tensor {
        let width = shape[3]
        return Tensor(shape: shape) { target in
            withValues { source in
                for index in source.indices {
                    let x = index % width
                    target[index - x + width - 1 - x] = source[index]
                }
            }
        }
    }
}
