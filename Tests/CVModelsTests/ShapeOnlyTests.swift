import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

/// All networks of the catalog, run on shapes alone and with values.
@Suite("Networks on shapes alone", .serialized) struct ShapeOnlyTests {
    /// The smallest square image, of some sizes, that the network accepts.
    private func smallest(_ model: ModelSpec) throws -> (ModelSpec.Input, ModelSummary) {
        for side in [16, 28, 32, 64, 75, 96, 112, 128, 150, 192, 224, 299] {
            let input = ModelSpec.Input(channels: model.defaultInput.channels, height: side, width: side)
            if let summary = try? model.summary(input: input) { return (input, summary) }
        }
        throw ArchitectureError.unknown(model.name, nearest: nil, known: [])
    }

    @Test("networks: the summary on shapes matches a real run, and the recorded graph replays", arguments: small)
    func shapesAreThoseOfARealRun(_ name: String) throws {
        let model = try ModelRegistry.spec(named: name)
        let (input, summary) = try smallest(model)
        let (network, parameters) = ParameterSet.initialize(seed: 1) { model.make(input: input, $0) }
        let x = seededTensor(seed: 2, [1, input.channels, input.height, input.width])
        #expect(ModelSummary(of: parameters, input: input) { network.run($0.watch(x)) } == summary)

        var outputs: [Tensor] = []
        let real = RecordedGraph(.inference) { outputs = network.run($0.watch(x)) }
        // Which rows are selected depends on values where a network looks where it found something before.
        if real.operations.contains(where: { if case .selectRows = $0 { true } else { false } }) { return }
        // The last step computes the last output.
        #expect(real.replayed().values == outputs.last?.values)
        let (unloaded, shapes) = ParameterSet.shapeOnly { model.make(input: input, $0) }
        shapes.setTrainable(false)
        let expected = RecordedGraph(.inference) { outputs = unloaded.run($0.watch(.shapeOnly(x.shape))) }
        #expect(real.steps == expected.steps && real.shapes == expected.shapes)
        #expect(outputs.allSatisfy { $0.isShapeOnly })
    }

    /// Those with weights below half a gigabyte: the counts of the others are compared with PyTorch's.
    static let small = ModelRegistry.all.filter { $0.parameterCount() < 30_000_000 }.map(\.name)

    /// Nothing overflows, and nothing is allocated: the weights of some would be hundreds of terabytes.
    @Test("networks: the largest allowed input has a summary", arguments: ModelRegistry.all.map(\.name))
    func theLargestHasASummary(_ name: String) throws {
        let model = try ModelRegistry.spec(named: name)
        let classes = model.limits.classes.upperBound
        let side = model.limits.sides.upperBound
        let sizes = [64, 3, 1].map { ModelSpec.Input(channels: $0, height: side, width: side) }
        let found = sizes.compactMap { try? model.summary(classes: classes, input: $0) }
        let summary = try #require(found.first)
        // The styles of a shared network are one when it runs.
        let count = model.parameterCount(classes: classes, input: summary.input)
        #expect(name == "multistyle26" ? summary.parameters < count : summary.parameters == count)
        #expect(summary.rows.reduce(0) { $0 + $1.parameters } <= summary.parameters)
        #expect(summary.multiplyAdds > 0 && summary.activationBytes > 0)
    }
}
