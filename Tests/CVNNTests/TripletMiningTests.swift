import CVCore
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite("Triplet mining and pairs of a batch") struct TripletMiningTests {
    private let x = seededTensor(seed: 5, [12, 3])
    private let classes = (0..<12).map { $0 % 3 }

    private func distance(_ a: Int, _ b: Int) -> Float {
        let rows = x.values
        return (0..<3).reduce(0) { sum, index in
            let difference = rows[a * 3 + index] - rows[b * 3 + index]
            return sum + difference * difference
        }
    }

    @Test("triplet mining: hardest takes the farthest of the class and the nearest of the others")
    func hardestTakesTheFarthestPositiveAndTheNearestNegative() {
        let found = hardestTriplets(x, classes: classes)
        #expect(found.map(\.anchor) == Array(0..<12))
        for triplet in found {
            let (near, far) = (distance(triplet.anchor, triplet.positive), distance(triplet.anchor, triplet.negative))
            #expect(triplet.positive % 3 == triplet.anchor % 3 && triplet.positive != triplet.anchor)
            #expect(triplet.negative % 3 != triplet.anchor % 3)
            for other in 0..<12 where other != triplet.anchor {
                if other % 3 == triplet.anchor % 3 {
                    #expect(distance(triplet.anchor, other) <= near)
                } else {
                    #expect(distance(triplet.anchor, other) >= far)
                }
            }
        }
        checkGradient(of: [x], step: 1e-3, tolerance: 1e-2) { tripletLoss($0[0], found, margin: 0.3, squared: true) }
    }

    @Test("triplet mining: random takes every pair of a class once, and every negative in its turn")
    func randomTakesEveryPairWithAnyNegative() {
        var random = SplitMix64(seed: 3)
        var seen: Set<Int> = []
        for _ in 0..<40 {
            let found = randomTriplets(classes: classes, using: &random)
            let pairs = found.map { [$0.anchor, $0.positive] }
            #expect(pairs.count == 36 && Set(pairs).count == 36)
            #expect(found.allSatisfy { classes[$0.positive] == classes[$0.anchor] && $0.positive != $0.anchor })
            #expect(found.allSatisfy { classes[$0.negative] != classes[$0.anchor] })
            seen.formUnion(found.filter { $0.anchor == 0 }.map(\.negative))
        }
        #expect(seen == [1, 2, 4, 5, 7, 8, 10, 11])
        var (first, second) = (SplitMix64(seed: 9), SplitMix64(seed: 9))
        #expect(randomTriplets(classes: classes, using: &first) == randomTriplets(classes: classes, using: &second))
    }

    @Test("triplet mining: semi-hard with squares has its margin in squared distances")
    func semiHardOfSquaresHasItsMarginInSquares() {
        let found = semiHardTriplets(x, classes: classes, margin: 0.2, squared: true)
        #expect(!found.isEmpty && found != semiHardTriplets(x, classes: classes, margin: 0.2))
        for triplet in found {
            let (near, far) = (distance(triplet.anchor, triplet.positive), distance(triplet.anchor, triplet.negative))
            #expect(far > near && far < near + 0.2)
        }
    }

    @Test("triplet mining: a batch of one class, or of one image each, has no triplets")
    func aBatchWithoutPairsHasNoTriplets() {
        var random = SplitMix64(seed: 1)
        for classes in [[Int](repeating: 0, count: 12), Array(0..<12)] {
            for mining in TripletMining.allCases {
                #expect(mining.triplets(x, classes: classes, margin: 1, using: &random).isEmpty)
            }
        }
    }

    @Test("triplet loss: with squares a triplet counts as in FaceNet, with distances as in PyTorch")
    func squaresAreThoseOfFaceNet() {
        let (anchor, near, far) = (
            Tensor([0, 0], shape: [1, 2]), Tensor([0.6, 0.8], shape: [1, 2]), Tensor([0, 1.5], shape: [1, 2])
        )
        let squares = tripletLoss(anchor, positive: near, negative: far, margin: 0.2, squared: true)
        #expect(squares.item == 0)
        let tight = tripletLoss(anchor, positive: near, negative: far, margin: 1.5, squared: true)
        #expect(abs(tight.item - 0.25) < 1e-6)
        let distances = tripletLoss(anchor, positive: near, negative: far, margin: 1)
        #expect(abs(distances.item - 0.5) < 1e-5)
    }

    @Test("pairs of a batch: each once, and both kinds count the same")
    func pairsOfABatch() {
        let pairs = PairBatch(classes: [4, 4, 7])
        #expect(pairs == PairBatch(classes: [1, 1, 0]))
        #expect(pairs.first == [0, 0, 1] && pairs.second == [1, 2, 2] && pairs.isSame == [true, false, false])
        // ln(1 + e^-2) for the pair of a class; ln(1 + e^0) and ln(1 + e^2) for the others.
        let logits = Tensor([2, 0, 2], shape: [3, 1])
        let others = (log1p(exp(0.0)) + log1p(exp(2.0))) / 2
        #expect(abs(Double(pairLoss(logits, pairs).item) - (log1p(exp(-2.0)) + others) / 2) < 1e-6)
        // Of one kind alone.
        let alone = pairLoss(Tensor([2], shape: [1, 1]), PairBatch(classes: [5, 5]))
        #expect(abs(Double(alone.item) - log1p(exp(-2.0))) < 1e-6)
    }

    @Test("ArcFace: the margin is added to the angle of the own class")
    func theMarginIsAddedToTheAngle() {
        let cosines = Tensor([cos(0.3), cos(1.1), cos(3), cos(0.2)], shape: [2, 2])
        let moved = angularMargin(cosines, classes: [0, 0], margin: 0.5).values
        #expect(abs(moved[0] - cos(0.8)) < 1e-5 && moved[1] == cosines.values[1] && moved[3] == cosines.values[3])
        // Beyond π - 0.5 a straight line, which goes on falling.
        #expect(abs(moved[2] - (cos(3) - 0.5 * sin(0.5))) < 1e-5)
        checkGradient(of: [seededTensor(seed: 2, [6, 4]) * 0.9], step: 1e-3, tolerance: 1e-2) {
            angularMargin($0[0], classes: [0, 1, 2, 3, 0, 1], margin: 0.5)
        }
        // At an angle of 0 the slope is finite.
        let tape = Tape(.training)
        let one = tape.watch(Tensor([1, 0], shape: [1, 2]), gradient: true)
        let gradients = tape.gradients(of: angularMargin(one, classes: [0], margin: 0.5).sum(to: []))
        #expect(gradients[one]?.isFinite == true)
    }

    @Test("l2Normalized: rows of length 1, rows of zeros stay; gradient matches finite differences")
    func rowsHaveLengthOne() {
        let y = l2Normalized(Tensor([3, 4, 0, 0, 1e30, 0], shape: [3, 2]))
        #expect(relativeError(y, Tensor([0.6, 0.8, 0, 0, 1, 0], shape: [3, 2])) < 1e-6)
        checkGradient(of: [seededTensor(seed: 3, [5, 4])], step: 1e-3, tolerance: 5e-3) { l2Normalized($0[0]) }
        #expect(l2Normalized(.shapeOnly([2, 3])).isShapeOnly)
    }

    @Test("differences of embeddings: values, and gradients that match finite differences")
    func differencesOfEmbeddings() {
        let (a, b) = (Tensor([1, 0, 3, 0], shape: [2, 2]), Tensor([3, 0, 1, 2], shape: [2, 2]))
        #expect(absoluteDifference(a, b).values == [2, 0, 2, 2])
        #expect(relativeError(chiSquaredDifference(a, b), Tensor([1, 0, 1, 2], shape: [2, 2])) < 1e-5)
        let inputs = [uniformTensor(seed: 3, [4, 5]) + 0.2, uniformTensor(seed: 8, [4, 5]) + 0.2]
        checkGradient(of: inputs, step: 1e-4, tolerance: 1e-2) { absoluteDifference($0[0], $0[1]) }
        checkGradient(of: inputs, step: 1e-3, tolerance: 1e-2) { chiSquaredDifference($0[0], $0[1]) }
    }
}
