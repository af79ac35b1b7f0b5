import CVImage
import CVModels
import CVNN
import CVTensor
import CVTraining
import TestSupport
import Testing

/// The loss of YOLOX against PyTorch's: `Tools/golden.py yolox`.
@Suite struct YOLOXLossTests {
    private struct Whole: Decodable {
        let seed: UInt64, scale: Float
        let input: [Int], objects: [[[Float]]], matches: [[[Int]]]
        let box, objectness, classes, absolute: Double
        let gradients: [String: NetworkGolden.Summary]
    }

    private struct Golden: Decodable {
        let modes: [String: Whole]
        let grids: [Grids], overlap: Overlap
        let parameters: [String: Int]
    }

    private struct Grids: Decodable {
        let seed: UInt64
        let objects: [[[Float]]], matches: [[[Int]]]
        let box, objectness, classes, absolute: Double
        let gradients: [NetworkGolden.Summary]
    }

    private struct Overlap: Decodable {
        struct Loss: Decodable {
            let value: Float, gradient: [Float]
        }
        let boxes, targets: [Float]
        let losses: [String: Loss]
    }

    private func golden() throws -> Golden { try decoded("Golden/yolox-loss.json", as: Golden.self) }

    private func labeled(_ objects: [[[Float]]]) -> [[LabeledBox]] {
        objects.map { image in
            image.map {
                LabeledBox(
                    Box(minX: $0[0], minY: $0[1], maxX: $0[2], maxY: $0[3]), label: Int(exactly: $0[4]) ?? -1)
            }
        }
    }

    private func check(
        _ value: YOLOXLoss.Value, _ matches: [[[Int]]], _ parts: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let found = value.matches.map { $0.map { [$0.cell, $0.object] } }
        #expect(found == matches, sourceLocation: sourceLocation)
        for (found, expected) in zip([value.box, value.objectness, value.classes, value.absolute], parts) {
            #expect(abs(found - expected) <= 1e-4 * max(expected, 1), sourceLocation: sourceLocation)
        }
        #expect(abs(Double(value.total.item) - parts.reduce(0, +)) <= 1e-4 * parts.reduce(0, +))
    }

    // Batches of so few values are normalized in training that PyTorch in single precision, too, is 2e-4 from double.
    @Test(
        "YOLOX: loss and gradients of yolox-nano match PyTorch",
        arguments: zip([Tape.Mode.inference, .training], [1e-5, 5e-4]))
    func lossAndGradientsMatchPyTorch(_ mode: Tape.Mode, _ tolerance: Double) throws {
        let golden = try #require(try golden().modes["\(mode)"])
        func make(_ p: ParameterScope) -> YOLOX { YOLOX(classes: 3, p) }
        let state = seededState(ParameterSet.shapes(make), seed: golden.seed).mapValues {
            $0.shape.rank > 1 ? $0 * golden.scale : $0
        }
        let (network, parameters) = try ParameterSet.load(make, from: state)
        var loss = YOLOXLoss()
        loss.hasAbsoluteError = true
        let tape = Tape(mode)
        let grids = network(tape.watch(seededTensor(seed: golden.seed, Shape(golden.input))))
        let value = loss(grids, labeled(golden.objects))
        check(value, golden.matches, [golden.box, golden.objectness, golden.classes, golden.absolute])
        tape.gradients(of: value.total)
        let largest = golden.gradients.values.map(\.norm).max() ?? 0
        #expect(golden.gradients.count == parameters.filter { !$0.isBuffer }.count)
        for (key, expected) in golden.gradients where expected.norm > 1e-6 * largest {
            let error = parameters[key]?.gradient.map { expected.error(of: $0) } ?? .infinity
            #expect(error < tolerance, "gradient of \(key)")
        }
    }

    @Test("YOLOX: assignment, loss and gradients of grids match PyTorch", arguments: [false, true])
    func gridsMatchPyTorch(_ hasAbsoluteError: Bool) throws {
        let golden = try golden().grids[hasAbsoluteError ? 1 : 0]
        let tape = Tape(.training)
        let grids = YOLOX.strides.enumerated().map { level, stride -> YOLOGrid in
            let side = 128 / stride
            var values = seededTensor(seed: golden.seed + UInt64(level), [2, 8, side, side]).values
            for index in values.indices where (2..<4).contains(index / (side * side) % 8) {
                values[index] = values[index] * 0.5 + 1
            }
            let size = Float(stride)
            return YOLOGrid(
                values: tape.watch(Tensor(values, shape: [2, 8, side, side]), gradient: true),
                anchors: [.init(size, size)], coding: .offset)
        }
        var loss = YOLOXLoss()
        loss.hasAbsoluteError = hasAbsoluteError
        let value = loss(grids, labeled(golden.objects))
        check(value, golden.matches, [golden.box, golden.objectness, golden.classes, golden.absolute])
        let gradients = tape.gradients(of: value.total)
        for (grid, expected) in zip(grids, golden.gradients) {
            #expect(gradients[grid.values].map { expected.error(of: $0) } ?? .infinity < 1e-4)
        }
    }

    @Test("overlap losses match torchvision and finite differences", arguments: OverlapLoss.allCases)
    func overlapLossesMatch(_ kind: OverlapLoss) throws {
        let golden = try golden().overlap
        let expected = try #require(golden.losses[kind.rawValue])
        let targets = Tensor(golden.targets, shape: [12, 4])
        let tape = Tape(.training)
        let boxes = tape.watch(Tensor(golden.boxes, shape: [12, 4]), gradient: true)
        let loss = overlapLoss(boxes, targets, kind)
        #expect(abs(loss.item - expected.value) < 1e-5)
        let gradients = tape.gradients(of: loss)
        let gradient = try #require(gradients[boxes])
        #expect(relativeError(gradient, Tensor(expected.gradient, shape: [12, 4])) < 1e-4)
        // The weight of CIoU's proportions is a constant in its gradient.
        if kind != .ciou {
            checkGradient(of: [Tensor(golden.boxes, shape: [12, 4])]) { overlapLoss($0[0], targets, kind) }
        }
    }

    @Test("YOLOX: published numbers of parameters") func parametersMatchPyTorch() throws {
        for (name, count) in try golden().parameters {
            #expect(try ModelRegistry.spec(named: "yolox-\(name)", task: .detect).parameterCount() == count)
        }
    }

    @Test("YOLOX: images without objects, and boxes without area") func emptyImagesAndBoxes() {
        let network = ParameterSet.initialize(seed: 1) { YOLOX(classes: 2, $0) }.network
        let grids = network(seededTensor(seed: 1, [2, 3, 64, 64]))
        let line = LabeledBox(Box(minX: 3, minY: 3, maxX: 3, maxY: 40), label: 1)
        let far = LabeledBox(Box(minX: 3, minY: 3, maxX: .infinity, maxY: 40), label: 1)
        let value = YOLOXLoss()(grids, [[], [line, far]])
        #expect(value.matches == [[], []] && value.box == 0 && value.classes == 0)
        #expect(value.objectness > 0 && value.total.item.isFinite)
    }
}
