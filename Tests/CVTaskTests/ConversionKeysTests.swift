import CVCore
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights
import Foundation
import Testing

/// Checkpoints whose tensors have other names than those of the network.
@Suite("Converting checkpoints with other names") final class ConversionKeysTests {
    private let folder: String
    private let resnet20: ModelSpec

    init() throws {
        folder = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        resnet20 = try ModelRegistry.spec(named: "resnet20")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func fresh(_ spec: ModelSpec, classes: Int) -> StateDictionary {
        ParameterSet.initialize(seed: 3) { spec.make(classes: classes, $0) }.parameters.stateDictionary
    }

    /// A file with these names for the tensors of `state`, and with others beside them.
    private func checkpoint(
        _ state: StateDictionary, others: [String: [Int]] = [:], _ renamed: (String) -> String
    ) throws -> Checkpoint {
        let own = state.map {
            SafetensorsTensor(renamed($0.key), shape: $0.value.shape.dimensions, values: $0.value.values)
        }
        let more = others.map {
            SafetensorsTensor($0.key, shape: $0.value, values: [Float](repeating: 0, count: $0.value.reduce(1, *)))
        }
        let path = "\(folder)/\(UUID().uuidString).safetensors"
        try FileOutput.write(Safetensors.encode(own + more), to: path)
        return try Checkpoint(path: path)
    }

    private func linear(_ key: String) -> String { key.hasPrefix("fc.") ? "linear" + key.dropFirst(2) : key }

    /// Whether the file that comes of a conversion has these values.
    private func has(_ state: StateDictionary, _ conversion: CheckpointConversion) throws -> Bool {
        let bytes = try conversion.safetensors(preprocessing: conversion.defaultPreprocessing)
        let found = try Safetensors(bytes).stateDictionary()
        return found.mapValues(\.values) == state.mapValues(\.values)
    }

    private func error(_ body: () throws -> CheckpointConversion) -> ConversionError? {
        #expect(throws: ConversionError.self, performing: body)
    }

    /// As public checkpoints of CIFAR's ResNet-20 have it, which were trained with `DataParallel`.
    @Test("a head of another name: the rename is proposed, and does it", arguments: [10, 7])
    func theRenameOfAHeadIsProposed(classes: Int) throws {
        let state = fresh(resnet20, classes: classes)
        let checkpoint = try checkpoint(state) { "module." + self.linear($0) }
        let error = error { try CheckpointConversion(checkpoint, to: resnet20) }
        let mapping = try #require(error?.fittingMapping)
        #expect(mapping == KeyMapping(renames: [.init(from: "linear", to: "fc")]))
        #expect(error?.description.hasSuffix("Everything fits with \"linear\" renamed to \"fc\".") == true)
        let conversion = try CheckpointConversion(checkpoint, to: resnet20, mapping: mapping)
        #expect(conversion.classes == classes && conversion.leftOut.isEmpty)
        #expect(try has(state, conversion))
    }

    @Test("scopes are renamed as far up as they fit in one way")
    func stagesAreRenamedAsAWhole() throws {
        let state = fresh(resnet20, classes: 10)
        let checkpoint = try checkpoint(state) {
            self.linear($0).replacingOccurrences(of: "layer", with: "stage").replacingOccurrences(
                of: "stage1", with: "first")
        }
        let error = error { try CheckpointConversion(checkpoint, to: resnet20) }
        #expect(
            error?.fittingMapping?.renames.map(\.description) == [
                "linear=fc", "first=layer1", "stage2=layer2", "stage3=layer3",
            ])
        let conversion = try CheckpointConversion(checkpoint, to: resnet20, mapping: #require(error?.fittingMapping))
        #expect(try has(state, conversion))
    }

    @Test("nothing is proposed where names fit in several ways, or not at all")
    func noProposalWithoutOneWay() throws {
        let state = fresh(resnet20, classes: 10)
        // Blocks 1 and 2 of a stage have the same shapes.
        let blocks = try checkpoint(state) {
            $0.replacingOccurrences(of: "layer1.1.", with: "layer1.a.").replacingOccurrences(
                of: "layer1.2.", with: "layer1.b.")
        }
        #expect(error { try CheckpointConversion(blocks, to: resnet20) }?.fittingMapping == nil)
        let twoClasses = try checkpoint(state.filter { $0.key != "fc.bias" }, others: ["linear.bias": [9]]) { $0 }
        #expect(error { try CheckpointConversion(twoClasses, to: resnet20) }?.fittingMapping == nil)
        // Weights for 10 classes and biases for 9 are no head.
        let unequal = try checkpoint(
            state.filter { $0.key != "fc.bias" }, others: ["linear.bias": [9]], self.linear)
        #expect(error { try CheckpointConversion(unequal, to: resnet20) }?.fittingMapping == nil)
        #expect(
            error { try CheckpointConversion(checkpoint(state, self.linear), to: resnet20, classes: 11) }?
                .fittingMapping == nil)
    }

    @Test("the head of a detector says its classes also under another name")
    func classesOfADetectorFollowFromItsHead() throws {
        let spec = try ModelRegistry.spec(named: "yolov3-tiny")
        let shapes = Dictionary(
            uniqueKeysWithValues: spec.parameterShapes(classes: 4).map { ($0.name, $0.shape.dimensions) })
        let target = CheckpointFit.Target(spec: spec, classes: nil, input: spec.defaultInput, isHeadless: false)
        let fit = try CheckpointFit(shapes, target)
        #expect(fit.classes == 4 && fit.difference.isEmpty && shapes["head1.bias"] == [27])
        // 28 is no 3 · (5 + classes).
        let other = shapes.merging(["head1.bias": [28], "head1.weight": [28, 512, 1, 1]]) { $1 }
        #expect(try !CheckpointFit(other, target).difference.isEmpty)
    }

    @Test("a prefix that all but some other tensors have is taken off, and they are named")
    func aPrefixIsDropped() throws {
        let state = fresh(resnet20, classes: 10)
        let others = ["n_averaged": [1], "criterion.weight": [10]]
        let checkpoint = try checkpoint(state, others: others) { "backbone.net." + $0 }
        let conversion = try CheckpointConversion(checkpoint, to: resnet20)
        #expect(conversion.droppedPrefix == "backbone.net." && Set(conversion.leftOut) == Set(others.keys))
        #expect(try has(state, conversion))
        let asked = try CheckpointConversion(
            checkpoint, to: resnet20, mapping: KeyMapping(strippedPrefix: "backbone.net"))
        #expect(try asked.droppedPrefix.isEmpty && has(state, asked))
    }

    @Test("weights that are there twice are chosen by their prefix")
    func severalPrefixesAreAChoice() throws {
        let state = fresh(resnet20, classes: 10)
        let twice = state.reduce(into: StateDictionary()) { all, parameter in
            all["student." + parameter.key] = parameter.value
            all["teacher." + parameter.key] = parameter.value * 2
        }
        let checkpoint = try checkpoint(twice) { $0 }
        #expect(
            error { try CheckpointConversion(checkpoint, to: resnet20) }?.problem
                == .severalPrefixes(["student.", "teacher."], model: "resnet20"))
        let teacher = try CheckpointConversion(
            checkpoint, to: resnet20, mapping: KeyMapping(strippedPrefix: "teacher."))
        #expect(try has(state.mapValues { $0 * 2 }, teacher))
    }

    @Test("a prefix and a head of another name are proposed together")
    func prefixAndRenameAreProposedTogether() throws {
        let state = fresh(resnet20, classes: 10)
        let checkpoint = try checkpoint(state, others: ["step": [1]]) { "encoder_q." + self.linear($0) }
        let mapping = try #require(error { try CheckpointConversion(checkpoint, to: resnet20) }?.fittingMapping)
        #expect(mapping.strippedPrefix == "encoder_q.")
        #expect(mapping.renames == [.init(from: "encoder_q.linear", to: "encoder_q.fc")])
        #expect(try has(state, CheckpointConversion(checkpoint, to: resnet20, mapping: mapping)))
    }

    @Test("a backbone has the task features and no head")
    func theHeadIsLeftOut() throws {
        let state = fresh(resnet20, classes: 10)
        let checkpoint = try checkpoint(state, self.linear)
        let renamed = KeyMapping(renames: [.init(from: "linear", to: "fc")])
        let conversion = try CheckpointConversion(checkpoint, to: resnet20, isHeadless: true, mapping: renamed)
        #expect(Set(conversion.leftOut) == ["linear.weight", "linear.bias"] && conversion.labelCount == 0)
        #expect(try has(state.filter { !$0.key.hasPrefix("fc.") }, conversion))
        let path = folder + "/backbone.safetensors"
        try FileOutput.write(conversion.safetensors(preprocessing: conversion.defaultPreprocessing), to: path)
        let file = try ModelFile(path)
        try file.check()
        #expect(file.isHeadless && file.metadata.task == "features" && file.labels.isEmpty)
        #expect(try ModelFile.verify(path: path).isOK)
        let selfie = try ModelRegistry.spec(named: "selfie-segmentation")
        #expect(
            error { try CheckpointConversion(checkpoint, to: selfie, isHeadless: true) }?.problem
                == .noHead(model: "selfie-segmentation"))
    }

    @Test("changes that change nothing, and names that collide, are errors")
    func changesThatCannotBe() throws {
        let state = fresh(resnet20, classes: 10)
        let checkpoint = try checkpoint(state, self.linear)
        func problem(_ mapping: KeyMapping) -> ConversionError.Problem? {
            error { try CheckpointConversion(checkpoint, to: resnet20, mapping: mapping) }?.problem
        }
        let liner = KeyMapping.Rename(from: "liner", to: "fc")
        #expect(problem(.init(renames: [liner])) == .nothingToRename(liner, nearest: "linear"))
        // The beginning of a name is no part of it.
        let linea = KeyMapping.Rename(from: "linea", to: "fc")
        #expect(problem(.init(renames: [linea])) == .nothingToRename(linea, nearest: "linear"))
        #expect(
            problem(.init(strippedPrefix: "model"))
                == .nothingToStrip("model.", beginnings: ["bn1", "conv1", "layer1", "layer2", "layer3", "linear"]))
        let collision = problem(.init(renames: [.init(from: "linear.bias", to: "bn1.bias")]))
        guard case .sameName("bn1.bias", let sources) = collision else {
            Issue.record("two tensors of one name: \(String(describing: collision))")
            return
        }
        #expect(Set(sources) == ["bn1.bias", "linear.bias"])
        for text in ["linear", "=fc", "linear=", "a=b=c", "", "."] {
            #expect(KeyMapping.Rename(text) == nil, "\(text)")
        }
        #expect(KeyMapping.Rename("linear.=fc.") == .init(from: "linear", to: "fc"))
    }
}
