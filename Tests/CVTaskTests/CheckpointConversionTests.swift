import CVCore
import CVModels
import CVNN
import CVTask
import CVWeights
import Foundation
import TestSupport
import Testing

/// Checkpoints with the keys of a network, and with others.
@Suite final class CheckpointConversionTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "conversion-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A file with fresh weights and no metadata.
    private func checkpoint(_ name: String, classes: Int, channels: Int = 3, side: Int) throws -> Checkpoint {
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        let input = ModelSpec.Input(channels: channels, height: side, width: side)
        let (_, parameters) = ParameterSet.initialize(seed: 3) {
            architecture.makeClassifier(classes: classes, input: input, $0)
        }
        let path = "\(folder)/\(name).safetensors"
        try FileOutput.write(parameters.safetensors(), to: path, overwrite: true)
        return try Checkpoint(path: path)
    }

    @Test(
        "conversion: classes and channels follow from the shapes",
        arguments: ["resnet20", "small-cnn", "squeezenet1_1", "mobilenet_v2"])
    func classesAndChannelsAreThoseOfTheShapes(name: String) throws {
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        for (classes, channels) in [(7, 3), (2, 1)] {
            let side = architecture.defaultInput.height
            let checkpoint = try checkpoint(name, classes: classes, channels: channels, side: side)
            let conversion = try CheckpointConversion(checkpoint, to: architecture)
            #expect(conversion.classes == classes && conversion.input.channels == channels)
        }
    }

    /// Each of them could stand before a network; a pass over all names for each would take hours.
    @Test("conversion: thousands of prefixes are an error within seconds", .timeLimit(.minutes(10)))
    func manyPrefixesTakeLittleTime() throws {
        let tensors = (0..<20_000).map { SafetensorsTensor("p\($0).conv1.weight", shape: [1], values: [0]) }
        let path = folder + "/prefixes.safetensors"
        try FileOutput.write(Safetensors.encode(tensors, metadata: [:]), to: path, overwrite: true)
        let checkpoint = try Checkpoint(path: path)
        #expect(throws: ConversionError.self) {
            try CheckpointConversion(checkpoint, to: ModelRegistry.spec(named: "resnet20"))
        }
    }

    @Test("conversion: the file holds the weights, the labels and the preprocessing")
    func theFileHasTheSameWeightsAndWhatClassifyingNeeds() throws {
        let checkpoint = try checkpoint("resnet20", classes: 3, side: 32)
        let conversion = try CheckpointConversion(checkpoint, to: ModelRegistry.spec(named: "resnet20"))
        var done = 0
        let bytes = try conversion.safetensors(
            preprocessing: conversion.defaultPreprocessing, labels: ["a", "b", "c"], source: "x.pth", sha256: "0"
        ) { done = $0 }
        #expect(done == checkpoint.entries.count)
        let file = try Safetensors(bytes)
        for entry in checkpoint.entries {
            #expect(try file.floats(entry.name) == checkpoint.floats(entry.name))
        }
        let metadata = try WeightsMetadata(file.metadata)
        #expect(metadata.model == "resnet20" && metadata.task == "classify" && metadata.labels == ["a", "b", "c"])
        #expect(metadata.preprocessing == Preprocessing(width: 32, height: 32, resize: .stretch))
        #expect(metadata.dataSHA256 == file.dataSHA256() && metadata.source == "x.pth")
        let numbered = try Safetensors(conversion.safetensors(preprocessing: conversion.defaultPreprocessing))
        #expect(try WeightsMetadata(numbered.metadata).labels == ["0", "1", "2"])
        #expect(throws: ConversionError.self) {
            try conversion.safetensors(preprocessing: conversion.defaultPreprocessing, labels: ["a"])
        }
    }

    /// torchvision's `Resize(256)` and `CenterCrop(224)`.
    @Test("conversion: ImageNet networks get torchvision's preprocessing")
    func networksOfImageNetAreEvaluatedAsTorchvisionDoes() throws {
        let checkpoint = try checkpoint("squeezenet1_1", classes: 4, side: 224)
        let preprocessing = try CheckpointConversion(checkpoint, to: ModelRegistry.spec(named: "squeezenet1_1"))
            .defaultPreprocessing
        #expect(preprocessing.shorterSide == 256 && preprocessing.width == 224 && preprocessing.resize == .crop)
        #expect(preprocessing.mean.map { ($0 / 255 * 1000).rounded() } == [485, 456, 406])
        #expect(preprocessing.std.map { ($0 / 255 * 1000).rounded() } == [229, 224, 225])
        #expect(ModelSpec.shorterSide(forCrop: 299) == 342)
    }

    @Test("conversion: a mismatch names the networks that fit")
    func otherWeightsAreListedWithTheirNetwork() throws {
        let checkpoint = try checkpoint("resnet20", classes: 10, side: 32)
        let error = #expect(throws: ConversionError.self) {
            try CheckpointConversion(checkpoint, to: ModelRegistry.spec(named: "resnet32"))
        }
        let text = error?.description ?? ""
        #expect(text.contains("resnet20.safetensors: as resnet32: the weights are not those of this network"))
        #expect(text.contains("missing: \"layer1.3.conv1.weight\""))
        #expect(text.contains("are those of resnet20 or plain20."))
        #expect(throws: ConversionError.self) {
            try CheckpointConversion(checkpoint, to: ModelRegistry.spec(named: "resnet20"), classes: 11)
        }
        #expect(throws: ArchitectureError.self) {
            try CheckpointConversion(checkpoint, to: ModelRegistry.spec(named: "resnet20"), classes: 0)
        }
    }

    @Test("conversion: NaN values throw")
    func valuesThatAreNoNumbersAreRefused() throws {
        let architecture = try ModelRegistry.spec(named: "logistic", task: .classify)
        let shapes = ParameterSet.shapes { architecture.makeClassifier(classes: 2, $0) }
        let tensors = shapes.map { name, shape in
            SafetensorsTensor(
                name, shape: shape.dimensions, values: .init(repeating: .nan, count: shape.count), storage: .f32)
        }
        try FileOutput.write(Safetensors.encode(tensors), to: folder + "/nan.safetensors")
        let conversion = try CheckpointConversion(
            Checkpoint(path: folder + "/nan.safetensors"), to: architecture)
        #expect(throws: SafetensorsError.self) {
            try conversion.safetensors(preprocessing: conversion.defaultPreprocessing)
        }
    }
}
