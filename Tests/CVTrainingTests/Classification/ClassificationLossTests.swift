import CVClassification
import CVModels
import CVNN
import CVTensor
import CVTraining
import TestSupport
import Testing

@Suite struct ClassificationLossTests {
    private let x = uniformTensor(seed: 1, [3, 3, 32, 32])
    private let labels = [0, 3, 1]

    @Test("classification loss: adds the loss of each auxiliary head times its weight")
    func addsTheLossOfEachAuxiliaryHeadTimesItsWeight() {
        let network = ParameterSet.initialize(seed: 1) { GoogLeNet(classes: 4, dropout: 0, auxiliaryDropout: 0, $0) }
            .network
        let (loss, logits) = classificationLoss(network, Tape(.training).watch(x), labels, smoothing: 0.1)
        let outputs = network.outputs(Tape(.training).watch(x))
        #expect(relativeError(logits, outputs.logits) == 0 && outputs.auxiliary.count == 2)
        let losses = ([outputs.logits] + outputs.auxiliary).map { crossEntropy($0, labels, smoothing: 0.1).item }
        let expected = losses[0] + 0.3 * losses[1] + 0.3 * losses[2]
        #expect(abs(loss.item - expected) < 1e-5 * expected)
    }

    @Test("classification loss: is the cross-entropy for other networks") func isTheCrossEntropyOfOtherNetworks() {
        let network = ParameterSet.initialize(seed: 1) { LogisticRegression(inputs: 3 * 32 * 32, classes: 4, $0) }
            .network
        let (loss, logits) = classificationLoss(network, Tape(.training).watch(x), labels)
        #expect(relativeError(logits, network(x)) < 1e-6)
        #expect(loss.item == crossEntropy(network(x), labels).item)
    }
}
