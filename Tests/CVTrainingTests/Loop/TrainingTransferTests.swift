import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct TrainingTransferTests {
    @Test("checkpoint: all but the omitted weights are taken from a checkpoint")
    func allButTheOmittedWeightsAreTakenFromACheckpoint() throws {
        let trained = ParameterSet.initialize(seed: 1) { TrainedNetwork(size: 16, $0) }.parameters
        let (_, fresh) = ParameterSet.initialize(seed: 2) { TrainedNetwork(size: 8, $0) }
        let head = fresh["fc.weight"]!.value.values
        #expect(throws: ParameterMismatch.self) { try fresh.load(trained.stateDictionary) }
        try fresh.load(trained.stateDictionary, omitting: ["fc."])
        #expect(fresh["conv2.weight"]!.value.values == trained["conv2.weight"]!.value.values)
        #expect(fresh["fc.weight"]!.value.values == head)
        // What is not omitted must be there.
        var state = trained.stateDictionary
        state["conv1.weight"] = nil
        let error = #expect(throws: ParameterMismatch.self) { try fresh.load(state, omitting: ["fc."]) }
        #expect(error?.difference.missing == ["conv1.weight"] && error?.difference.misshapen.isEmpty == true)
    }
}
