import CVCore
import CVModels
import CVNN
import CVTensor
import CVWeights
import TestSupport
import Testing

@Suite("Siamese networks") struct SiameseNetTests {
    private let images = seededTensor(seed: 3, [5, 1, 48, 48])

    private func network(_ comparison: SiameseNet.Comparison) -> SiameseNet {
        ParameterSet.initialize(seed: 2) { SiameseNet(comparison, $0) }.network
    }

    @Test("SiameseNet: embeddings have length 1, and those for χ² are not negative")
    func embeddingsHaveLengthOne() {
        for comparison in SiameseNet.Comparison.allCases {
            let embeddings = network(comparison)(images)
            #expect(embeddings.shape == [5, 64])
            for row in 0..<5 {
                let values = embeddings.values[row * 64..<(row + 1) * 64]
                #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
                if comparison == .chiSquared { #expect(values.allSatisfy { $0 >= 0 }) }
            }
        }
    }

    @Test("SiameseNet: the head is a logistic regression on the differences")
    func theHeadIsALogisticRegression() {
        let (network, parameters) = ParameterSet.initialize(seed: 2) { SiameseNet(.logistic, $0) }
        let weights = seededTensor(seed: 9, [1, 64])
        parameters["head.weight"]?.value = weights
        parameters["head.bias"]?.value = Tensor([0.25], shape: [1])
        let embeddings = network(images)
        let (a, b) = (selectRows(embeddings, [0, 1]), selectRows(embeddings, [2, 3]))
        let (x, y) = (a.values, b.values)
        let distances = network.distances(a, b)
        for row in 0..<2 {
            let logit = (0..<64).reduce(0.25) { sum, index in
                sum + Double(weights.values[index]) * Double(abs(x[row * 64 + index] - y[row * 64 + index]))
            }
            #expect(abs(distances[row] - 1 / (1 + exp(logit))) < 1e-5)
        }
        #expect(network.measure == .probability && self.network(.distance).measure == .euclidean)
    }

    @Test("SiameseNet: distances of unit vectors")
    func distancesOfUnitVectors() {
        let (a, b) = (Tensor([1, 0, 0, 1], shape: [2, 2]), Tensor([0, 1, 0, 1], shape: [2, 2]))
        let found = network(.distance).distances(a, b)
        #expect(abs(found[0] - 2.0.squareRoot()) < 1e-7 && found[1] == 0)
    }

    @Test("SiameseNet: the registry has all three, and no shapes for an input that is too small")
    func theRegistryHasAllThree() throws {
        #expect(
            SiameseNet.Comparison.allCases.map { SiameseNet.name($0) }.sorted() == [
                "siamese-small", "siamese-small-chi-squared", "siamese-small-logistic",
            ])
        let small = ModelSpec.Input(channels: 1, height: 4, width: 48)
        #expect(ModelRegistry.shapes(of: "siamese-small", classes: 0, input: small) == nil)
        let shapes = try #require(ModelRegistry.shapes(of: "siamese-small-logistic", classes: 0))
        #expect(shapes["head.weight"] == [1, 64] && shapes["fc.weight"] == [64, 128 * 3 * 3])
        #expect(ModelRegistry.shapes(of: "siamese-small", classes: 0)?["head.weight"] == nil)
    }
}
