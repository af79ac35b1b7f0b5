import CVCore
import CVNN
import CVTensor
import CVWeights

/// What is known of a network by its name, beside the code of the network: timm's `_cfg`.
///
/// ```swift
/// let spec = try ModelRegistry.spec(named: "resnet20", task: .classify)
/// let (network, parameters) = ParameterSet.initialize(seed: 1) { spec.makeClassifier(classes: 10, $0) }
/// let logits = network(tape.watch(images))
/// ```
public struct ModelSpec: Sendable {
    /// The size of one image.
    public struct Input: Sendable, Equatable, CustomStringConvertible {
        /// 3 for color, 1 for gray.
        public let channels: Int
        /// In pixels.
        public let height: Int
        /// In pixels.
        public let width: Int

        /// - Parameters:
        ///   - channels: 3 for color, 1 for gray.
        ///   - height: in pixels.
        ///   - width: in pixels.
        public init(channels: Int, height: Int, width: Int) {
            self.channels = channels
            self.height = height
            self.width = width
        }

        /// Numbers of one image.
        public var count: Int { channels * height * width }
        public var description: String { "\(channels)×\(height)×\(width)" }
    }

    /// The kind of images that a network is described for, which decides how it is best trained.
    public enum Domain: String, Sendable, CaseIterable {
        /// Gray images of 28 × 28, as those of MNIST.
        case digits
        /// Images of 32 × 32, as those of CIFAR.
        case smallImages
        /// The images of ImageNet, COCO and other collections of photographs.
        case photographs
    }

    /// A backbone whose pretrained weights a network can be initialized from.
    public struct Encoder: Sendable, Equatable {
        /// The classifier in the registry whose backbone it is.
        public let model: String
        /// The weights that come with this library.
        public let weights: String
        /// What the keys of the encoder begin with, before the classifier's.
        public static let scope = "encoder"
    }

    /// What weights and the command call it, such as `yolov3-tiny`.
    public let name: String
    /// One line: what it is, and the paper.
    public let summary: String
    /// What it does.
    public let task: VisionTask
    /// The kind of images that it is described for.
    public let domain: Domain
    /// The size of the images that it is described for.
    public let defaultInput: Input
    /// How many classes, or styles, it is described for; 1 where `hasClasses` is false.
    public let defaultClasses: Int
    /// False for a network whose results are not classes.
    public let hasClasses: Bool
    /// Whether the same weights take images of any size; if not, the size belongs to the weights.
    public let takesAnySize: Bool
    /// What it can be built and run with.
    public let limits: Limits
    /// How an image becomes its input where the weights do not say.
    public let preparation: Preparation
    /// What the keys begin with that transfer learning replaces, such as `fc`, without the dot.
    public let headScopes: [String]
    /// nil for a network without a backbone that has weights of its own.
    public let encoder: Encoder?

    private let build: Build
    /// Instead of what `build` declares.
    private let stored: StoredShapes?
    /// Of a network whose operations are known without running it; nil for an input that it cannot take.
    let summarize: Summarize?

    typealias Build = @Sendable (_ classes: Int, _ input: Input, _ p: ParameterScope) -> ModelNetwork
    typealias Summarize = @Sendable (_ input: Input) -> ModelSummary?
    typealias StoredShapes = @Sendable (_ classes: Int) -> [(name: String, shape: Shape)]

    /// - Parameters:
    ///   - classes: the default; nil for a network without classes.
    ///   - headScopes: of a classifier, its `headScope`.
    ///   - stored: keys and shapes of weights where they are not those of the network.
    ///   - summarize: where it is known without running the network.
    ///   - build: the network for classes and an input that `limits` allow.
    init(
        _ name: String, _ summary: String, task: VisionTask, domain: Domain = .photographs, input: Input,
        classes: Int?, takesAnySize: Bool = true, limits: Limits = Limits(), preparation: Preparation = .stretched,
        headScopes: [String] = [], encoder: Encoder? = nil, stored: StoredShapes? = nil, summarize: Summarize? = nil,
        build: @escaping Build
    ) {
        (self.name, self.summary, self.task, self.domain) = (name, summary, task, domain)
        (defaultInput, defaultClasses, hasClasses) = (input, classes ?? 1, classes != nil)
        (self.takesAnySize, self.limits, self.preparation) = (takesAnySize, limits, preparation)
        (self.headScopes, self.encoder) = (headScopes, encoder)
        (self.build, self.stored, self.summarize) = (build, stored, summarize)
    }

    // MARK: Networks

    /// The network, for `initialized` or `load`.
    ///
    /// - Parameters:
    ///   - classes: nil for `defaultClasses`. What comes from outside must have passed `check`.
    ///   - input: nil for `defaultInput`. What comes from outside must have passed `check`.
    ///   - p: where it declares its parameters.
    /// - Returns: the network, by what its results are.
    public func make(classes: Int? = nil, input: Input? = nil, _ p: ParameterScope) -> ModelNetwork {
        build(classes ?? defaultClasses, input ?? defaultInput, p)
    }

    /// The network of a spec whose task is `.classify`: images [N, channels, height, width] to logits [N, classes].
    ///
    /// - Parameters:
    ///   - classes: how many it distinguishes.
    ///   - input: the size of one image; nil for `defaultInput`.
    ///   - p: where it declares its parameters.
    /// - Returns: the classifier.
    /// - Precondition: the task is `.classify`.
    public func makeClassifier(classes: Int, input: Input? = nil, _ p: ParameterScope) -> any ClassifierNetwork {
        guard case .classifier(let network) = make(classes: classes, input: input, p) else {
            preconditionFailure("\(name) is a network for the task \(task), not a classifier")
        }
        return network
    }

    /// The network of a spec whose task is `.segment`: images [N, channels, H, W] to logits [N, classes, H, W], of any
    /// size that `limits` allow.
    ///
    /// - Parameters:
    ///   - classes: how many a pixel may be of.
    ///   - channels: of the images.
    ///   - p: where it declares its parameters.
    /// - Returns: the network.
    /// - Precondition: its result is dense, as for `.segment`.
    public func makeSegmenter(classes: Int, channels: Int = 3, _ p: ParameterScope) -> any Layer {
        let input = Input(channels: channels, height: defaultInput.height, width: defaultInput.width)
        guard case .dense(let network) = make(classes: classes, input: input, p) else {
            preconditionFailure("\(name) is a network for the task \(task), not for segmentation")
        }
        return network
    }

    /// The keys and shapes of its weights, in the order of its layers.
    ///
    /// - Parameters:
    ///   - classes: nil for `defaultClasses`; of a network trained on several styles, how many.
    ///   - input: nil for `defaultInput`.
    ///   - keys: those of a checkpoint, for a network with parts that it may leave out; none for all parts.
    /// - Returns: of each parameter and buffer the key and the shape.
    public func parameterShapes(
        classes: Int? = nil, input: Input? = nil, offered keys: [String] = []
    ) -> [(name: String, shape: Shape)] {
        stored?(classes ?? defaultClasses)
            ?? ParameterSet.shapes(offered: keys) { make(classes: classes, input: input, $0) }
    }

    /// How many numbers are trained: the parameters without buffers such as running statistics, as
    /// `sum(p.numel() for p in model.parameters())` counts them.
    ///
    /// - Parameters:
    ///   - classes: nil for `defaultClasses`.
    ///   - input: the size of one image; nil for `defaultInput`.
    /// - Returns: the number of trained values.
    public func parameterCount(classes: Int? = nil, input: Input? = nil) -> Int {
        let all: [(name: String, shape: Shape)] =
            stored?(classes ?? defaultClasses)
            ?? ParameterSet.shapeOnly { make(classes: classes, input: input, $0) }.parameters
            .filter { !$0.isBuffer }.map { ($0.name, $0.shape) }
        return all.filter { !isRunningStatistic($0.name) }.reduce(0) { $0 + $1.shape.count }
    }

    /// Whether batch normalization keeps large steps of training from doing harm.
    public var hasBatchNorm: Bool {
        parameterShapes(classes: limits.classes.lowerBound).contains { isRunningStatistic($0.name) }
    }

    private func isRunningStatistic(_ key: String) -> Bool {
        key.hasSuffix("running_mean") || key.hasSuffix("running_var")
    }
}

/// A network that was built from a `ModelSpec`, by what its results are.
public enum ModelNetwork: Sendable {
    /// Logits for each image.
    case classifier(any ClassifierNetwork)
    /// Raw grids of boxes.
    case detector(any YOLONetwork)
    /// Raw grids of boxes without objectness.
    case ssd(any SSDNetwork)
    /// Raw grids of boxes with keypoints.
    case keypointDetector(any KeypointDetectorNetwork)
    /// Classes and boxes of regions.
    case regions(RegionNetwork)
    /// A vector for each image.
    case embedding(any EmbeddingNetwork)
    /// Points of a surface, such as that of a face.
    case mesh(any MeshNetwork)
    /// Numbers for each pixel: logits, a matte, or colors.
    case dense(any Layer)
    /// Points of an object: coordinates or heat maps.
    case landmarks(any LandmarkNetwork)
    /// Feature maps after the layers of these names.
    case features(VGGFeatures, layers: Set<String>)

    /// Whether what is computed depends on the values of tensors, such as the regions that are looked at: then the network
    /// cannot be captured as a graph.
    public var decidesByValues: Bool {
        switch self {
        case .regions: true
        case .mesh(let network): network.decidesByValues
        default: false
        }
    }

    /// Sends a batch through the network.
    ///
    /// - Parameter x: [N, channels, height, width].
    /// - Returns: the results, as many as it has.
    @discardableResult
    public func run(_ x: Tensor) -> [Tensor] {
        switch self {
        case .classifier(let network): [network(x)]
        case .detector(let network): network(x).map(\.values)
        case .ssd(let network): network(x).flatMap { [$0.scores, $0.values] }
        case .keypointDetector(let network): network(x).flatMap { $0.scores + [$0.values] }
        case .regions(let network): network.run(x)
        case .embedding(let network): [network(x)]
        case .mesh(let network):
            {
                let (points, presence) = network(x)
                return [presence, points]
            }()
        case .dense(let network): [network(x)]
        case .landmarks(let network): [network(x)]
        case .features(let network, let layers): network(x, at: layers).sorted { $0.key < $1.key }.map(\.value)
        }
    }
}
