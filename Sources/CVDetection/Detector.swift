import CVCore
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Finds the objects in an image.
///
/// ```swift
/// let detector = try Detector()
/// for found in try detector.detect(Image(contentsOf: "dog.jpg")) {
///     print(found.label, found.confidence, found.box)
/// }
/// ```
/// Immutable: many threads may use one detector at the same time.
public struct Detector: Sendable {
    /// The names of the classes, by index.
    public let labels: [String]
    /// The display name of the network: "ssd-mobilenetv2", "yolov3", or the path of a `.cfg`.
    public let name: String
    /// Converts an image to the network's input; its size is the size of the input.
    public private(set) var preprocessing: Preprocessing

    private let network: DetectorNetwork
    private let planned: PlannedDetector

    /// The largest side of the input, at which the first layers use about a gigabyte each.
    static let maxSide = 4096

    /// With unusual weights every cell of a grid may propose every class: the number of candidates needs a limit.
    private static let maxCandidates = 1 << 20

    /// The model that `init(_:)` loads by default.
    public static let defaultModel = "ssd-mobilenetv2"

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Parameter model: the name of a model, or the path of a file.
    /// - Throws: `WeightsNotFound` when nothing is found, with all search paths; `SafetensorsError`
    ///   or `ModelFileError` for a file that is damaged or belongs to something else.
    public init(_ model: String = Detector.defaultModel) throws {
        try self.init(ModelFile(model, task: .detect))
    }

    package init(_ file: ModelFile) throws {
        let preprocessing = file.metadata.preprocessing
        guard preprocessing.resize != .crop, preprocessing.channels != .gray else {
            throw ModelFileError(
                file.path, .preprocessing(expected: "an input in color that is letterboxed or stretched"))
        }
        guard let network = DetectorNetwork(try file.network(), preprocessing) else {
            preconditionFailure("\(file.spec.name) is no detector")
        }
        try network.checkInput(width: preprocessing.width, height: preprocessing.height, of: file.spec.name)
        self.network = network
        planned = PlannedDetector(network)
        labels = file.labels
        name = file.metadata.model
        self.preprocessing = preprocessing
    }

    /// Uses a network with its present weights, such as one that is being trained.
    ///
    /// - Parameters:
    ///   - network: with as many classes as there are labels.
    ///   - name: of the network.
    ///   - labels: the names of the classes.
    ///   - preprocessing: letterboxed, of a size that the network takes.
    package init(_ network: ModelNetwork, name: String, labels: [String], preprocessing: Preprocessing) {
        guard let network = DetectorNetwork(network, preprocessing), preprocessing.resize == .letterbox,
            network.classCount ?? labels.count == labels.count
        else { preconditionFailure("\(name) for \(labels.count) classes, \(preprocessing.resize.rawValue)") }
        // Operation by operation: the network may be one that is being trained.
        planned = PlannedDetector(network, isTrained: false)
        (self.network, self.name, self.labels, self.preprocessing) = (network, name, labels, preprocessing)
    }

    /// Uses a darknet `.cfg` and its `.weights`, with labels one a line in a `.names` file.
    ///
    /// Without names, a network of 80 classes is taken to know those of COCO; others are called "class 0" and so on.
    ///
    /// - Parameters:
    ///   - configuration: the path of the `.cfg` file.
    ///   - weights: the path of the `.weights` file.
    ///   - names: the path of the `.names` file, or nil.
    /// - Throws: `FileError`, `DarknetError`, or `ModelFileError` when the names are not as many as the classes.
    public init(darknet configuration: String, weights: String, names: String? = nil) throws {
        try self.init(
            ModelFile(darknet: configuration, weights: weights, names: names, usual: COCOCategories.names))
    }

    /// The same detector with another input size. A larger input finds smaller objects and takes longer.
    ///
    /// - Parameters:
    ///   - width: in pixels, rounded up to a multiple of the network's stride (32 for YOLO).
    ///   - height: in pixels, rounded up likewise.
    /// - Returns: a detector that shares the weights.
    /// - Throws: `DetectorError` for a side that is not from 1 to 4096, `DarknetError` for a size that the network does not
    ///   support, `MemoryError` for one that there is no memory for.
    public func resized(width: Int, height: Int) throws -> Detector {
        guard (1...Self.maxSide).contains(width), (1...Self.maxSide).contains(height) else {
            throw DetectorError(name, .inputSize(width: width, height: height))
        }
        func rounded(_ size: Int) -> Int { (size + network.stride - 1) / network.stride * network.stride }
        var copy = self
        copy.preprocessing.width = rounded(width)
        copy.preprocessing.height = rounded(height)
        let (height, width) = (copy.preprocessing.height, copy.preprocessing.width)
        try network.checkInput(width: width, height: height, of: name)
        if !network.knowsItsMemory {
            let estimate = MemoryEstimate(input: [1, 3, height, width]) { _ = network($0) }
            try requireMemory(estimate.peak, for: "\(name.escapedForDisplay) for an image of \(width)×\(height)")
        }
        return copy
    }

    /// The options with which the network was published: for an SSD, boxes may overlap more.
    public var defaultOptions: DetectionOptions { network.defaultOptions }

    /// What the keypoints of a detection are, in their order; empty for a network without keypoints.
    public var keypointNames: [String] { network.keypointNames }

    /// Finds the objects in an image.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: thresholds and the selection of classes; nil for `defaultOptions`.
    /// - Returns: the detections in pixels of the image, the most confident first.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func detect(
        _ image: Image, options: DetectionOptions? = nil
    ) throws(NonFiniteOutput) -> [Detection] {
        let (input, letterbox) = prepare(image)
        return read(try run(input), letterbox, options: options)
    }

    // The three steps of `detect`, for callers that time or replace one of them.

    /// Letterboxes or stretches an image to the network's input, as its preprocessing says.
    ///
    /// - Parameter image: of any size.
    /// - Returns: the input [1, 3, height, width], and the mapping between image and input.
    public func prepare(_ image: Image) -> (Tensor, Letterbox) { preprocessing.letterboxed(image) }

    /// Runs the network.
    ///
    /// - Parameter input: [1, 3, height, width], as produced by `prepare(_:)`.
    /// - Returns: the raw grids of the network's heads.
    /// - Throws: `NonFiniteOutput` if they hold NaN or infinity, which no threshold may hide.
    public func run(_ input: Tensor) throws(NonFiniteOutput) -> [DetectionGrid] {
        do throws(NonFiniteOutput) {
            return try NonFiniteOutput.checking(input, { $0.flatMap(\.tensors) }, network: { planned($0) })
        } catch {
            guard case .yolo(let yolo) = network, let found = yolo.firstNonFiniteLayer(input) else { throw error }
            throw NonFiniteOutput(.layer(found.name, of: found.result), index: error.index)
        }
    }

    /// Decodes the grids of the network.
    ///
    /// - Parameters:
    ///   - grids: as returned by `run(_:)`.
    ///   - letterbox: as returned by `prepare(_:)`.
    ///   - options: thresholds and the selection of classes; nil for `defaultOptions`.
    /// - Returns: the detections in pixels of the image, the most confident first.
    public func read(
        _ grids: [DetectionGrid], _ letterbox: Letterbox, options: DetectionOptions? = nil
    ) -> [Detection] {
        let options = options ?? defaultOptions
        return detections(
            from: candidates(grids, confidence: options.confidence), options: options, labels: labels,
            keypointNames: keypointNames, width: letterbox.sourceWidth, height: letterbox.sourceHeight,
            toSource: letterbox.toSource)
    }

    /// All that the grids propose, in pixels of the network's input.
    package func candidates(_ grids: [DetectionGrid], confidence: Float) -> [Candidate] {
        var candidates: [Candidate] = []
        for grid in grids {
            switch grid {
            case .yolo(let grid):
                let head = YOLOHead(
                    grid, classCount: labels.count, inputWidth: preprocessing.width,
                    inputHeight: preprocessing.height)
                grid.values.withValues {
                    head.decode($0, confidence: confidence, into: &candidates, limit: Self.maxCandidates)
                }
            case .ssd(let grid):
                grid.decode(confidence: confidence, into: &candidates, limit: Self.maxCandidates)
            case .keypoints(let grid):
                grid.decode(confidence: confidence, into: &candidates, limit: Self.maxCandidates)
            case .regions(let grid):
                grid.decode(confidence: confidence, into: &candidates, limit: Self.maxCandidates)
            }
        }
        return candidates
    }
}

extension YOLOHead {
    /// The head that produced a grid.
    ///
    /// - Parameters:
    ///   - grid: an output of the network.
    ///   - classCount: the number of classes.
    ///   - inputWidth: the width of the network's input in pixels.
    ///   - inputHeight: the height of the network's input in pixels.
    public init(_ grid: YOLOGrid, classCount: Int, inputWidth: Int, inputHeight: Int) {
        self.init(
            anchors: grid.anchors, classCount: classCount, gridWidth: grid.values.shape[3],
            gridHeight: grid.values.shape[2], inputWidth: inputWidth, inputHeight: inputHeight,
            scaleXY: grid.scaleXY, coordinates: Coordinates(grid.coding))
    }
}

extension YOLOHead.Coordinates {
    fileprivate init(_ coding: YOLOGrid.Coding) {
        switch coding {
        case .logits: self = .exponential
        case .activated: self = .squared
        case .offset: self = .offset
        }
    }
}

/// An input that a detector cannot take.
public struct DetectorError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        case inputSize(width: Int, height: Int)
        case multiple(width: Int, height: Int, of: Int)
    }

    /// The model that it is about.
    public let subject: String
    /// What is wrong.
    public let problem: Problem

    init(_ subject: String, _ problem: Problem) {
        self.subject = subject
        self.problem = problem
    }

    public var description: String {
        switch problem {
        case .inputSize(let width, let height):
            "\(subject.escapedForDisplay): an input of \(width)×\(height); each side must be from 1 to 4096 pixels"
        case .multiple(let width, let height, let multiple):
            "\(subject.escapedForDisplay): an input of \(width)×\(height); each side must be a multiple of \(multiple)"
        }
    }
}

extension DetectorError {
    public var category: ErrorCategory {
        switch problem {
        case .inputSize: .limit
        case .multiple: .invalid
        }
    }
}
