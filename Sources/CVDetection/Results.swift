import CVImage

/// What a user may set about the results of a detector. The defaults are those of common YOLO tools.
public struct DetectionOptions: Sendable, Equatable {
    /// Boxes below this are dropped. 0 to 1.
    public var confidence: Float = 0.25
    /// Of two boxes that overlap by more, the less confident is dropped. 0 to 1.
    public var iouThreshold: Float = 0.45
    /// The most confident ones stay.
    public var maxDetections = 300
    /// Indices of the classes to report; nil for all.
    public var classes: Set<Int>?
    /// Let boxes of different classes suppress each other.
    public var classAgnostic = false

    public init() {}
}

/// The detections of one picture, the most confident first, from all candidates of a network.
///
/// Classes are selected, then overlapping boxes suppressed (in network pixels), and what is left is mapped to the
/// picture, clipped to it and dropped if nothing remains.
///
/// - Parameters:
///   - labels: names of the classes; a class without one is called "class 7".
///   - width: of the picture, in pixels; likewise `height`.
///   - toSource: maps a box from network pixels to picture pixels, such as the inverse of the letterbox.
public func detections(
    from candidates: [Candidate], options: DetectionOptions, labels: [String], width: Int, height: Int,
    toSource: (Box) -> Box
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
        found.append(Detection(label: label, classIndex: index, confidence: candidate.confidence, box: box))
    }
    return found
}
