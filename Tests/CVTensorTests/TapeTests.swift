import CVTensor
import TestSupport
import Testing

@Suite struct TapeTests {
    @Test("Tape: gradient of a polynomial") func differentiatesAPolynomial() {
        let tape = Tape(.training)
        let x = tape.watch(Tensor([2, 3], shape: [2]), gradient: true)
        let y = (x * x * x + x * 5).sum(to: [])
        #expect(y.item == 8 + 27 + 25)
        #expect(tape.gradients(of: y)[x]?.values == [3 * 4 + 5, 3 * 9 + 5])
    }

    @Test("Tape: gradients of several paths are summed") func addsUpTheGradientsOfSeveralPaths() {
        let tape = Tape(.training)
        let x = tape.watch(Tensor([4], shape: [1]), gradient: true)
        let left = x * 2
        let right = x * 3
        #expect(tape.gradients(of: left * right + left)[x]?.item == Float(50))
    }

    @Test("Tape: nothing is recorded without a tape") func recordsNothingWithoutATape() {
        let x = Tensor([1, 2], shape: [2])
        #expect((x * x).tape == nil)
    }

    @Test("Tape: a detached tensor is a constant") func aDetachedPartIsAConstant() {
        let tape = Tape(.training)
        let x = tape.watch(Tensor([3], shape: [1]), gradient: true)
        #expect(tape.gradients(of: x * (x * x).detached)[x]?.item == 9)
    }

    @Test("Tape: the mode propagates without gradients") func carriesTheModeWithoutAGradient() {
        let tape = Tape(.training)
        let x = tape.watch(Tensor([1], shape: [1]))
        let y = Activation.relu(x + x)
        #expect(y.tape?.mode == .training)
        #expect(tape.gradients(of: y)[x] == nil)
    }

    @Test("Tape: no gradient is computed for a frozen input") func computesNoGradientForAFrozenInput() {
        let tape = Tape(.training)
        let x = tape.watch(seededTensor(seed: 1, [1, 2, 5, 5]))
        let weight = tape.watch(seededTensor(seed: 2, [3, 2, 3, 3]), gradient: true)
        let y = conv2d(x, weight, ConvGeometry(kernel: 3))
        let gradients = tape.gradients(of: y.sum(to: []))
        #expect(gradients[x] == nil)
        #expect(gradients[weight]?.shape == [3, 2, 3, 3])
    }

    @Test("Tape: a shared parameter receives one gradient") func aParameterUsedTwiceIsGivenOneGradient() {
        final class Owner {}
        let owner = Owner()
        let tape = Tape(.training)
        var received: [[Float]] = []
        func weight() -> Tensor {
            tape.watch(Tensor([5], shape: [1]), name: "w", owner: owner) { received.append($0.values) }
        }
        let a = weight() * 2
        let b = weight() * weight()
        tape.gradients(of: a + b)
        #expect(received == [[2 + 10]])
    }

    @Test("Tape: records are freed") func freesWhatItRecorded() {
        weak var freed: AnyObject?
        do {
            let tape = Tape(.training)
            let x = tape.watch(seededTensor(seed: 1, [1000]), gradient: true)
            var y = x
            for _ in 0..<1000 { y = y * 1.001 }
            freed = y.tape
            tape.gradients(of: y.sum(to: []))
        }
        #expect(freed == nil)
    }

    @Test("activations: shared memory is not overwritten") func anActivationWritesNoMemoryThatSomeoneHolds() {
        let tape = Tape(.training)
        let x = tape.watch(seededTensor(seed: 1, [300]), gradient: true)
        let before = x.values
        let relu = Activation.relu(x)
        #expect(x.values == before && relu.values != before)
        // The gradient of SiLU needs what it was computed from, though nobody else holds that.
        let silu = Activation.silu(x * 2)
        let gradient = tape.gradients(of: silu.sum(to: []))[x]!.values
        for (x, slope) in zip(before, gradient) {
            #expect(abs(slope - 2 * siluSlope(2 * x)) < 1e-5)
        }
    }

    private func siluSlope(_ x: Float) -> Float {
        let s = Activation.sigmoid(Tensor([x], shape: [1])).item
        return s + x * s * (1 - s)
    }

    @Test("activations: run in place on unshared memory") func anActivationStaysInMemoryThatNobodyElseHolds() {
        func address(_ x: Tensor) -> UnsafePointer<Float>? { x.withValues { $0.baseAddress } }
        let y = seededTensor(seed: 1, [300]) * 2
        let (own, values) = (address(y), y.values)
        let result = Activation.relu(consume y)
        #expect(address(result) == own)
        #expect(result.values == values.map { max($0, 0) })
    }

    @Test("Tape: the observer receives each step with its tensors") func itsObserverReceivesEachStepWithItsTensors() {
        final class Owner {}
        var observed: [ObservedStep] = []
        let tape = Tape(.inference)
        tape.observing {
            observed.append($0)
        } during: {
            let x = tape.watch(seededTensor(seed: 1, [1, 2, 4, 4]), gradient: true)
            let weight = tape.watch(
                seededTensor(seed: 2, [3, 2, 3, 3]), name: "conv.weight", owner: Owner(), receive: nil)
            let y = Activation.relu(conv2d(x, weight, ConvGeometry(kernel: 3)))
            _ = y + y
        }
        #expect(observed.map(\.operation.name) == ["input", "parameter", "conv2d", "relu", "+"])
        #expect(observed.map(\.parameters) == [[], [], ["conv.weight"], [], []])
        let small: Shape = [1, 3, 2, 2]
        #expect(observed.map(\.inputShapes) == [[], [], [[1, 2, 4, 4], [3, 2, 3, 3]], [small], [small, small]])
        #expect(observed.map(\.result.shape) == [[1, 2, 4, 4], [3, 2, 3, 3], small, small, small])
        #expect(
            tape.gradients(of: observed[4].result, seed: Tensor(repeating: 1, shape: small))[observed[0].result] != nil)
    }

    @Test("Tape: an observer that keeps results makes no reference cycle")
    func pullsNothingIntoACycleThatItsObserverKeeps() {
        final class Kept { var steps: [ObservedStep] = [] }
        final class Owner {}
        weak var freed: Tape?
        do {
            let (tape, kept) = (Tape(.inference), Kept())
            tape.observing {
                kept.steps.append($0)
            } during: {
                let x = tape.watch(seededTensor(seed: 1, [100]), gradient: true)
                _ = x * tape.watch(seededTensor(seed: 2, [100]), name: "w", owner: Owner(), receive: nil)
            }
            #expect(kept.steps.count == 3)
            freed = tape
        }
        #expect(freed == nil)
    }

    @Test("Tape: gradients of kept intermediate results") func givesTheGradientsOfResultsThatAreKept() throws {
        let tape = Tape(.inference)
        let x = tape.watch(Tensor([1, -2], shape: [2]), gradient: true)
        let y = x * 3
        let z = y * y
        let gradients = tape.gradients(of: z, seed: Tensor([1, 1], shape: [2]), keeping: [y])
        #expect(try #require(gradients[y]).values == [6, -12])
        #expect(try #require(gradients[x]).values == [18, -36])
        #expect(gradients[z] == nil)
    }
}
