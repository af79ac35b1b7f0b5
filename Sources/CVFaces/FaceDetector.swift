import CVCore
import CVDetection
import CVImage
import CVTask
import CVWeights

/// What a face detector reports.
public struct FaceDetectionOptions: Sendable, Equatable {
    /// The minimum confidence, from 0 to 1; nil for that of the network, below which, or a little above, a second network must
    /// agree.
    public var confidence: Float?
    /// Where no face reaches `confidence`, the most confident one above this is reported alone; nil for none.
    public var fallbackConfidence: Float?
    /// Whether the image is also looked at in turns of 45 degrees, where no face is found that the network is very sure of. Takes
    /// longer.
    public var searchesTurned = false
    /// The minimum of a face's shorter side, in pixels of the image. Smaller takes longer: the image is looked at in a finer
    /// scale.
    public var minimumSize: Float = 20
    /// The IoU, from 0 to 1, above which the less confident of two faces is dropped.
    public var iouThreshold: Float = 0.3
    /// The maximum number of faces; the most confident are kept.
    public var maximumFaces = 1000

    /// The default options.
    public init() {}
}

/// Finds the faces in an image, of any size: the network looks at the image in several scales, and at tiles of a large one.
///
/// ```swift
/// let detector = try FaceDetector()
/// for face in try detector.detect(Image(contentsOf: "group.jpg")) {
///     print(face.box, face[.nose] as Any)
/// }
/// ```
/// Immutable: many threads may use one detector at the same time.
public struct FaceDetector: Sendable {
    /// The model that `init(_:)` loads by default.
    public static let defaultModel = "yunet"

    /// The network.
    public let detector: Detector
    /// The name of the network.
    public var name: String { detector.name }
    /// The minimum confidence where options name none: animals and drawings seldom reach it.
    public let defaultConfidence: Float

    private let reach: FaceReach
    private let stride: Int
    /// Nil for a network that is sure enough alone.
    private let confirmation: FaceConfirmation?

    /// Loads a network by its name or by the path of a `.safetensors` file.
    ///
    /// - Parameter model: `yunet`, or weights of another network that finds boxes with keypoints.
    /// - Throws: what `Detector` throws, also for the network that confirms what `yunet` is not sure of; `FaceError` for a
    ///   detector without keypoints.
    public init(_ model: String = FaceDetector.defaultModel) throws {
        let file = try ModelFile(model, task: .detect)
        let detector = try Detector(file)
        guard !detector.keypointNames.isEmpty else { throw FaceError(file.path, .noKeypoints(model: file.spec.name)) }
        self.detector = detector
        reach = FaceReach(model: file.spec.name)
        stride = file.spec.limits.sideMultiple
        let needsConfirmation = file.spec.name == "yunet"
        confirmation = needsConfirmation ? try FaceConfirmation() : nil
        defaultConfidence = needsConfirmation ? FaceConfirmation.doubtful : 0.6
    }

    /// Finds the faces in an image.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: what to report.
    /// - Returns: the faces, the largest first.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity, `MemoryError` where there is too little memory.
    public func detect(_ image: Image, options: FaceDetectionOptions = .init()) throws -> [Face] {
        let confidence = options.confidence ?? defaultConfidence
        let lowest = min(confidence, options.fallbackConfidence ?? confidence)
        let pyramid = FacePyramid(
            width: image.width, height: image.height, minimumSize: options.minimumSize, reach: reach, stride: stride)
        var candidates: [Candidate] = []
        for view in pyramid.views { candidates += try self.candidates(in: image, view, confidence: lowest) }
        var found = try certain(faces(candidates, of: image, confidence: confidence, options), in: image, options)
        if found.isEmpty, lowest < confidence {
            let doubtful = faces(candidates, of: image, confidence: lowest, options).prefix(1)
            found = try certain(Array(doubtful), in: image, options)
        }
        if options.searchesTurned, !found.contains(where: { $0.confidence >= Self.upright }),
            let turned = try turned(image, options, upright: found)
        {
            return turned
        }
        return found.sorted { $0.box.area > $1.box.area }
    }

    /// An upright face that is well seen has it.
    private static let upright: Float = 0.9

    /// Those that the network is sure of, or that another one confirms. Whoever names a confidence has all above it.
    private func certain(_ faces: [Face], in image: Image, _ options: FaceDetectionOptions) throws -> [Face] {
        guard let confirmation, options.confidence == nil else { return faces }
        return try faces.filter { face in
            try face.confidence >= FaceConfirmation.sure || confirmation.confirms(face, in: image)
        }
    }

    private static let sizeTolerance: Float = 2

    /// What the network proposes for a part of the image, in pixels of the image.
    private func candidates(
        in image: Image, _ view: FacePyramid.View, confidence: Float
    ) throws -> [Candidate] {
        let sized = try detector.resized(width: view.width, height: view.height)
        let region = view.region
        let isWhole = region.width == Float(image.width) && region.height == Float(image.height)
        let (input, letterbox) = sized.prepare(isWhole ? image : image.cropped(to: region) ?? image)
        let found = sized.candidates(try sized.run(input), confidence: confidence)
        func moved(_ point: Point) -> Point {
            let inside = letterbox.toSource(point)
            return Point(x: inside.x + region.minX, y: inside.y + region.minY)
        }
        return found.compactMap { candidate in
            let box = Box(moved(candidate.box.topLeft), moved(candidate.box.bottomRight))
            // A face that a tile cuts is whole in its neighbor.
            guard isWhole || !region.cuts(box, of: image) else { return nil }
            return Candidate(
                classIndex: candidate.classIndex, confidence: candidate.confidence, box: box,
                keypoints: candidate.keypoints.map(moved))
        }
    }

    /// The faces among all candidates, the most confident first.
    private func faces(
        _ candidates: [Candidate], of image: Image, confidence: Float, _ options: FaceDetectionOptions
    ) -> [Face] {
        var settings = DetectionOptions()
        (settings.confidence, settings.iouThreshold) = (confidence, options.iouThreshold)
        settings.maxDetections = options.maximumFaces
        let found = detections(
            from: candidates, options: settings, labels: detector.labels, keypointNames: detector.keypointNames,
            width: image.width, height: image.height, toSource: { $0 })
        var kept: [Face] = []
        // Boxes of tiny faces are a pixel or two too narrow.
        let smallest = options.minimumSize - Self.sizeTolerance
        for detection in found where min(detection.box.width, detection.box.height) >= smallest {
            // Parts of a large face may look like small ones.
            if kept.contains(where: { $0.box.covers(detection.box) }) { continue }
            kept.append(Face(detection))
        }
        return kept
    }
}

extension Box {
    /// Whether an edge of this part of an image, but for those of the image itself, touches or cuts `box`.
    fileprivate func cuts(_ box: Box, of image: Image) -> Bool {
        box.minX <= minX && minX > 0 || box.minY <= minY && minY > 0
            || box.maxX >= maxX && maxX < Float(image.width) || box.maxY >= maxY && maxY < Float(image.height)
    }
}
