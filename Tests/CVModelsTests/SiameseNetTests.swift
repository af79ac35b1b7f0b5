import CVCore
import CVModels
import CVNN
import CVTensor
import CVWeights
import TestSupport
import Testing

@Suite("Siamese networks") struct SiameseNetTests {
    private let images = seededTensor(seed: 3, [5, 1, 32, 32])

    private func network(_ comparison: SiameseNet.Comparison) -> SiameseNet {
        ParameterSet.initialize(seed: 2) { SiameseNet(comparison, $0) }.network
    }

    @Test("SiameseNet: embeddings have length 1, and those for χ² are not negative")
    func embeddingsHaveLengthOne() {
        for comparison in SiameseNet.Comparison.allCases {
            let embeddings = network(comparison)(images)
            #expect(embeddings.shape == [5, 256])
            for row in 0..<5 {
                let values = embeddings.values[row * 256..<(row + 1) * 256]
                #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
                if comparison == .chiSquared { #expect(values.allSatisfy { $0 >= 0 }) }
            }
        }
    }

    @Test("SiameseNet: the embedding is that of the branches, one after the other, and the logit the mean of theirs")
    func theEmbeddingIsThatOfTheBranches() {
        for comparison in SiameseNet.Comparison.allCases {
            let network = network(comparison)
            let parts = network.branches.map { $0(images) }
            let whole = network(images)
            for (index, part) in parts.enumerated() {
                for row in 0..<5 {
                    let start = row * 256 + index * 64
                    let found = whole.values[start..<start + 64].map { 2 * $0 }
                    #expect(zip(found, part.values[row * 64..<(row + 1) * 64]).allSatisfy { abs($0 - $1) < 1e-6 })
                }
            }
            #expect(parts[0].values != parts[1].values)
            guard comparison != .distance else { continue }
            let (first, second) = ([0, 1, 2], [2, 3, 4])
            let found = network.logits(selectRows(whole, first), selectRows(whole, second)).values
            let logits = zip(network.branches, parts).map {
                $0.logits(selectRows($1, first), selectRows($1, second)).values
            }
            for pair in 0..<3 {
                #expect(abs(found[pair] - logits.reduce(0) { $0 + $1[pair] } / 4) < 1e-4)
            }
        }
    }

    @Test("SiameseNet: the head is a logistic regression on the differences")
    func theHeadIsALogisticRegression() {
        let (network, parameters) = ParameterSet.initialize(seed: 2) { SiameseNet(.logistic, branches: 1, $0) }
        let weights = seededTensor(seed: 9, [1, 64])
        parameters["branch1.head.weight"]?.value = weights
        parameters["branch1.head.bias"]?.value = Tensor([0.25], shape: [1])
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
        #expect(shapes["branch1.head.weight"] == [1, 64] && shapes["branch4.fc.weight"] == [64, 128 * 2 * 2])
        #expect(ModelRegistry.shapes(of: "siamese-small", classes: 0)?["branch1.head.weight"] == nil)
    }
}
