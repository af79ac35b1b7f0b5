import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct LBFGSTests {
    /// Compares with PyTorch's run of `Tools/golden.py optimizers`, one step per call.
    private func compare(_ name: String, _ optimizer: LBFGS, _ valley: Valley, tolerance: Float) throws {
        let run = try #require(try OptimizerGolden.read().optimisers.first { $0.name == name })
        for (number, expected) in run.steps.enumerated() {
            _ = optimizer.minimize(iterations: 1, valley.evaluate)
            #expect(valley.error(expected) < tolerance, "\(name), step \(number)")
        }
    }

    @Test("L-BFGS: fixed steps agree with PyTorch") func agreesWithPyTorchWithoutALineSearch() throws {
        let valley = Valley()
        let optimizer = LBFGS(valley.parameters.trainable, learningRate: 0.1, search: .fixed, history: 5)
        try compare("lbfgs, fixed", optimizer, valley, tolerance: 1e-5)
    }

    @Test("L-BFGS: steps under the strong Wolfe conditions agree with PyTorch")
    func agreesWithPyTorchUnderWolfesConditions() throws {
        let valley = Valley()
        let optimizer = LBFGS(valley.parameters.trainable, history: 5)
        try compare("lbfgs, wolfe", optimizer, valley, tolerance: 1e-5)
    }

    @Test("L-BFGS: finds the minimum with either line search", arguments: [LBFGS.Search.strongWolfe, .backtracking])
    func findsTheMinimum(_ search: LBFGS.Search) {
        let valley = Valley()
        let result = LBFGS(valley.parameters.trainable, search: search).minimize(iterations: 200, valley.evaluate)
        #expect(result.loss < 1e-6)
        #expect(result.reason == .gradient || result.reason == .change || result.reason == .notDescending)
        #expect(result.iterations < 100 && result.evaluations >= result.iterations)
        #expect(valley.error(seededTensor(seed: 4, [3, 4]).values + [1, 1, 1, 1]) < 1e-2)
    }

    @Test("L-BFGS: reports why it stopped") func reportsTheReason() {
        let valley = Valley()
        func reason(_ iterations: Int, _ evaluate: @escaping () -> Float) -> LBFGS.Reason {
            LBFGS(valley.parameters.trainable).minimize(iterations: iterations, evaluate).reason
        }
        #expect(reason(1, valley.evaluate) == .iterations)
        #expect(reason(5) { .nan } == .notFinite)
        #expect(reason(5) { 1 } == .gradient)
        // The negated gradient points uphill: no length decreases the loss.
        #expect(
            reason(5) {
                let loss = valley.evaluate()
                valley.a.gradient = valley.a.gradient.map { $0 * -1 }
                valley.b.gradient = valley.b.gradient.map { $0 * -1 }
                return loss
            } == .notDescending)
    }

    @Test(
        "L-BFGS: a restored optimizer makes the same steps to the bit",
        arguments: [LBFGS.Search.strongWolfe, .backtracking, .fixed], [0, 1, 4, 9])
    func aRestoredOneMakesTheSameSteps(_ search: LBFGS.Search, after steps: Int) throws {
        let (valley, other) = (Valley(), Valley())
        let rate: Float = search == .fixed ? 0.1 : 1
        let first = LBFGS(valley.parameters.trainable, learningRate: rate, search: search, history: 5)
        if steps > 0 { _ = first.minimize(iterations: steps, valley.evaluate) }
        let second = LBFGS(other.parameters.trainable, learningRate: rate, search: search, history: 5)
        try second.restore(first.state)
        try other.parameters.load(valley.parameters.stateDictionary)
        _ = first.minimize(iterations: 5, valley.evaluate)
        _ = second.minimize(iterations: 5, other.evaluate)
        #expect(other.a.value.values == valley.a.value.values && other.b.value.values == valley.b.value.values)
        #expect(first.state.mapValues(\.values) == second.state.mapValues(\.values))
    }

    @Test("L-BFGS: rejects the state of other parameters") func rejectsTheStateOfOtherParameters() throws {
        let valley = Valley()
        let optimizer = LBFGS(valley.parameters.trainable)
        _ = optimizer.minimize(iterations: 3, valley.evaluate)
        let smaller = LBFGS([valley.a])
        let error = #expect(throws: ParameterMismatch.self) { try smaller.restore(optimizer.state) }
        #expect(error?.difference.misshapen.first == .init(key: "direction", expected: [12], found: [16]))
        var state = optimizer.state
        state["y.0"] = nil
        let missing = #expect(throws: ParameterMismatch.self) { try optimizer.restore(state) }
        #expect(missing?.difference.missing == ["y.0"])
    }

    @Test("L-BFGS: with a shorter history than before the newest steps are kept") func newestStepsAreKept() throws {
        let valley = Valley()
        let long = LBFGS(valley.parameters.trainable, history: 5)
        _ = long.minimize(iterations: 5, valley.evaluate)
        let state = long.state
        let count = state.keys.count { $0.hasPrefix("s.") }
        try #require(count > 2)
        let short = LBFGS(valley.parameters.trainable, history: 2)
        try short.restore(state)
        for name in ["s", "y"] {
            #expect(short.state["\(name).0"]?.values == state["\(name).\(count - 2)"]?.values)
            #expect(short.state["\(name).1"]?.values == state["\(name).\(count - 1)"]?.values)
            #expect(short.state["\(name).2"] == nil)
        }
    }
}
