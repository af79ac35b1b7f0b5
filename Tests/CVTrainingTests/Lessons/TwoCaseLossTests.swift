import CVTensor
import CVTraining
import TestSupport
import Testing

/// The loss of classification with localization.
@Suite("Lessons: the two-case loss") struct TwoCaseLossTests {
    private let layout = ShapeLayout(coordinates: 4, classes: 3)

    private let ln2 = 0.6931471805599453
    private let ln3 = 1.0986122886681098

    @Test("where there is an object, p_c, coordinates and classes count: values by hand")
    func presentObject() {
        let output = Tensor([0, 0.5, 0.25, 1, 2, 0, 0, 0], shape: [1, 8, 1, 1])
        let target = ShapeTarget(coordinates: [0.5, 0.75, 1, 1], label: 2)
        let value = TwoCaseLoss()(output, [[ShapePlace(row: 0, column: 0): target]], layout)
        // 5 · (0² + 0.5² + 0² + 1²)
        #expect(abs(value.coordinates - 6.25) < 1e-9)
        #expect(abs(value.presence - ln2) < 1e-9 && abs(value.classes - ln3) < 1e-9)
        #expect(abs(Double(value.total.item) - (6.25 + ln2 + ln3)) < 1e-5)
        let light = TwoCaseLoss(coordinateWeight: 1, emptyWeight: 7)(
            output, [[ShapePlace(row: 0, column: 0): target]], layout)
        #expect(abs(light.coordinates - 1.25) < 1e-9 && abs(light.presence - ln2) < 1e-9)
    }

    @Test("where there is none, only p_c counts, and only it has a gradient")
    func absentObject() throws {
        let tape = Tape(.training)
        let output = tape.watch(Tensor([0, 9, -9, 3, 2, 5, 6, 7], shape: [1, 8, 1, 1]), gradient: true)
        let value = TwoCaseLoss()(output, [[:]], layout)
        #expect(abs(value.presence - ln2 / 2) < 1e-9 && value.coordinates == 0 && value.classes == 0)
        let gradients = tape.gradients(of: value.total)
        // λ_noobj · (p_c - 0)
        #expect(try #require(gradients[output]).values == [0.25, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("a batch is averaged, the places of an image are summed")
    func sums() {
        let cells = Tensor(repeating: 0, shape: [1, 8, 2, 3])
        #expect(abs(TwoCaseLoss()(cells, [[:]], layout).presence - 6 * ln2 / 2) < 1e-9)
        let batch = Tensor(repeating: 0, shape: [4, 8, 1, 1])
        #expect(abs(TwoCaseLoss()(batch, [[:], [:], [:], [:]], layout).presence - ln2 / 2) < 1e-9)
    }

    @Test("the gradient is that of finite differences, with one box a cell and with two")
    func gradients() {
        let one: [ShapeTargets] = [
            [ShapePlace(row: 1, column: 0): .init(coordinates: [0.2, 0.9, 1.5, 1], label: 1)], [:],
        ]
        checkGradient(of: [seededTensor(seed: 1, [2, 8, 2, 3])]) { [layout] in TwoCaseLoss()($0[0], one, layout).total }
        let pair = ShapeLayout(coordinates: 4, classes: 3, boxesPerCell: 2)
        let two: [ShapeTargets] = [
            [
                ShapePlace(row: 0, column: 1, anchor: 1): .init(coordinates: [0.4, 0.1, -0.5, 0.3], label: 0),
                ShapePlace(row: 0, column: 1): .init(coordinates: [0.5, 0.2, 0.1, 0.2], label: 2),
            ]
        ]
        checkGradient(of: [seededTensor(seed: 2, [1, 16, 2, 2])]) { TwoCaseLoss()($0[0], two, pair).total }
        let corners = ShapeLayout(coordinates: 8, classes: 0)
        let sheet: [ShapeTargets] = [
            [ShapePlace(row: 0, column: 0): .init(coordinates: (0..<8).map { Float($0) / 8 })]
        ]
        checkGradient(of: [seededTensor(seed: 3, [1, 9, 1, 1])]) { TwoCaseLoss()($0[0], sheet, corners).total }
    }

    @Test("an output that says the truth costs nothing, and one that is very wrong has a finite loss")
    func extremes() {
        let target: [ShapeTargets] = [
            [ShapePlace(row: 0, column: 0): .init(coordinates: [0.5, 0.5, 1, 1], label: 0)]
        ]
        let right = Tensor([40, 0.5, 0.5, 1, 1, 40, 0, 0], shape: [1, 8, 1, 1])
        #expect(TwoCaseLoss()(right, target, layout).total.item < 1e-6)
        let wrong = Tensor([-2000, 0.5, 0.5, 1, 1, 0, 9000, 0], shape: [1, 8, 1, 1])
        #expect(TwoCaseLoss()(wrong, target, layout).total.isFinite)
    }
}
