import CVCore
import CVGraph
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Finds the landmarks of an object in an image, such as the 68 points of a face.
///
/// ```swift
/// let detector = try LandmarkDetector()
/// let face = try detector.detect(Image(contentsOf: "face.jpg"))
/// print(face.points[36], face.confidence)
/// ```
/// The network looks at a square around the object; each further pass looks at the square around what the one before has found,
/// level with the eyes. Immutable: many threads may use one detector at the same time.
public struct LandmarkDetector: Sendable {
    /// What the points are.
    public let scheme: LandmarkScheme
    /// Converts the square of an image to the network's input.
    public let preprocessing: Preprocessing
    /// How positions are read from the output of the network.
    public let decoding: LandmarkDecoding
    /// The fraction of the network's input that an object takes: the middle of what it was trained on.
    public let fill: Double
    /// What the network's points are: those of `scheme` are chosen from them.
    private let found: LandmarkScheme
    /// For each point of `scheme` the index of the network's.
    private let selection: [Int]
    /// [1, channels, side, side] to what `decoding` takes.
    private let run: @Sendable (Tensor) -> Tensor
    /// What is around the image.
    private let border: Border

    /// The model that `init(_:)` loads by default.
    public static let defaultModel = "landmarks68"
    /// The key of the description of the points in the metadata of weights.
    package static let metadataKey = "landmarks"
    /// Where the metadata says nothing.
    package static let usualFill = 0.65

    /// Creates a detector from a network.
    ///
    /// - Parameters:
    ///   - network: for as many points as the scheme has.
    ///   - scheme: what the points are.
    ///   - preprocessing: converts the square of an image to the network's input.
    ///   - decoding: one that suits the head of the network.
    ///   - fill: the fraction of the input that an object takes.
    public init(
        network: any LandmarkNetwork, scheme: LandmarkScheme, preprocessing: Preprocessing,
        decoding: LandmarkDecoding, fill: Double
    ) {
        precondition(decoding.suits(network.head), "the decoding \(decoding) of a network for \(network.head)")
        precondition(
            preprocessing.width == preprocessing.height,
            "an input of \(preprocessing.width)×\(preprocessing.height), a square is expected")
        self.init(scheme: scheme, preprocessing, decoding, fill: fill, border: .reflect) { network($0) }
    }

    init(
        scheme: LandmarkScheme, _ preprocessing: Preprocessing, _ decoding: LandmarkDecoding, fill: Double,
        border: Border, run: @escaping @Sendable (Tensor) -> Tensor
    ) {
        (self.scheme, found, selection) = (scheme, scheme, Array(scheme.points.indices))
        (self.preprocessing, self.decoding, self.fill) = (preprocessing, decoding, fill)
        (self.border, self.run) = (border, run)
    }

    private init(_ detector: LandmarkDetector, scheme: LandmarkScheme, selection: [Int]) {
        (self.scheme, found, self.selection) = (scheme, detector.found, selection)
        (preprocessing, decoding, fill) = (detector.preprocessing, detector.decoding, detector.fill)
        (border, run) = (detector.border, detector.run)
    }

    /// A detector with the same network that finds other points, such as the 68 of `LandmarkScheme.ibug68` among those of a mesh.
    ///
    /// - Parameter scheme: what the points of its results are.
    /// - Returns: the detector; nil if the points are not among those of the network.
    public func reduced(to scheme: LandmarkScheme) -> LandmarkDetector? {
        found.indices(of: scheme).map { LandmarkDetector(self, scheme: scheme, selection: $0) }
    }

    /// Loads weights by the name of a model or by the path of a `.safetensors` file: of a network for landmarks, or for a mesh.
    ///
    /// - Parameter model: the name of a model, or the path of a file.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError` for a file
    ///   that belongs to something else.
    public init(_ model: String = LandmarkDetector.defaultModel) throws {
        if let mesh = try? ModelFile(model, task: .mesh) {
            try self.init(mesh: mesh)
            return
        }
        let file = try ModelFile(model, task: .landmarks)
        let preprocessing = file.metadata.preprocessing
        guard preprocessing.channels != .gray, preprocessing.width == preprocessing.height else {
            throw ModelFileError(file.path, .preprocessing(expected: "a square input in color"))
        }
        guard case .landmarks(let network) = try file.network() else {
            preconditionFailure("\(file.spec.name) is no network for landmarks")
        }
        let description = try LandmarkMetadata(file)
        let usual: LandmarkDecoding = network.head == .regression ? .coordinates : .argmax
        let decoding = description.decoding ?? usual
        guard decoding.suits(network.head) else {
            throw ModelFileError(
                file.path, .metadata(Self.metadataKey, reason: "the decoding \(decoding.rawValue) is not the network's")
            )
        }
        let engine = InferenceEngine { [network($0)] }
        self.init(
            scheme: description.scheme, preprocessing, decoding, fill: description.fill ?? Self.usualFill,
            border: .reflect
        ) { engine($0)[0] }
    }

    /// Finds the landmarks of the one object that an image shows.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: how thorough the search is.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func detect(
        _ image: Image, options: LandmarkOptions = LandmarkOptions()
    ) throws(NonFiniteOutput) -> Landmarks {
        try search(image, from: LandmarkRegion.starts(width: image.width, height: image.height), options)
    }

    /// Finds the landmarks of an object in its box.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - box: around the object, such as a face detector's, in pixels of the image.
    ///   - degrees: by how much the object is turned counterclockwise, if that is known: an object that lies on its side or upside
    ///     down is seldom recognized otherwise.
    ///   - options: how thorough the search is.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func detect(
        _ image: Image, in box: Box, degrees: Double = 0, options: LandmarkOptions = LandmarkOptions()
    ) throws(NonFiniteOutput) -> Landmarks {
        let start = LandmarkRegion(around: box, fill: fill, degrees: degrees)
        var landmarks = try search(image, from: [start], options)
        landmarks.box = box
        return landmarks
    }

    /// The first pass over each of some regions, and the others from where the network was surest.
    private func search(
        _ image: Image, from starts: [LandmarkRegion], _ options: LandmarkOptions
    ) throws(NonFiniteOutput) -> Landmarks {
        let mirrored = options.mirrored && options.passes == 1
        var best = try surest(image, at: starts, mirrored: mirrored)
        if decoding == .surface, best.rank < Self.sureRank {
            // Detectors find faces that lie on their side or upside down, but hold them for upright.
            let turned = try surest(image, at: starts.flatMap(\.quarterTurns), mirrored: mirrored)
            if turned.rank > best.rank { best = turned }
        }
        for pass in stride(from: 2, through: options.passes, by: 1) {
            guard let region = region(around: best.points) else { break }
            best = try estimate(image, at: region, mirrored: options.mirrored && pass == options.passes)
        }
        return landmarks(best)
    }

    /// The logit of the presence of faces that are seen upright is above 20 as a rule; of those that are not, below 5.
    private static let sureRank: Float = 10

    /// What is found where the network is surest.
    private func surest(
        _ image: Image, at regions: [LandmarkRegion], mirrored: Bool
    ) throws(NonFiniteOutput) -> LandmarkDecoding.Estimate {
        var best = try estimate(image, at: regions[0], mirrored: mirrored)
        for region in regions.dropFirst() {
            let other = try estimate(image, at: region, mirrored: mirrored)
            if other.rank > best.rank { best = other }
        }
        return best
    }

    /// The square around an object, turned as its eyes are; nil if it is beyond all numbers.
    private func region(around points: [Point]) -> LandmarkRegion? {
        guard let bounds = Box(around: points), bounds.width.isFinite, bounds.height.isFinite else { return nil }
        // The box of the upright object: that of a turned one is larger.
        let roll = found.roll(points)
        let upright = AffineMap.rotation(degrees: -roll).around(
            x: Double(bounds.center.x), y: Double(bounds.center.y))
        guard let box = Box(around: points.map { upright.apply($0) }), let back = upright.inverse else { return nil }
        var region = LandmarkRegion(around: box, fill: fill, degrees: roll)
        region.center = back.apply(region.center)
        return region
    }

    /// One pass over a region of an image.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - region: what the network sees.
    ///   - mirrored: whether the mean over the region and its mirror image counts, where it is known which points swap.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func look(
        _ image: Image, at region: LandmarkRegion, mirrored: Bool = false
    ) throws(NonFiniteOutput) -> Landmarks {
        landmarks(try estimate(image, at: region, mirrored: mirrored))
    }

    /// What the network finds in a region, all positions in pixels of the image.
    private func estimate(
        _ image: Image, at region: LandmarkRegion, mirrored: Bool
    ) throws(NonFiniteOutput) -> LandmarkDecoding.Estimate {
        let side = preprocessing.width
        let map = region.map(to: side)
        guard let back = map.inverse else { preconditionFailure("a region of \(region.side) pixels") }
        let input = image.withoutAlpha().extracted(by: map, width: side, height: side, border: border)
        var estimate = try self.estimate(input)
        if mirrored, found.isMirrorKnown {
            estimate = estimate.mean(try self.estimate(input.flippedHorizontally()).mirrored(found))
        }
        estimate.points = estimate.points.map { back.apply(Point(x: $0.x * Float(side), y: $0.y * Float(side))) }
        estimate.depths = estimate.depths?.map { $0 * region.side }
        return estimate
    }

    private func estimate(_ input: Image) throws(NonFiniteOutput) -> LandmarkDecoding.Estimate {
        let output = try NonFiniteOutput.checking(preprocessing.tensor(input)) { run($0) }
        let estimate = decoding.decode(output)
        precondition(
            estimate.points.count == found.points.count,
            "LandmarkDetector: an output of \(output.shape) for \(found.points.count) points")
        return estimate
    }

    /// The points of the scheme among those of the network.
    private func landmarks(_ estimate: LandmarkDecoding.Estimate) -> Landmarks {
        func selected<Value>(_ values: [Value]) -> [Value] { selection.map { values[$0] } }
        return Landmarks(
            points: selected(estimate.points), depths: estimate.depths.map(selected), confidence: estimate.confidence,
            scores: estimate.scores.map(selected))
    }
}

/// How thorough a search for landmarks is.
public struct LandmarkOptions: Sendable, Equatable {
    /// How often the network looks, at least once: each time at the square around what it found before.
    public var passes: Int
    /// Whether the last pass looks at the mirror image, too, and takes the mean: a little more exact.
    public var mirrored: Bool

    /// - Parameters:
    ///   - passes: how often the network looks, at least once.
    ///   - mirrored: whether the last pass looks at the mirror image, too.
    public init(passes: Int = 3, mirrored: Bool = true) {
        precondition(passes >= 1, "\(passes) passes, 1 or more expected")
        (self.passes, self.mirrored) = (passes, mirrored)
    }
}
