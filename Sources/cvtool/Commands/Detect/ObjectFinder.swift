import CVCore
import CVDetection
import CVImage
import CVTensor

/// A detector, or a classifier behind sliding windows.
protocol ObjectFinder {
    var labels: [String] { get }
    var defaultOptions: DetectionOptions { get }

    /// The objects in an image; `timing` records the duration of each step.
    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> FoundObjects
}

/// What a finder found in an image.
struct FoundObjects {
    /// The most confident first.
    let objects: [Detection]
    /// The objects with other options, from the same run of the network.
    let reread: (DetectionOptions) -> [Detection]

    /// What to say of an image in which nothing was found: the minimum confidence, and the candidate that came nearest.
    ///
    /// - Parameter options: those of the search.
    func nothing(_ options: DetectionOptions) -> String {
        var all = options
        (all.confidence, all.maxDetections) = (Self.leastConfidence, 1)
        let kind = options.classes == nil ? "objects" : "objects of these classes"
        let best = reread(all).first.map {
            "the best candidate was \($0.label.escapedForDisplay) \(Self.percent($0.confidence, .down))"
        }
        return "no \(kind) found with at least \(Self.percent(options.confidence)) (--conf); "
            + (best ?? "there was no candidate with \(Self.percent(Self.leastConfidence))")
    }

    /// Below it a network has candidates everywhere.
    private static let leastConfidence: Float = 0.001

    /// One decimal where it is not 0. That of a candidate is rounded down: 24.98% is below a minimum of 25%.
    private static func percent(_ confidence: Float, _ rule: FloatingPointRoundingRule = .toNearestOrEven) -> String {
        let tenths = (Double(confidence) * 1000).rounded(rule) / 1000
        return String(percent: tenths, decimals: (tenths * 100).rounded() == tenths * 100 ? 0 : 1)
    }
}

extension Detector: ObjectFinder {
    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> FoundObjects {
        let (input, letterbox) = timing.measure("resize") { prepare(image) }
        let grids = try timing.measure("network") { try run(input) }
        let objects = timing.measure("boxes") { read(grids, letterbox, options: options) }
        return FoundObjects(objects: objects) { read(grids, letterbox, options: $0) }
    }
}

/// A classifier behind sliding windows of the given sizes.
struct WindowFinder: ObjectFinder {
    let detector: SlidingWindowDetector
    let sides: [Int]?

    var labels: [String] { detector.labels }
    var defaultOptions: DetectionOptions { SlidingWindowDetector.defaultOptions }

    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> FoundObjects {
        // One scale at a time: the inputs of all scales together would need more memory.
        let logits = try detector.scales(for: image, sides: sides).map { scale in
            let input = timing.measure("resize") { detector.prepare(image, for: scale) }
            return (scale, try timing.measure("network") { try detector.run(scale, input) })
        }
        let objects = timing.measure("boxes") { detector.read(logits, of: image, options: options) }
        return FoundObjects(objects: objects) { detector.read(logits, of: image, options: $0) }
    }
}
