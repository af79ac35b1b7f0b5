import CVCore
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
    private let network: any LandmarkNetwork

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
        (self.network, self.scheme, self.preprocessing) = (network, scheme, preprocessing)
        (self.decoding, self.fill) = (decoding, fill)
    }

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Parameter model: the name of a model, or the path of a file.
    /// - Throws: `WeightsNotFound`, `FileError`, `SafetensorsError`, `WeightsMetadataError`, or `ModelFileError` for a file
    ///   that belongs to something else.
    public init(_ model: String = LandmarkDetector.defaultModel) throws {
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
        self.init(
            network: network, scheme: description.scheme, preprocessing: preprocessing, decoding: decoding,
            fill: description.fill ?? Self.usualFill)
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
    ///   - options: how thorough the search is.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func detect(
        _ image: Image, in box: Box, options: LandmarkOptions = LandmarkOptions()
    ) throws(NonFiniteOutput) -> Landmarks {
        var found = try search(image, from: [LandmarkRegion(around: box, fill: fill)], options)
        found.box = box
        return found
    }

    /// The first pass over each of some regions, and the others from where the network was surest.
    private func search(
        _ image: Image, from starts: [LandmarkRegion], _ options: LandmarkOptions
    ) throws(NonFiniteOutput) -> Landmarks {
        var found = try look(image, at: starts[0], mirrored: options.mirrored && options.passes == 1)
        for start in starts.dropFirst() {
            let other = try look(image, at: start, mirrored: options.mirrored && options.passes == 1)
            if other.confidence > found.confidence { found = other }
        }
        for pass in stride(from: 2, through: options.passes, by: 1) {
            guard let region = region(around: found.points) else { break }
            found = try look(image, at: region, mirrored: options.mirrored && pass == options.passes)
        }
        return found
    }

    /// The square around an object, turned as its eyes are; nil if it is beyond all numbers.
    private func region(around points: [Point]) -> LandmarkRegion? {
        guard let bounds = Box(around: points), bounds.width.isFinite, bounds.height.isFinite else { return nil }
        // The box of the upright object: that of a turned one is larger.
        let roll = scheme.roll(points)
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
        let side = preprocessing.width
        let map = region.map(to: side)
        guard let back = map.inverse else { preconditionFailure("a region of \(region.side) pixels") }
        let input = image.withoutAlpha().extracted(by: map, width: side, height: side)
        var estimate = try self.estimate(input)
        if mirrored, scheme.isMirrorKnown {
            estimate = estimate.mean(try self.estimate(input.flippedHorizontally()).mirrored(scheme))
        }
        return Landmarks(
            points: estimate.points.map { back.apply(Point(x: $0.x * Float(side), y: $0.y * Float(side))) },
            confidence: estimate.confidence, scores: estimate.scores)
    }

    private func estimate(_ input: Image) throws(NonFiniteOutput) -> LandmarkDecoding.Estimate {
        let output = try NonFiniteOutput.checking(preprocessing.tensor(input)) { network($0) }
        let estimate = decoding.decode(output)
        precondition(
            estimate.points.count == scheme.points.count,
            "LandmarkDetector: an output of \(output.shape) for \(scheme.points.count) points")
        return estimate
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

extension LandmarkDetector {
    /// The landmarks of the one object of an image, as the synchronous `detect` finds them, without holding up the calling task's
    /// thread.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: how thorough the search is.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func detect(_ image: Image, options: LandmarkOptions = LandmarkOptions()) async throws -> Landmarks {
        try await BackgroundThreads.shared.run { _ in try self.detect(image, options: options) }
    }

    /// The landmarks of an object in its box, as the synchronous form finds them, without holding up the calling task's thread.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - box: around the object, in pixels of the image.
    ///   - options: how thorough the search is.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func detect(
        _ image: Image, in box: Box, options: LandmarkOptions = LandmarkOptions()
    ) async throws -> Landmarks {
        try await BackgroundThreads.shared.run { _ in try self.detect(image, in: box, options: options) }
    }
}
