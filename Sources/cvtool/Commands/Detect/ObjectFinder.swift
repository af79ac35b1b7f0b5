import CVDetection
import CVImage
import CVTensor

/// What `cvtool detect` finds objects with.
protocol ObjectFinder {
    var labels: [String] { get }
    var defaultOptions: DetectionOptions { get }

    /// The objects in a picture, the most confident first; how long each step took is noted in `timing`.
    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> [Detection]
}

extension Detector: ObjectFinder {
    var defaultOptions: DetectionOptions { DetectionOptions() }

    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> [Detection] {
        let (input, letterbox) = timing.measure("resize") { prepare(image) }
        let grids = timing.measure("network") { run(input) }
        return timing.measure("boxes") { read(grids, letterbox, options: options) }
    }
}

/// A classifier behind windows of the sizes that were asked for.
struct WindowFinder: ObjectFinder {
    let detector: SlidingWindowDetector
    let sides: [Int]?

    var labels: [String] { detector.labels }
    var defaultOptions: DetectionOptions { SlidingWindowDetector.defaultOptions }

    func find(_ image: Image, _ options: DetectionOptions, _ timing: Timing) throws -> [Detection] {
        // One scale after the other: the inputs of all together would take more memory.
        let logits = try detector.scales(for: image, sides: sides).map { scale in
            let input = timing.measure("resize") { detector.prepare(image, for: scale) }
            return (scale, timing.measure("network") { detector.run(scale, input) })
        }
        return timing.measure("boxes") { detector.read(logits, of: image, options: options) }
    }
}
