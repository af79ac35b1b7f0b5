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
/// The network looks at a square around the object; a second pass looks at the square around what the first has found, turned
/// upright. Immutable: many threads may use one detector at the same time.
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
    /// Further passes change nothing any more.
    public static let defaultPasses = 2
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
    ///   - passes: how often the network looks, at least once.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func detect(_ image: Image, passes: Int = defaultPasses) throws(NonFiniteOutput) -> Landmarks {
        try search(image, from: LandmarkRegion(width: image.width, height: image.height), passes)
    }

    /// Finds the landmarks of an object in its box.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - box: around the object, such as a face detector's, in pixels of the image.
    ///   - passes: how often the network looks, at least once.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func detect(
        _ image: Image, in box: Box, passes: Int = defaultPasses
    ) throws(NonFiniteOutput) -> Landmarks {
        var found = try search(image, from: LandmarkRegion(around: box, fill: fill), passes)
        found.box = box
        return found
    }

    private func search(
        _ image: Image, from start: LandmarkRegion, _ passes: Int
    ) throws(NonFiniteOutput) -> Landmarks {
        precondition(passes >= 1, "\(passes) passes, 1 or more expected")
        var found = try look(image, at: start)
        for _ in 1..<passes {
            guard let bounds = found.bounds, bounds.width.isFinite, bounds.height.isFinite else { break }
            // The box of the upright object: that of a turned one is larger.
            let roll = scheme.roll(found.points)
            let upright = AffineMap.rotation(degrees: -roll).around(
                x: Double(bounds.center.x), y: Double(bounds.center.y))
            guard let box = Box(around: found.points.map { upright.apply($0) }) else { break }
            var region = LandmarkRegion(around: box, fill: fill, degrees: roll)
            if let back = upright.inverse { region.center = back.apply(region.center) }
            found = try look(image, at: region)
        }
        return found
    }

    /// One pass over a region of an image.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - region: what the network sees.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func look(_ image: Image, at region: LandmarkRegion) throws(NonFiniteOutput) -> Landmarks {
        let side = preprocessing.width
        let map = region.map(to: side)
        guard let back = map.inverse else { preconditionFailure("a region of \(region.side) pixels") }
        let input = image.withoutAlpha().extracted(by: map, width: side, height: side)
        let output = try NonFiniteOutput.checking(preprocessing.tensor(input)) { network($0) }
        let estimate = decoding.decode(output)
        precondition(
            estimate.points.count == scheme.points.count,
            "LandmarkDetector: an output of \(output.shape) for \(scheme.points.count) points")
        return Landmarks(
            points: estimate.points.map { back.apply(Point(x: $0.x * Float(side), y: $0.y * Float(side))) },
            confidence: estimate.confidence, scores: estimate.scores)
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
    ///   - passes: how often the network looks, at least once.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func detect(_ image: Image, passes: Int = defaultPasses) async throws -> Landmarks {
        try await BackgroundThreads.shared.run { _ in try self.detect(image, passes: passes) }
    }

    /// The landmarks of an object in its box, as the synchronous form finds them, without holding up the calling task's thread.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - box: around the object, in pixels of the image.
    ///   - passes: how often the network looks, at least once.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func detect(_ image: Image, in box: Box, passes: Int = defaultPasses) async throws -> Landmarks {
        try await BackgroundThreads.shared.run { _ in try self.detect(image, in: box, passes: passes) }
    }
}
