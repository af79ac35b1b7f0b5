import CVCore
import CVNN
import CVTensor

/// The optimization of the image at one scale.
package final class StyleOptimization {
    /// Receives the number of a step, from 1, its losses and the image; returns whether to continue.
    package typealias Report = (_ step: Int, _ losses: StyleLosses, _ stylized: Tensor) throws -> Bool

    private let optimized: OptimizedImage
    private let objective: StyleObjective
    private let options: StyleOptions
    private let steps: Int
    private let report: Report
    package private(set) var losses: [StyleLosses] = []
    package private(set) var wasStopped = false
    /// Why L-BFGS stopped; nil for Adam.
    package private(set) var reason: String?

    package init(
        _ optimized: OptimizedImage, _ objective: StyleObjective, _ options: StyleOptions, steps: Int,
        _ report: @escaping Report
    ) {
        (self.optimized, self.objective, self.options) = (optimized, objective, options)
        (self.steps, self.report) = (steps, report)
    }

    package func optimize() throws {
        switch options.optimizer {
        case .adam: try optimizeWithAdam()
        case .lbfgs: try optimizeWithLBFGS()
        }
    }

    /// Computes the losses of the present image and sets its gradient.
    ///
    /// The gradient is that of the total times the number of values: the total is a mean, and the gradient of a single pixel
    /// would be about as small as what optimizers treat as zero.
    private func evaluate() -> StyleLosses {
        let tape = Tape(.inference)
        let x = tape.watch(optimized.parameter.value, gradient: true)
        let (total, losses) = objective(x)
        let gradients = tape.gradients(of: total, seed: Tensor([Float(x.shape.count)], shape: []))
        optimized.parameter.gradient = gradients[x]
        return losses
    }

    private func optimizeWithAdam() throws {
        let adam = Adam([optimized.parameter], learningRate: options.learningRate, beta2: 0.99)
        if !optimized.memory.isEmpty { try adam.restore(optimized.memory) }
        let average = WeightAverage([optimized.parameter], decay: options.averaging)
        for step in 1...max(steps, 1) {
            let losses = evaluate()
            guard losses.total.isFinite else { throw StyleError.notFinite(step: step) }
            self.losses.append(losses)
            adam.step()
            optimized.parameter.value = optimized.parameter.value.clampedToUnit
            average.update()
            optimized.stylized = average.stateDictionary[optimized.parameter.name]!
            if try !report(step, losses, optimized.stylized) {
                wasStopped = true
                break
            }
        }
        optimized.remember(adam.state)
    }

    private func optimizeWithLBFGS() throws {
        var (problem, last): ((any Error)?, StyleLosses?)
        let result = LBFGS([optimized.parameter]).minimize(
            iterations: steps,
            afterStep: { made in
                guard let losses = last else { return true }
                self.losses.append(losses)
                self.optimized.stylized = self.optimized.parameter.value.clampedToUnit
                do {
                    self.wasStopped = try !self.report(made, losses, self.optimized.stylized)
                } catch {
                    problem = error
                }
                return problem == nil && !self.wasStopped
            },
            {
                let losses = self.evaluate()
                last = losses
                return losses.total * Float(self.optimized.parameter.shape.count)
            })
        if let problem { throw problem }
        if result.reason == .notFinite { throw StyleError.notFinite(step: result.iterations + 1) }
        optimized.stylized = optimized.parameter.value.clampedToUnit
        reason = result.reason.rawValue
    }
}

extension Tensor {
    /// The values clamped to 0…1.
    fileprivate var clampedToUnit: Tensor {
        Tensor(shape: shape) { y in
            nonisolated(unsafe) let y = y
            withValues { x in
                nonisolated(unsafe) let x = x
                Parallel.forRanges(x.count, grain: 1 << 14) { range in
                    for index in range { y[index] = min(max(x[index], 0), 1) }
                }
            }
        }
    }
}
