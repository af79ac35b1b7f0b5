import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct ClassifierTests {
    /// On a tape the convolutions do in three steps what they do in one without; every weight gets a gradient.
    @Test(arguments: [
        "logistic", "fully-connected", "lenet5", "small-cnn", "resnet20", "resnet56", "resnet18", "resnet50",
    ])
    func runsTheSameOnATapeAndTrainsEveryWeight(_ name: String) throws {
        let architecture = try ClassifierArchitecture.named(name)
        let size = architecture.takesAnySize ? 40 : architecture.defaultInput.height
        let (network, parameters) = initialized(seed: 1) { architecture.make(classes: 7, $0) }
        let x = uniformTensor(seed: 2, [2, architecture.defaultInput.channels, size, size])
        let logits = network(x)
        #expect(logits.shape == [2, 7])
        #expect(relativeError(network(Tape(.inference).watch(x)), logits) < 1e-4)

        let tape = Tape(.training)
        tape.gradients(of: crossEntropy(network(tape.watch(x)), [3, 5]))
        for parameter in parameters where !parameter.isBuffer {
            #expect(parameter.gradient?.shape == parameter.shape, "\(parameter.name)")
            #expect(parameter.gradient?.values.contains { $0 != 0 } == true, "\(parameter.name)")
        }
    }
}
