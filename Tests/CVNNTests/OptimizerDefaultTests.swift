import CVNN
import Testing

/// The defaults of `torch.optim`.
@Suite struct OptimizerDefaultTests {
    @Test("optimizers: AdamW has the defaults of PyTorch") func adamWHasTheDefaultsOfPyTorch() {
        let adam = Adam.decoupled([])
        #expect(adam.learningRate == 1e-3 && adam.beta1 == 0.9 && adam.beta2 == 0.999 && adam.epsilon == 1e-8)
        #expect(adam.decoupledDecay == Regularization(l2: 1e-2) && adam.regularization == .none)
        #expect(Adam([]).decoupledDecay == .none && Adam([]).learningRate == 1e-3)
    }

    @Test("L-BFGS: with a shorter history the newest curvature pairs are restored") func aShorterHistoryKeepsTheNewest()
        throws
    {
        let valley = Valley()
        let long = LBFGS(valley.parameters.trainable, history: 5)
        _ = long.minimize(iterations: 9, valley.evaluate)
        let short = LBFGS(valley.parameters.trainable, history: 2)
        try short.restore(long.state)
        #expect(long.state["s.4"] != nil && short.state["s.2"] == nil)
        for (index, name) in ["s.3", "s.4"].enumerated() {
            #expect(short.state["s.\(index)"]?.values == long.state[name]?.values)
        }
    }
}
