import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

/// The losses of landmarks compared with PyTorch's: `Tools/golden.py landmarks`; and their networks.
@Suite("Networks for landmarks") struct LandmarkNetworkTests {
    private struct Golden: Decodable {
        let wing: Float
        let wingGradients: [[Float]]
        let positions, positionsGradient, gaussians: [Float]
    }

    private let golden: Golden

    init() throws { golden = try decoded("Golden/landmarks.json", as: Golden.self) }

    @Test("the wing loss and its gradients match PyTorch") func wingLossMatches() throws {
        let tape = Tape(.training)
        let x = tape.watch(seededTensor(seed: 1, [4, 6]) * 20, gradient: true)
        let t = tape.watch(seededTensor(seed: 2, [4, 6]) * 20, gradient: true)
        let loss = wingLoss(x, t)
        #expect(abs(loss.item - golden.wing) < 1e-5 * golden.wing)
        let gradients = tape.gradients(of: loss)
        for (input, expected) in zip([x, t], golden.wingGradients) {
            let found = try #require(gradients[input])
            #expect(relativeError(found, Tensor(expected, shape: [4, 6])) < 1e-5)
        }
    }

    @Test("the wing loss is continuous where its two ranges meet, and 0 at 0")
    func wingLossMeets() {
        func loss(_ distance: Float) -> Float { wingLoss(Tensor([distance], shape: [1]), Tensor([0], shape: [1])).item }
        #expect(loss(0) == 0)
        #expect(abs(loss(9.9999) - loss(10.0001)) < 1e-3)
        #expect(abs(loss(-3) - loss(3)) < 1e-6)
    }

    /// Targets are 2 to 6 away: a step crosses neither 0 nor the width.
    @Test("the wing loss: gradients match finite differences", arguments: [10, 1] as [Float])
    func wingLossGradient(width: Float) {
        checkGradient(of: [seededTensor(seed: 6, [3, 4]), seededTensor(seed: 7, [3, 4]) + 4]) {
            wingLoss($0[0], $0[1], width: width, curvature: 1)
        }
    }

    @Test("soft-argmax and its gradient match PyTorch") func softArgmaxMatches() throws {
        let tape = Tape(.training)
        let maps = tape.watch(seededTensor(seed: 3, [2, 3, 4, 5]), gradient: true)
        let positions = softArgmax(maps, sharpness: 3)
        #expect(positions.shape == [2, 3, 2])
        #expect(relativeError(positions, Tensor(golden.positions, shape: [2, 3, 2])) < 1e-6)
        let gradients = tape.gradients(of: positions, seed: seededTensor(seed: 4, [2, 3, 2]))
        let found = try #require(gradients[maps])
        #expect(relativeError(found, Tensor(golden.positionsGradient, shape: [2, 3, 4, 5])) < 1e-5)
    }

    @Test("soft-argmax: gradients match finite differences") func softArgmaxGradient() {
        checkGradient(of: [seededTensor(seed: 8, [1, 2, 3, 4])]) { softArgmax($0[0], sharpness: 2) }
    }

    @Test("Gaussian heat maps match PyTorch, and are empty for unknown points") func gaussiansMatch() {
        let values = uniformTensor(seed: 5, [2, 3, 2]).values.map { $0 * 1.4 - 0.2 }
        var positions = stride(from: 0, to: values.count, by: 2).map { (x: values[$0], y: values[$0 + 1]) }
        let maps = gaussianMaps(positions, shape: [2, 3, 4, 5], deviation: 1.5)
        #expect(relativeError(maps, Tensor(golden.gaussians, shape: [2, 3, 4, 5])) < 1e-5)
        positions[1] = (.nan, 0.5)
        let without = gaussianMaps(positions, shape: [2, 3, 4, 5], deviation: 1.5)
        #expect(without.values[20..<40].allSatisfy { $0 == 0 } && without.values[..<20] == maps.values[..<20])
    }

    @Test(
        "networks give 1 + 2K numbers, or K maps of a quarter of the size",
        arguments: ModelRegistry.specs(for: .landmarks).filter(\.hasClasses))
    func outputsHaveTheirShapes(spec: ModelSpec) {
        let input = ModelSpec.Input(channels: 3, height: 64, width: 64)
        let (network, parameters) = ParameterSet.initialize(seed: 3) {
            spec.makeLandmarkNetwork(points: 7, input: input, $0)
        }
        let output = network(uniformTensor(seed: 9, [2, 3, 64, 64]))
        switch network.head {
        case .regression:
            #expect(output.shape == [2, 15])
            // Before training all points are near the middle, and p_c says nothing.
            let values = output.values
            #expect(
                values.indices.allSatisfy { abs(values[$0] - ($0 % 15 == 0 ? 0 : 0.5)) < ($0 % 15 == 0 ? 0.8 : 0.05) },
                "\(values)")
        case .heatmap: #expect(output.shape == [2, 7, 16, 16])
        }
        let tape = Tape(.training, seed: 1)
        tape.gradients(of: (network(tape.watch(uniformTensor(seed: 9, [2, 3, 64, 64]))) * 2).sum(to: []))
        for parameter in parameters.trainable { #expect(parameter.gradient != nil, "\(parameter.name)") }
    }
}
