import CVCore
import CVImage
import CVModels
import CVNN
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
    /// The name of the architecture: a name of `ClassifierArchitecture`.
    public let name: String
    /// Converts an image to the network's input.
    public let preprocessing: Preprocessing

    /// Computes logits [N, labels] from images [N, C, height, width].
    public let network: any ClassifierNetwork

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// Network, labels and preprocessing are those that the file's metadata names.
    ///
    /// - Throws: `WeightsNotFound` when nothing is found, with all places that were searched; `FileError`,
    ///   `SafetensorsError`, `WeightsMetadataError` or `ClassifierError` for a file that is damaged or belongs to
    ///   something else.
    public init(_ weights: String = defaultModel) throws {
        let file = try ClassifierFile(weights)
        let metadata = file.metadata
        guard metadata.task == "classify" else {
            throw ClassifierError(file.path, .notAClassifier(model: metadata.model, task: metadata.task))
        }
        guard !metadata.labels.isEmpty else { throw ClassifierError(file.path, .noLabels) }
        let state = try file.state()
        let (classes, input) = (metadata.labels.count, file.input)
        let architecture = try file.architecture(classes: classes)
        do {
            let parameters: ParameterSet
            (network, parameters) = try ParameterSet.load(
                { architecture.make(classes: classes, input: input, $0) }, from: state)
            // Threads that look for gradients with respect to a picture must not write to the weights.
            parameters.setTrainable(false)
        } catch {
            throw ClassifierError(file.path, .otherParameters(error))
        }
        labels = metadata.labels
        name = metadata.model
        preprocessing = metadata.preprocessing
    }

    /// Wraps an existing network. Its weights must be frozen if several threads use it.
    package init(
        _ network: any ClassifierNetwork, name: String, labels: [String], preprocessing: Preprocessing
    ) {
        self.network = network
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
    public func callAsFunction(_ image: Image, top: Int = 5, views: ImageViews = .whole) -> [Classification] {
        self([image], top: top, views: views)[0]
    }

    /// Classifies several images as one batch.
    ///
    /// - Parameters:
    ///   - images: of any sizes.
    ///   - top: the maximum number of classes of each image.
    ///   - views: the views whose probabilities are averaged; several are more accurate and slower.
    /// - Returns: for each image at most `top` classes, the most probable first.
    public func callAsFunction(
        _ images: [Image], top: Int = 5, views: ImageViews = .whole
    ) -> [[Classification]] {
        if images.isEmpty { return [] }
        switch views {
        case .whole: return read(logits(preprocessing.batch(images)), top: top)
        case .flip: return read(flippedScore(preprocessing.batch(images)), top: top)
        case .tenCrop: return images.flatMap { read(meanScore(logits(preprocessing.tenCrops($0))), top: top) }
        }
    }

    // The two steps of a classification, for callers that replace one of them.

    /// The network's scores before softmax.
    ///
    /// - Parameter input: [N, C, height, width], as produced by `preprocessing`.
    /// - Returns: logits [N, labels].
    public func logits(_ input: Tensor) -> Tensor { network(input) }

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
    package func flippedScore(_ x: Tensor) -> Tensor {
        let pairs = zip(softmax(logits(x)).values, softmax(logits(x.mirrored)).values)
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

/// A classifier that cannot be made as asked.
public struct ClassifierError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        case notAClassifier(model: String, task: String)
        case noLabels
        /// A network that is not known, or that cannot have this input.
        case architecture(ArchitectureError)
        /// Keys or shapes that are not the network's.
        case otherParameters(ParameterMismatch)
        /// Weights of another network than the one that is to be trained.
        case otherNetwork(found: String, expected: String)
    }

    /// The file that it is about.
    public let path: String
    public let problem: Problem

    package init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    public var description: String {
        let text =
            switch problem {
            case .notAClassifier(let model, let task):
                "holds weights of \(abbreviated(model)) for the task '\(abbreviated(task))'; those of a classifier are "
                    + "expected"
            case .noLabels: "its metadata names no classes (\"labels\"); train or convert the weights again"
            case .architecture(let error): error.description
            case .otherParameters(let mismatch): mismatch.description
            case .otherNetwork(let found, let expected):
                "holds weights of \(abbreviated(found)), which \(abbreviated(expected)) cannot begin from; name that network, "
                    + "or none"
            }
        return "\(path.escapedForDisplay): \(text)"
    }
}

extension ClassifierError {
    public var category: ErrorCategory {
        switch problem {
        case .architecture(let error): error.category
        case .notAClassifier, .noLabels, .otherParameters, .otherNetwork: .invalid
        }
    }
}
