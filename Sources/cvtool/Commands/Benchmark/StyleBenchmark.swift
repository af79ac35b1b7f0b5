import CVCore
import CVImage
import CVModels
import CVNN
import CVStyle
import CVTensor
import CVWeights

/// Steps of style transfer with a VGG-19 of random weights: Gram matrices of conv1_1 to conv5_1, the feature maps of
/// conv4_2, total variation, the gradient with respect to the pixels, and Adam.
struct StyleBenchmark {
    private let size: Int

    /// - Parameter size: sides of the image and of the style, in pixels.
    init(size: Int) { self.size = size }

    /// - Throws: `StyleError` for a size that is too small; `MemoryError`.
    func report(runs: Int) throws -> BenchmarkReport {
        var options = StyleOptions()
        options.size = size
        options.smallestSize = size
        // What `Tools/bench/bench_style.py` does with PyTorch: not to follow the defaults of `cvtool stylize`.
        options.styleLayers = (1...5).map { StyleLayer("conv\($0)_1") }
        options.contentLayers = [StyleLayer("conv4_2")]
        options.pooling = .max
        options.optimizer = .adam
        options.normalizesGradients = false
        // The first scale has twice as many steps; three are for warming up.
        options.iterations = (runs + 4) / 2
        let (_, parameters) = ParameterSet.initialize(seed: 1) { VGGFeatures(.vgg19, through: "conv5_1", $0) }
        let transfer = StyleTransfer(
            name: "vgg19", .vgg19, state: parameters.stateDictionary,
            Preprocessing(width: size, height: size, resize: .stretch, mean: [124, 116, 104], std: [58, 57, 57]))
        let (content, style) = (image(seed: 1), [StyleSource(image(seed: 2))])
        let plan = try transfer.plan(content, styles: style, options: options)
        try requireMemory(plan.bytes, for: "style transfer at \(size)×\(size)")
        let clock = ContinuousClock()
        var last: ContinuousClock.Instant?
        var times: [Double] = []
        _ = try transfer(content, styles: style, options: options) { step in
            let now = clock.now
            if let last, step.made > 3 { times.append((now - last) / .milliseconds(1)) }
            last = now
            return times.count < runs
        }
        return BenchmarkReport(
            network: "style transfer, vgg19 to conv5_1", input: "\(size)×\(size)",
            facts: [JSONMember("width", .integer(size)), JSONMember("height", .integer(size))], runs: runs,
            steps: [BenchmarkStep("step", times: times)])
    }

    private func image(seed: UInt64) -> Image {
        var numbers = SplitMix64(seed: seed)
        let pixels = (0..<3 * size * size).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
        return Image(width: size, height: size, format: .rgb, pixels: pixels)
    }
}
