import CVDetection
import CVImage
import CVTensor

/// A detector, or a classifier behind sliding windows.
protocol ObjectFinder {
    var labels: [String] { get }
    var defaultOptions: DetectionOptions { get }

    /// The objects in an image, the most confident first; `timing` records the duration of each step.
    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> [Detection]
}

extension Detector: ObjectFinder {
    var defaultOptions: DetectionOptions { DetectionOptions() }

    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> [Detection] {
        let (input, letterbox) = timing.measure("resize") { prepare(image) }
        let grids = try timing.measure("network") { try run(input) }
        return timing.measure("boxes") { read(grids, letterbox, options: options) }
    }
}

/// A classifier behind sliding windows of the given sizes.
struct WindowFinder: ObjectFinder {
    let detector: SlidingWindowDetector
    let sides: [Int]?

    var labels: [String] { detector.labels }
    var defaultOptions: DetectionOptions { SlidingWindowDetector.defaultOptions }

    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> [Detection] {
        // One scale at a time: the inputs of all scales together would need more memory.
        let logits = try detector.scales(for: image, sides: sides).map { scale in
            let input = timing.measure("resize") { detector.prepare(image, for: scale) }
            return (scale, try timing.measure("network") { try detector.run(scale, input) })
        }
        return timing.measure("boxes") { detector.read(logits, of: image, options: options) }
    }
}
