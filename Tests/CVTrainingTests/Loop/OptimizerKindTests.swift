import CVNN
import CVTensor
import CVTraining
import Testing

@Suite struct OptimizerKindTests {
    /// One step from 2 with a gradient of 0: what is left is the regularization.
    private func step(_ kind: OptimizerKind, weightDecay: Double = 0, l1: Double = 0) -> Float {
        let (weight, parameters) = ParameterSet.initialize(seed: 1) {
            $0.parameter("w", shape: [1], initialized: .constant(2))
        }
        let optimizer = kind.make(
            parameters.trainable, learningRate: 0.1, momentum: 0.9, weightDecay: weightDecay, l1: l1)
        weight.gradient = Tensor([0], shape: [1])
        optimizer.step()
        return weight.value.item
    }

    @Test("optimizer kinds: each has both regularizations", arguments: OptimizerKind.allCases)
    func regularizationsAreUsed(kind: OptimizerKind) {
        #expect(step(kind) == 2)
        #expect(step(kind, weightDecay: 0.1) < 2)
        #expect(step(kind, l1: 0.1) < 2)
    }
}
