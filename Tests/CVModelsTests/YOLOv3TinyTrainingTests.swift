import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct YOLOv3TinyTrainingTests {
    private let x = uniformTensor(seed: 1, [1, 3, 64, 64])

    /// On a tape the fused blocks run as three operations.
    @Test("YOLOv3-tiny: same result on a tape") func givesTheSameOnATape() {
        let network = ParameterSet.initialize(seed: 1) { YOLOv3Tiny(classes: 3, $0) }.network
        for (found, expected) in zip(network(Tape(.inference).watch(x)), network(x)) {
            #expect(found.values.tape != nil)
            #expect(relativeError(found.values, expected.values) < 1e-4)
        }
    }

    @Test("YOLOv3-tiny: a gradient for every weight") func everyWeightGetsAGradient() {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { YOLOv3Tiny(classes: 3, $0) }
        let tape = Tape(.training)
        let grids = network(tape.watch(x))
        tape.gradients(
            of: grids.map { squaredError($0.values, $0.values.detached + 1) }.reduce(Tensor([0], shape: []), +))
        for parameter in parameters {
            #expect((parameter.gradient == nil) == parameter.isBuffer, "\(parameter.name)")
        }
        #expect(parameters["conv1.bn.running_mean"]?.value.values.contains { $0 != 0 } == true)
    }
}
