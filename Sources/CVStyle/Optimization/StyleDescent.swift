import CVCore
import CVNN
import CVTensor

/// The steps at one scale.
package final class StyleDescent {
    /// The number of a step, from 1, its losses and the painting; the descent goes on if it returns true.
    package typealias Report = (_ step: Int, _ losses: StyleLosses, _ painting: Tensor) throws -> Bool

    private let canvas: StyleCanvas
    private let objective: StyleObjective
    private let options: StyleOptions
    private let steps: Int
    private let report: Report
    package private(set) var losses: [StyleLosses] = []
    package private(set) var wasStopped = false
    /// Why L-BFGS stopped.
    package private(set) var reason: String?

    package init(
        _ canvas: StyleCanvas, _ objective: StyleObjective, _ options: StyleOptions, steps: Int,
        _ report: @escaping Report
    ) {
        (self.canvas, self.objective, self.options) = (canvas, objective, options)
        (self.steps, self.report) = (steps, report)
    }

    package func descend() throws {
        switch options.optimizer {
        case .adam: try descendWithAdam()
        case .lbfgs: try descendWithLBFGS()
        }
    }

    /// The losses of the present picture, which is given its gradient.
    ///
    /// The gradient is that of the total times the number of values: the total is a mean, and a pixel's part in it would
    /// be about as small as what optimisers take for zero.
    private func evaluate() -> StyleLosses {
        let tape = Tape(.inference)
        let x = tape.watch(canvas.picture.value, gradient: true)
        let (total, losses) = objective(x)
        let gradients = tape.gradients(of: total, seed: Tensor([Float(x.shape.count)], shape: []))
        canvas.picture.gradient = gradients[x]
        return losses
    }

    private func descendWithAdam() throws {
        let adam = Adam([canvas.picture], learningRate: options.learningRate, beta2: 0.99)
        if !canvas.memory.isEmpty { try adam.restore(canvas.memory) }
        let average = WeightAverage([canvas.picture], decay: options.averaging)
        for step in 1...max(steps, 1) {
            let losses = evaluate()
            guard losses.total.isFinite else { throw StyleError.notFinite(step: step) }
            self.losses.append(losses)
            adam.step()
            canvas.picture.value = canvas.picture.value.clampedToUnit
            average.update()
            canvas.painting = average.stateDictionary[canvas.picture.name]!
            if try !report(step, losses, canvas.painting) {
                wasStopped = true
                break
            }
        }
        canvas.remember(adam.state)
    }

    private func descendWithLBFGS() throws {
        var (problem, last): ((any Error)?, StyleLosses?)
        let result = LBFGS([canvas.picture]).minimize(
            iterations: steps,
            afterStep: { made in
                guard let losses = last else { return true }
                self.losses.append(losses)
                self.canvas.painting = self.canvas.picture.value.clampedToUnit
                do {
                    self.wasStopped = try !self.report(made, losses, self.canvas.painting)
                } catch {
                    problem = error
                }
                return problem == nil && !self.wasStopped
            },
            {
                let losses = self.evaluate()
                last = losses
                return losses.total * Float(self.canvas.picture.shape.count)
            })
        if let problem { throw problem }
        if result.reason == .notFinite { throw StyleError.notFinite(step: result.iterations + 1) }
        canvas.painting = canvas.picture.value.clampedToUnit
        reason = result.reason.rawValue
    }
}

extension Tensor {
    /// Every value at least 0 and at most 1.
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
