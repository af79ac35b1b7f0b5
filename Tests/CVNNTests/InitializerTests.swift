import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct InitializerTests {
    /// A weight with fan-in 16 · 9 = 144 and fan-out 32 · 9 = 288.
    private let shape: Shape = [32, 16, 3, 3]

    private func moments(_ initializer: Initializer) -> (mean: Double, deviation: Double, largest: Double) {
        var numbers = SeededNumbers(seed: 11)
        let values = initializer.tensor(shape, &numbers).values.map(Double.init)
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.map { value -> Double in (value - mean) * (value - mean) }
        let variance = squares.reduce(0, +) / Double(values.count)
        return (mean, variance.squareRoot(), values.map(abs).max()!)
    }

    private static func root(_ x: Double) -> Double { x.squareRoot() }

    private static let normals: [(Initializer, Double)] = [
        (.xavierNormal(), root(2.0 / 432)), (.xavierNormal(gain: 2), 2 * root(2.0 / 432)),
        (.heNormal(), root(2.0 / 144)), (.heNormal(fan: .output), root(2.0 / 288)),
        (.heNormal(slope: 1), root(1.0 / 144)), (.normal(deviation: 0.3), 0.3),
    ]

    private static let uniforms: [(Initializer, Double)] = [
        (.xavierUniform(), root(6.0 / 432)), (.heUniform(), root(6.0 / 144)),
        (.heUniform(fan: .output), root(6.0 / 288)), (.pyTorchWeight, 1.0 / 12), (.uniform(-0.5...0.5), 0.5),
        (.pyTorchBias(of: [7, 16, 3, 3]), 1.0 / 12),
    ]

    /// With 4608 values the standard error of the mean is σ / 68 and that of the deviation 1 %; three times that is allowed.
    @Test("initializers: normal distributions have the standard deviation of their definition", arguments: normals)
    func normalDistributionsHaveTheirDeviation(_ initializer: Initializer, _ deviation: Double) {
        let found = moments(initializer)
        #expect(abs(found.mean) < 3 * deviation / 68)
        #expect(abs(found.deviation / deviation - 1) < 0.03)
        #expect(found.largest > 3 * deviation)
    }

    @Test("initializers: uniform distributions fill the range of their definition", arguments: uniforms)
    func uniformDistributionsReachTheirBound(_ initializer: Initializer, _ bound: Double) {
        let found = moments(initializer)
        #expect(abs(found.mean) < bound / 30)
        #expect(abs(found.deviation / (bound / 3.0.squareRoot()) - 1) < 0.03)
        #expect(found.largest <= bound * (1 + 1e-6) && found.largest > 0.995 * bound)
    }

    @Test("initializers: constants fill the tensor") func constantsAreConstant() {
        var numbers = SeededNumbers(seed: 1)
        #expect(Initializer.zeros.tensor([3], &numbers).values == [0, 0, 0])
        #expect(Initializer.ones.tensor([2], &numbers).values == [1, 1])
        #expect(Initializer.normal(mean: 5, deviation: 0).tensor([2], &numbers).values == [5, 5])
    }

    @Test("initializers: weights depend on seed and name, not on preceding layers")
    func weightsDependOnSeedAndNameOnly() {
        func weights(_ seed: UInt64, extra: Bool) -> [Float] {
            ParameterSet.initialize(seed: seed) { p -> Parameter in
                if extra { _ = Conv2d(3, 3, kernel: 1, p.scope("extra")) }
                return Conv2d(2, 4, kernel: 3, p.scope("conv")).weight
            }.network.value.values
        }
        #expect(weights(5, extra: false) == weights(5, extra: true))
        #expect(weights(5, extra: false) != weights(6, extra: false))
    }

    @Test("initializers: another one can be chosen by name") func initializersCanBeChosenByName() {
        func zeroBias(name: String, _: Shape) -> Initializer? { name.hasSuffix("bias") ? .zeros : nil }
        let network = ParameterSet.initialize(seed: 1, choosing: zeroBias) { Conv2d(2, 4, kernel: 3, $0) }.network
        #expect(network.bias?.value.values == [0, 0, 0, 0])
        #expect(network.weight.value.values.contains { $0 != 0 })
    }
}
