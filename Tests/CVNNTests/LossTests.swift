import CVCore
import CVNN
import CVTensor
import TestSupport
import Testing

/// Losses and gradients compared with PyTorch's: `Tools/golden.py losses`. The number of a case is its seed.
@Suite(.serialized) struct LossTests {
    private struct Case: Decodable {
        let name: String
        let loss: Float
        let gradients: [[Float]]
    }

    private typealias Inputs = (tensors: [Tensor], function: ([Tensor]) -> Tensor)

    private func signed(_ number: Int, _ input: Int, _ shape: Shape, by scale: Float = 1) -> Tensor {
        seededTensor(seed: UInt64(100 * number + input), shape) * scale
    }

    private func unit(_ number: Int, _ input: Int, _ shape: Shape) -> Tensor {
        uniformTensor(seed: UInt64(100 * number + input), shape)
    }

    private func classes(_ number: Int, _ shape: Shape) -> [Int] {
        unit(number, 1, shape).values.map { Int(clamping: $0 * 4) }
    }

    private func binary(_ x: Tensor) -> Tensor { Tensor(x.values.map { $0 > 0.5 ? 1 : 0 }, shape: x.shape) }

    private let weights = Tensor([0.5, 2, 1, 3], shape: [4])

    private func inputs(_ name: String, _ n: Int) -> Inputs? {
        switch name {
        case "squaredError": return (pair(n), { squaredError($0[0], $0[1]) })
        case "absoluteError": return (pair(n), { absoluteError($0[0], $0[1]) })
        case "smoothL1": return (pair(n), { smoothL1($0[0], $0[1], beta: 0.7) })
        case "binaryCrossEntropy":
            let targets = unit(n, 1, [4, 5])
            return ([signed(n, 0, [4, 5], by: 20)], { binaryCrossEntropy($0[0], targets) })
        case "dice":
            let targets = binary(unit(n, 1, [2, 3, 4, 5]))
            return ([unit(n, 0, [2, 3, 4, 5])], { diceLoss($0[0], targets) })
        case "focal":
            let targets = binary(unit(n, 1, [4, 5]))
            return ([signed(n, 0, [4, 5], by: 5)], { focalLoss($0[0], targets) })
        case "triplet":
            let rows = (0..<3).map { signed(n, $0, [5, 6]) }
            return (rows, { tripletLoss($0[0], positive: $0[1], negative: $0[2], margin: 0.4) })
        case "contrastive":
            let isSame = unit(n, 2, [6]).values.map { $0 > 0.5 }
            return (
                (0..<2).map { signed(n, $0, [6, 3]) }, { contrastiveLoss($0[0], $0[1], isSame: isSame, margin: 1.5) }
            )
        case "triplet, squared":
            let rows = (0..<3).map { signed(n, $0, [5, 6]) }
            return (rows, { tripletLoss($0[0], positive: $0[1], negative: $0[2], margin: 0.4, squared: true) })
        default: return siameseInputs(name, n) ?? crossEntropyInputs(name, n)
        }
    }

    private func siameseInputs(_ name: String, _ n: Int) -> Inputs? {
        let (rows, pairs) = (classes(n, [6]), PairBatch(classes: [0, 0, 1, 1, 2, 2]))
        func head(_ difference: @escaping (Tensor, Tensor) -> Tensor) -> Inputs {
            let inputs = [unit(n, 0, [6, 3]), signed(n, 1, [1, 3], by: 3), signed(n, 2, [1])]
            return (
                inputs,
                { x in
                    let differences = difference(selectRows(x[0], pairs.first), selectRows(x[0], pairs.second))
                    return pairLoss(linear(differences, x[1], bias: x[2]), pairs)
                }
            )
        }
        switch name {
        case "arcFace":
            return (
                [signed(n, 0, [6, 3]), signed(n, 2, [4, 3])],
                { arcFaceLoss($0[0], directions: $0[1], classes: rows, margin: 0.5, scale: 4) }
            )
        case "pairs, logistic": return head(absoluteDifference)
        case "pairs, chi-squared": return head { chiSquaredDifference($0, $1) }
        case "contrastive, batch": return ([signed(n, 0, [6, 3])], { contrastiveLoss($0[0], pairs, margin: 1.2) })
        default: return nil
        }
    }

    private func pair(_ n: Int) -> [Tensor] { (0..<2).map { signed(n, $0, [4, 5], by: 3) } }

    private func crossEntropyInputs(_ name: String, _ n: Int) -> Inputs? {
        let (rows, weights) = (classes(n, [6]), weights)
        let x = signed(n, 0, [6, 4], by: 5)
        switch name {
        case "crossEntropy": return ([x], { crossEntropy($0[0], rows) })
        case "crossEntropy, smoothed": return ([x], { crossEntropy($0[0], rows, smoothing: 0.1) })
        case "crossEntropy, weighted": return ([x], { crossEntropy($0[0], rows, weights: weights) })
        case "crossEntropy, all":
            let pixels = classes(n, [2, 3, 5])
            return (
                [signed(n, 0, [2, 4, 3, 5], by: 5)],
                { crossEntropy($0[0], pixels, weights: weights, smoothing: 0.2, ignoring: 2) }
            )
        case "dice, classes":
            // No pixel is of class 3; class 1 is ignored.
            let pixels = classes(n, [2, 3, 5]).map { min($0, 2) }
            return ([signed(n, 0, [2, 4, 3, 5], by: 3)], { diceLoss($0[0], pixels, ignoring: 1) })
        case "focal, classes":
            let pixels = classes(n, [2, 3, 5])
            return (
                [signed(n, 0, [2, 4, 3, 5], by: 5)],
                { focalLoss($0[0], pixels, weights: weights, gamma: 2, ignoring: 1) }
            )
        case "crossEntropy, soft":
            var targets = unit(n, 1, [3, 4]).values
            for row in 0..<3 {
                let total = targets[row * 4..<row * 4 + 4].reduce(0, +)
                for index in row * 4..<row * 4 + 4 { targets[index] /= total }
            }
            let soft = Tensor(targets, shape: [3, 4])
            return ([signed(n, 0, [3, 4], by: 5)], { crossEntropy($0[0], soft) })
        default: return nil
        }
    }

    private func cases() throws -> [(Case, Inputs)] {
        try decoded("Golden/losses.json", as: [Case].self).enumerated().map { number, item in
            (item, try #require(inputs(item.name, number), "\(item.name)"))
        }
    }

    @Test("losses: values and gradients match PyTorch") func agreeWithPyTorch() throws {
        let cases = try cases()
        #expect(cases.count == 20)
        for (item, (tensors, function)) in cases {
            let tape = Tape(.training)
            let watched = tensors.map { tape.watch($0, gradient: true) }
            let loss = function(watched)
            #expect(abs(loss.item - item.loss) <= 1e-5 * abs(item.loss), "\(item.name)")
            #expect(function(tensors).item == loss.item, "\(item.name) without a tape")
            let gradients = tape.gradients(of: loss)
            for (input, expected) in zip(watched, item.gradients) {
                let found = try #require(gradients[input], "\(item.name)")
                #expect(relativeError(found, Tensor(expected, shape: found.shape)) < 1e-5, "\(item.name)")
            }
        }
    }

    /// The inputs are at least a step away from the kinks of |x|, of smooth L1 and of the margins in the direction tried.
    @Test("losses: gradients match finite differences") func gradientsAreThoseOfDifferences() throws {
        for (item, (tensors, function)) in try cases() where item.name != "absoluteError" {
            // Two of the features that the head compares differ by 0.0036 only.
            let step: Float = item.name == "pairs, logistic" ? 1e-3 : 3e-3
            checkGradient(of: tensors, step: step, tolerance: 1e-2, function)
        }
    }

    @Test("absolute error: gradient matches finite differences away from the kinks")
    func theAbsoluteErrorHasTheGradientOfDifferencesAwayFromItsKinks() {
        let (x, sign) = (seededTensor(seed: 1, [40]), seededTensor(seed: 2, [40]))
        let target = Tensor(zip(x.values, sign.values).map { $0 + ($1 < 0 ? -0.1 : 0.1) + $1 }, shape: [40])
        checkGradient(of: [x, target], step: 3e-3, tolerance: 1e-2) { absoluteError($0[0], $0[1]) }
    }

    @Test("losses: independent of the thread count") func doNotDependOnTheNumberOfThreads() {
        defer { Parallel.threadCount = Parallel.availableCores }
        let (x, t) = (seededTensor(seed: 1, [37, 10, 30, 30]), uniformTensor(seed: 2, [37, 10, 30, 30]))
        let classes = uniformTensor(seed: 3, [37 * 900]).values.map { Int(clamping: $0 * 10) }
        func losses() -> [Float] {
            [squaredError(x, t).item, binaryCrossEntropy(x, t).item, crossEntropy(x, classes).item]
        }
        Parallel.threadCount = 1
        let alone = losses()
        for threads in [2, 3, 8] {
            Parallel.threadCount = threads
            #expect(losses() == alone)
        }
    }

    @Test("losses: finite for extreme logits") func extremeLogitsGiveFiniteLosses() {
        let x = Tensor([1000, -1000, 0], shape: [1, 3])
        #expect(crossEntropy(x, [1]).item == 2000)
        #expect(binaryCrossEntropy(x, Tensor([0, 1, 1], shape: [1, 3])).item.isFinite)
        #expect(focalLoss(x, Tensor([0, 1, 1], shape: [1, 3])).item.isFinite)
        #expect(focalLoss(x, [1]).item == 2000 && focalLoss(x, [0]).item == 0 && diceLoss(x, [1]).item == 1)
    }

    @Test("losses: 0, with zero gradients, if all targets are ignored") func lossIsZeroIfAllIsIgnored() throws {
        let tape = Tape(.training)
        let x = tape.watch(seededTensor(seed: 1, [2, 3]), gradient: true)
        let loss = crossEntropy(x, [-100, -100]) + diceLoss(x, [-100, -100]) + focalLoss(x, [-100, -100])
        #expect(loss.item == 0)
        #expect(tape.gradients(of: loss)[x]?.values == [0, 0, 0, 0, 0, 0])
    }

    @Test("triplet mining: semi-hard negatives are the nearest between positive and margin")
    func semiHardNegativesAreTheNearestBetweenPositiveAndMargin() {
        let (x, classes) = (seededTensor(seed: 5, [12, 3]), (0..<12).map { $0 % 3 })
        let rows = (0..<12).map { Array(x.values[$0 * 3..<$0 * 3 + 3]) }
        func distance(_ a: Int, _ b: Int) -> Float {
            zip(rows[a], rows[b]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        }
        var expected: [Triplet] = []
        for anchor in 0..<12 {
            for positive in 0..<12 where positive != anchor && positive % 3 == anchor % 3 {
                var best: Int?
                for negative in 0..<12 where negative % 3 != anchor % 3 {
                    let (near, far) = (distance(anchor, positive), distance(anchor, negative))
                    guard far > near, far < near + 0.3 else { continue }
                    if best.map({ distance(anchor, $0) > far }) ?? true { best = negative }
                }
                if let best { expected.append(Triplet(anchor: anchor, positive: positive, negative: best)) }
            }
        }
        let found = semiHardTriplets(x, classes: classes, margin: 0.3)
        #expect(found == expected)
        #expect(found.count > 3 && found.count < 36)
        checkGradient(of: [x], step: 1e-3, tolerance: 1e-2) { tripletLoss($0[0], found, margin: 0.3) }
        #expect(tripletLoss(x, []).item == 0)
    }

    @Test("triplet mining: a negative as near as the positive is not semi-hard") func equallyNearIsNotSemiHard() {
        let points = Tensor([0, 1, -1, 1.5], shape: [4, 1])
        #expect(
            semiHardTriplets(points, classes: [0, 0, 1, 1]) == [Triplet(anchor: 0, positive: 1, negative: 3)])
    }
}
