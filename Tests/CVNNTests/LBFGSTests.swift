import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct LBFGSTests {
    /// PyTorch's runs of `Tools/golden.py optimisers`: one step a call.
    private func compare(_ name: String, _ optimizer: LBFGS, _ valley: Valley, tolerance: Float) throws {
        let run = try #require(try OptimizerGolden.read().optimisers.first { $0.name == name })
        for (number, expected) in run.steps.enumerated() {
            _ = optimizer.minimize(iterations: 1, valley.evaluate)
            #expect(valley.error(expected) < tolerance, "\(name), step \(number)")
        }
    }

    @Test func agreesWithPyTorchWithoutALineSearch() throws {
        let valley = Valley()
        let optimizer = LBFGS(valley.parameters.trainable, learningRate: 0.1, search: .fixed, history: 5)
        try compare("lbfgs, fixed", optimizer, valley, tolerance: 1e-5)
    }

    @Test func agreesWithPyTorchUnderWolfesConditions() throws {
        let valley = Valley()
        let optimizer = LBFGS(valley.parameters.trainable, history: 5)
        try compare("lbfgs, wolfe", optimizer, valley, tolerance: 1e-5)
    }

    @Test(arguments: [LBFGS.Search.strongWolfe, .backtracking])
    func findsTheMinimum(_ search: LBFGS.Search) {
        let valley = Valley()
        let result = LBFGS(valley.parameters.trainable, search: search).minimize(iterations: 200, valley.evaluate)
        #expect(result.loss < 1e-6)
        #expect(result.reason == .gradient || result.reason == .change || result.reason == .notDescending)
        #expect(result.iterations < 100 && result.evaluations >= result.iterations)
        #expect(valley.error(seededTensor(seed: 4, [3, 4]).values + [1, 1, 1, 1]) < 1e-2)
    }

    @Test func saysWhyItStopped() {
        let valley = Valley()
        func reason(_ iterations: Int, _ evaluate: @escaping () -> Float) -> LBFGS.Reason {
            LBFGS(valley.parameters.trainable).minimize(iterations: iterations, evaluate).reason
        }
        #expect(reason(1, valley.evaluate) == .iterations)
        #expect(reason(5) { .nan } == .notFinite)
        #expect(reason(5) { 1 } == .gradient)
        // The gradient leads uphill: no length helps.
        #expect(
            reason(5) {
                let loss = valley.evaluate()
                valley.a.gradient = valley.a.gradient.map { $0 * -1 }
                valley.b.gradient = valley.b.gradient.map { $0 * -1 }
                return loss
            } == .notDescending)
    }
}
