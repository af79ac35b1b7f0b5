import CVCore
import CVImage
import CVNN
import CVTensor

/// A multi-scale style transfer, from the coarsest scale to the finest.
struct MultiScaleStylizer {
    private let network: StyleNetwork
    private let plan: StylePlan
    private let content: Image
    private let styles: [StyleSource]
    private let options: StyleOptions
    private let minimumSide: Int

    init(
        _ network: StyleNetwork, _ plan: StylePlan, _ content: Image, _ styles: [StyleSource], _ options: StyleOptions,
        _ minimumSide: Int
    ) {
        (self.network, self.plan, self.styles) = (network, plan, styles)
        self.content = options.matchesPalette(of: styles) ? content.withPalette(of: styles) : content
        (self.options, self.minimumSide) = (options, minimumSide)
    }

    /// - Throws: `StyleError.notFinite`, and the errors of `observe`.
    func stylize(observe: @escaping (StyleStep) throws -> Bool) throws -> StyleResult {
        var scales: [StyleResult.Scale] = []
        var optimized: OptimizedImage?
        var isComplete = true
        for (index, scale) in plan.scales.enumerated() {
            let original = content.resized(width: scale.width, height: scale.height, filter: .bicubic)
            let next =
                optimized?.resized(width: scale.width, height: scale.height)
                ?? OptimizedImage(start(scale, original))
            optimized = next
            let report = reporter(index, made: scales.reduce(0) { $0 + $1.losses.count }, original, observe)
            let objective = StyleObjective(
                network, content: original, styles: styles(at: index),
                keepsLayout: options.matchesPalette(of: styles), options)
            let run = StyleOptimization(next, objective, options, steps: scale.steps, report)
            try run.optimize()
            scales.append(
                StyleResult.Scale(image: finished(next.image, original), losses: run.losses, reason: run.reason))
            isComplete = !run.wasStopped
            if !isComplete { break }
        }
        let last = plan.scales[plan.scales.count - 1]
        return StyleResult(
            image: scales[scales.count - 1].image.resized(width: last.width, height: last.height, filter: .bicubic),
            scales: scales, isComplete: isComplete)
    }

    /// The report of each step of a scale to the observer: its number, its losses, and the image.
    private func reporter(
        _ index: Int, made: Int, _ original: Image, _ observe: @escaping (StyleStep) throws -> Bool
    ) -> StyleOptimization.Report {
        { step, losses, stylized in
            let scale = plan.scales[index]
            return try observe(
                StyleStep(
                    scale: index, scales: plan.scales.count, width: scale.width, height: scale.height, step: step,
                    steps: scale.steps, made: made + step, progress: plan.progress(scale: index, step: step),
                    losses: losses, stylized: { finished(Image(unit: stylized), original) }))
        }
    }

    private func finished(_ image: Image, _ original: Image) -> Image {
        options.keepsColors ? image.withColors(of: original) : image
    }

    private func start(_ scale: StylePlan.Scale, _ original: Image) -> Tensor {
        switch options.start {
        case .content: return original.unitTensor
        case .image(let image):
            return image.withoutAlpha().resized(width: scale.width, height: scale.height, filter: .bicubic).unitTensor
        case .noise:
            var numbers = SeededNumbers(seed: options.seed)
            let count = 3 * scale.width * scale.height
            let values = (0..<count).map { _ in min(max(0.5 + 0.15 * Float(numbers.normal()), 0), 1) }
            return Tensor(values, shape: [1, 3, scale.height, scale.width])
        }
    }

    private func styles(at index: Int) -> [StyleSource] {
        let longerSide = max(plan.scales[index].width, plan.scales[index].height)
        return styles.map { style in
            let frame = StyleFrame(
                style: style.image, longerSide: options.styleSide(longerSide), minimum: minimumSide)
            let image = style.image.resized(width: frame.width, height: frame.height, filter: .bicubic)
            return StyleSource(
                image.blurred(sigma: options.styleBlur), weight: style.weight, region: style.region, part: style.part)
        }
    }
}

/// The image as the parameter of an optimizer, and the state of the optimizer.
package final class OptimizedImage {
    package let parameter: Parameter
    /// The state of Adam from the previous scale, upsampled to this one.
    private(set) var memory: StateDictionary = [:]
    /// The result: the moving average over the steps, if there is one.
    package var stylized: Tensor

    /// x: [1, 3, H, W], 0…1.
    package init(_ x: Tensor, memory: StateDictionary = [:]) {
        parameter = ParameterSet.initialize(seed: 0) { $0.parameter("image", shape: x.shape) }.network
        parameter.value = x
        stylized = x
        self.memory = memory
    }

    var image: Image { Image(unit: stylized) }

    /// The image and the optimizer state for the next scale. Upsampled moments avoid that Adam estimates them again, with
    /// erratic steps meanwhile.
    func resized(width: Int, height: Int) -> OptimizedImage {
        let larger = image.resized(width: width, height: height, filter: .bicubic).unitTensor
        return OptimizedImage(
            larger,
            memory: memory.mapValues { $0.shape.rank == 4 ? upsampleBilinear($0, height: height, width: width) : $0 })
    }

    func remember(_ state: StateDictionary) { memory = state }
}
