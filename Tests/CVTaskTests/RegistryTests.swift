import CVCore
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights
import Foundation
import TestSupport
import Testing

/// All networks of the registry, and all files in `Weights`.
@Suite("The registry") struct RegistryTests {
    @Test("names are unique and lead to their networks")
    func namesLeadToTheirNetworks() throws {
        let all = ModelRegistry.all
        #expect(all.count >= 46 && Set(all.map(\.name)).count == all.count)
        for spec in all {
            #expect(try ModelRegistry.spec(named: spec.name, task: spec.task).summary == spec.summary)
            #expect(ModelRegistry.currentName(of: spec.name) == nil)
        }
        for task in VisionTask.allCases { #expect(!ModelRegistry.specs(for: task).isEmpty, "\(task)") }
        #expect(Set(VisionTask.allCases.flatMap { ModelRegistry.specs(for: $0) }.map(\.name)).count == all.count)
    }

    @Test("the facts of a spec are those of its network", arguments: ModelRegistry.all.map(\.name))
    func factsAreThoseOfTheNetwork(name: String) throws {
        let spec = try ModelRegistry.spec(named: name)
        try spec.check(classes: spec.defaultClasses, input: spec.defaultInput)
        let keys = spec.parameterShapes().map(\.name)
        #expect(Set(keys).count == keys.count && spec.parameterCount() > 0)
        for scope in spec.headScopes { #expect(keys.contains { $0.hasPrefix(scope + ".") }, "\(scope)") }
        var headScope: String?
        _ = ParameterSet.shapes { p in
            if case .classifier(let network) = spec.make(p) { headScope = network.headScope }
        }
        #expect((headScope.map { [$0] } ?? spec.headScopes) == spec.headScopes)
        #expect((headScope != nil) == (spec.task == .classify))
        let preprocessing = spec.preprocessing()
        #expect(ModelSpec.Input(preprocessing) == spec.defaultInput)
        #expect(try Preprocessing(text: preprocessing.json.text) == preprocessing)
        if let encoder = spec.encoder {
            #expect(try ModelRegistry.spec(named: encoder.model).task == .classify)
            #expect(keys.contains { $0.hasPrefix(ModelSpec.Encoder.scope + ".") })
        }
    }

    @Test("the shapes of every network are recognized as its own", arguments: ModelRegistry.all.map(\.name))
    func shapesAreRecognized(name: String) throws {
        let spec = try ModelRegistry.spec(named: name)
        let classes = spec.limits.classes.contains(5) ? 5 : 1
        let shapes = Dictionary(
            uniqueKeysWithValues: spec.parameterShapes(classes: classes).map { ($0.name, $0.shape.dimensions) })
        let target = CheckpointFit.Target(spec: spec, classes: nil, input: spec.defaultInput, isHeadless: false)
        let fit = try CheckpointFit(shapes, target)
        #expect(fit.difference.isEmpty && fit.classes == classes)
        #expect(ModelRegistry.shapes(of: name, classes: classes) == shapes)
    }

    /// Those that take no more than some megabytes, at a small size where they take any.
    @Test("small networks are converted, verified, loaded and run")
    func smallNetworksGoAllTheWay() throws {
        let path = NSTemporaryDirectory() + "registry-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let extra = ["unet-w4-d2-bilinear-plain", "fast-style-w4", "transformer-w3", "vgg19-relu5_1"]
        let small = ModelRegistry.all.filter { $0.parameterCount() < 1_300_000 }.map(\.name) + extra
        #expect(small.count >= 15)
        for name in small {
            let spec = try ModelRegistry.spec(named: name)
            let classes = spec.limits.classes.contains(5) && spec.hasClasses ? 5 : 1
            let shapes = spec.parameterShapes(classes: classes)
            let state = seededState(shapes, seed: 4)
            let tensors = state.map {
                SafetensorsTensor($0.key, shape: $0.value.shape.dimensions, values: $0.value.values)
            }
            try FileOutput.write(Safetensors.encode(tensors), to: path, overwrite: true)
            let conversion = try CheckpointConversion(Checkpoint(path: path), to: spec)
            let bytes = try conversion.safetensors(preprocessing: conversion.defaultPreprocessing)
            try FileOutput.write(bytes, to: path, overwrite: true)
            #expect(try ModelFile.verify(path: path).problems == [], "\(name)")
            let file = try ModelFile(path, task: spec.task)
            try file.check()
            #expect(file.spec.name == spec.name && file.classes == classes)
            #expect(try file.state().mapValues(\.values) == state.mapValues(\.values), "\(name)")
            let side = spec.takesAnySize ? max(spec.minimumSide, 32) : spec.defaultInput.height
            let x = uniformTensor(seed: 1, [1, spec.defaultInput.channels, side, side])
            let results = try file.network().run(x)
            #expect(!results.isEmpty && results.allSatisfy { !$0.values.isEmpty && $0.isFinite }, "\(name)")
        }
    }

    @Test("every weight file of this package is of a network of the registry")
    func shippedWeightsAreKnown() throws {
        let folder = packageFolder.appending(path: "Weights").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".safetensors") }
        #expect(names.count >= 8)
        for name in names {
            let path = folder + "/" + name
            #expect(try ModelFile.verify(path: path).problems == [], "\(name)")
            let file = try ModelFile(path)
            try file.check()
            #expect(VisionTask(rawValue: file.metadata.task) != nil, "\(name)")
            #expect(file.spec.task.rawValue == file.metadata.task || file.isHeadless, "\(name)")
            let checkpoint = try Checkpoint(path: path)
            let conversion = try CheckpointConversion(checkpoint, to: file.spec, isHeadless: file.isHeadless)
            #expect(conversion.tensors.map(\.name) == checkpoint.entries.map(\.name) && conversion.leftOut.isEmpty)
            #expect(
                conversion.task.rawValue == file.metadata.task && conversion.classes == file.classes || file.isHeadless)
            for task in VisionTask.allCases where task.rawValue != file.metadata.task {
                let error = #expect(throws: ModelFileError.self) { try ModelFile(path, task: task) }
                #expect(error?.description.contains("for the task '\(file.metadata.task)'") == true)
            }
        }
    }
}
