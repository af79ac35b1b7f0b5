import ArgumentParser
import CVClassification
import CVCore
import CVDetection

/// `cvtool detect --classifier`: sizes and stride of its windows.
struct WindowOptions: ParsableArguments {
    @Option(
        help: .init(
            "Find objects with these weights of a classifier, a name or a .safetensors file, behind sliding windows.",
            valueName: "name|file"))
    var classifier: String?

    @Option(
        help: .init(
            "Shorter sides of the windows in pixels of the image, with commas between; those that do not fit are "
                + "skipped. (default: from the largest that fits down to the network's input, each smaller by √2)",
            valueName: "sides"),
        transform: WindowOptions.sides)
    var windows: [Int]?

    @Option(
        help: .init(
            "Pixels of the network's input from one window to the next, a multiple of the network's own. (default: that)",
            valueName: "n"))
    var windowStride: Int?

    @Flag(help: "Cut each window out and classify it on its own, instead of all in one pass: slower, for any stride.")
    var cropWindows = false

    private static func sides(_ argument: String) throws -> [Int] {
        try argument.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let side = Int(word), (1...65536).contains(side) else {
                throw ValidationError("sides from 1 to 65536 with commas between are expected, such as 64,96,128.")
            }
            return side
        }
    }

    func validate() throws {
        if classifier == nil, windows != nil || windowStride != nil || cropWindows {
            throw ValidationError("--windows, --window-stride and --crop-windows go with --classifier.")
        }
        try checkNumber("--window-stride", windowStride, in: 1...4096)
    }

    /// Nil without a classifier.
    func makeFinder() throws -> WindowFinder? {
        guard let classifier else { return nil }
        let detector = try SlidingWindowDetector(
            Classifier(classifier), method: cropWindows ? .cropped : .convolutional, stride: windowStride)
        return WindowFinder(detector: detector, sides: windows)
    }
}
