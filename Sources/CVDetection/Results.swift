import CVImage

/// Options for the results of a detector. The defaults are those of common YOLO tools; see `ssd` for others.
public struct DetectionOptions: Sendable, Equatable {
    /// The minimum confidence, from 0 to 1.
    public var confidence: Float = 0.25
    /// The IoU, from 0 to 1, above which the less confident of two boxes is dropped.
    public var iouThreshold: Float = 0.45
    /// The maximum number of detections; the most confident are kept.
    public var maxDetections = 300
    /// Indices of the classes to report; nil for all.
    public var classes: Set<Int>?
    /// Whether boxes of different classes suppress each other.
    public var classAgnostic = false

    /// Creates the default options.
    public init() {}

    /// Those for an SSD, whose published configuration lets boxes overlap more: an IoU threshold of 0.6.
    public static let ssd: DetectionOptions = {
        var options = DetectionOptions()
        options.iouThreshold = 0.6
        return options
    }()
}

/// Turns all candidates of a network for one image into detections.
///
/// Selects classes, applies non-max suppression in network pixels, maps the remaining boxes to the image, clips them to it
/// and drops empty ones.
///
/// - Parameters:
///   - candidates: in pixels of the network's input, in any order.
///   - options: thresholds and the selection of classes.
///   - labels: names of the classes; a class without one is named like "class 7".
///   - keypointNames: what the keypoints of the candidates are; empty for a network without.
///   - width: the width of the image in pixels.
///   - height: the height of the image in pixels.
///   - toSource: maps a box from network pixels to image pixels, such as the inverse of the letterbox.
/// - Returns: the detections in pixels of the image, the most confident first.
public func detections(
    from candidates: [Candidate], options: DetectionOptions, labels: [String], keypointNames: [String] = [],
    width: Int, height: Int, toSource: (Box) -> Box
) -> [Detection] {
    let wanted = candidates.filter {
        $0.confidence >= options.confidence && options.classes?.contains($0.classIndex) ?? true
    }
    let kept = nonMaxSuppression(wanted, iouThreshold: options.iouThreshold, perClass: !options.classAgnostic)
    var found: [Detection] = []
    for candidate in kept where found.count < options.maxDetections {
        let mapped = toSource(candidate.box)
        guard mapped.isFinite else { continue }
        let box = mapped.clipped(width: width, height: height)
        guard box.area > 0 else { continue }
        let index = candidate.classIndex
        let label = labels.indices.contains(index) ? labels[index] : "class \(index)"
        let keypoints = zip(keypointNames, candidate.keypoints).map { name, point in
            NamedKeypoint(name: name, position: toSource(Box(point, point)).topLeft)
        }
        found.append(
            Detection(
                label: label, classIndex: index, confidence: candidate.confidence, box: box,
                keypoints: keypointNames.isEmpty ? nil : keypoints))
    }
    return found
}
