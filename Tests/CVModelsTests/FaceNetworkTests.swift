import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

/// The networks for faces can be trained further.
@Suite("Networks for faces") struct FaceNetworkTests {
    /// With random weights, and the smallest input.
    @Test(
        "networks for faces: gradients reach all weights",
        arguments: [
            "yunet", "blazeface-short", "blazeface-full", "face-mesh", "face-mesh-attention", "sface", "dlib-face",
        ])
    func gradientsReachAllWeights(name: String) throws {
        let spec = try ModelRegistry.spec(named: name)
        let (network, parameters) = ParameterSet.initialize(seed: 3) { spec.make($0) }
        let side = spec.takesAnySize ? spec.minimumSide * 2 : spec.defaultInput.height
        let tape = Tape(.training)
        let results = network.run(tape.watch(seededTensor(seed: 4, [2, 3, side, side]), gradient: true))
        // One number that depends on all results.
        let parts = results.map { ($0 * seededTensor(seed: 5, $0.shape)).sum(to: []) }
        _ = tape.gradients(of: parts.dropFirst().reduce(parts[0]) { $0 + $1 })
        for parameter in parameters.trainable {
            let gradient = try #require(parameter.gradient, "\(parameter.name)")
            #expect(gradient.isFinite && gradient.values.contains { $0 != 0 }, "\(parameter.name)")
        }
    }

    @Test(
        "networks for faces: grids of other sizes",
        arguments: [("yunet", 32), ("blazeface-short", 16), ("blazeface-full", 32)])
    func gridsOfOtherSizes(name: String, multiple: Int) throws {
        let spec = try ModelRegistry.spec(named: name)
        guard case .keypointDetector(let network) = ParameterSet.initialize(seed: 1, { spec.make($0) }).network else {
            return #expect(Bool(false))
        }
        #expect(network.stride == multiple)
        for grid in network(seededTensor(seed: 2, [1, 3, 3 * multiple, 2 * multiple])) {
            let (height, width) = (3 * multiple / grid.stride, 2 * multiple / grid.stride)
            #expect(grid.keypointCount == network.keypointNames.count)
            #expect(grid.scores.allSatisfy { $0.shape == [1, grid.anchors, height, width] })
            #expect(grid.values.shape == [1, grid.anchors * (4 + 2 * grid.keypointCount), height, width])
        }
    }
}
