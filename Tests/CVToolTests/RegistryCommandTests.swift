import CVCore
import CVModels
import CVNN
import CVTask
import CVWeights
import Foundation
import TestSupport
import Testing

/// The commands that take a network, over all of the registry, all files in `Weights`, and `.cfg` files of darknet.
@Suite("Commands over the registry", .serialized) final class RegistryCommandTests {
    private let folder: String
    private static let weights = packageFolder.appending(path: "Weights").path
    private static let darknet = packageFolder.appending(path: "Tests/CVModelsTests/Golden/darknet").path

    init() throws {
        folder = NSTemporaryDirectory() + "cvtool-registry-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func record(_ arguments: String...) throws -> JSONValue {
        let result = try runCommand(arguments + ["--json"], in: folder)
        #expect(result.exitCode == 0, "\(arguments): \(result.errors)")
        return try #require(result.records.first, "\(arguments)")
    }

    private static func files(_ folder: String, _ suffix: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(suffix) }.sorted()
        #expect(!names.isEmpty)
        return names.map { folder + "/" + $0 }
    }

    /// At a small size; of a size that belongs to the weights its own.
    private func size(_ spec: ModelSpec) -> String {
        guard spec.takesAnySize else { return "\(spec.defaultInput.height)" }
        let multiple = spec.limits.sideMultiple
        return "\((max(spec.minimumSide, 32) + multiple - 1) / multiple * multiple)"
    }

    @Test("model and weights inspect know every network of the registry")
    func everyNetworkIsShown() throws {
        for spec in ModelRegistry.all {
            let shown = try record("model", spec.name, "--imgsz", size(spec))
            #expect(shown["model"]?.string == spec.name && shown["multiply_adds"]?.integer ?? 0 > 0, "\(spec.name)")
            let rows = shown["layers"]?.array ?? []
            #expect(rows.contains { $0["operation"]?.string == "conv2d" || $0["operation"]?.string == "linear" })
            let keys = try record("weights", "inspect", spec.name)
            let count = try #require(keys["parameters"]?.integer)
            // Without running statistics; the styles of a shared network are one when it runs.
            if spec.name != "multistyle26" { #expect(shown["parameters"]?.integer ?? .max <= count, "\(spec.name)") }
        }
    }

    @Test("model, verify, convert and benchmark take every weight file of this package")
    func everyWeightFileGoesThrough() throws {
        for path in try Self.files(Self.weights, ".safetensors") {
            let file = try ModelFile(path)
            let name = FileSystem.stem(of: path)
            #expect(try record("model", path)["model"]?.string == file.spec.name)
            #expect(try record("model", name)["multiply_adds"]?.integer ?? 0 > 0, "\(name)")
            #expect(try record("weights", "verify", name)["ok"] == true)
            #expect(try record("weights", "inspect", path)["file"]?.string == path)
            let output = folder + "/\(name).safetensors"
            let converted = try runCommand(
                ["convert", path, "-m", file.spec.name, "-o", output, "-q"] + (file.isHeadless ? ["--features"] : []))
            #expect(converted.exitCode == 0 && converted.errors.isEmpty, "\(name): \(converted.errors)")
            #expect(try ModelFile(output).metadata.task == file.metadata.task)
            let (old, new) = try (Safetensors(path: path), Safetensors(path: output))
            #expect(old.header.entries.map(\.name).sorted() == new.header.entries.map(\.name).sorted())
            for entry in old.header.entries.prefix(3) { #expect(try old.floats(entry.name) == new.floats(entry.name)) }
            try FileManager.default.removeItem(atPath: output)
            let side = size(file.spec)
            let timed = try record("benchmark", "--model", name, "--imgsz", side, "--runs", "1", "--threads", "1")
            #expect(timed["milliseconds"]?.object?.map(\.key) == ["network"], "\(name)")
            #expect(timed["width"]?.integer.map(String.init) == side)
        }
    }

    @Test("model, inspect, verify and benchmark take darknet .cfg files")
    func darknetConfigurationsGoThrough() throws {
        for path in try Self.files(Self.darknet, ".cfg") {
            let shown = try record("model", path)
            let keys = try record("weights", "inspect", path)
            let rows = try #require(shown["layers"]?.array)
            let counts = rows.compactMap { $0["parameters"]?.integer }
            let sum: Int = counts.reduce(0, +)
            #expect(sum == shown["parameters"]?.integer && sum > 0, "\(path)")
            let statistics = (keys["tensors"]?.array ?? []).filter { $0["name"]?.string?.contains("running_") == true }
            let sizes = statistics.compactMap { $0["shape"]?.array?.first?.integer }
            let buffers: Int = sizes.reduce(0, +)
            #expect(keys["parameters"]?.integer == sum + buffers, "\(path)")
            for row in rows where row["operation"]?.string == "conv2d" {
                #expect(row["layer"]?.string?.hasSuffix(".conv") == true && row["parameters"]?.integer ?? 0 > 0)
            }
            #expect(try record("weights", "verify", path)["ok"] == true)
            let timed = try record("benchmark", "--model", path, "--runs", "1", "--threads", "1")
            #expect(timed["milliseconds"]?.object?.map(\.key) == ["network"])
        }
        let path = try Self.files(Self.darknet, ".cfg")[0]
        try FileOutput.write([0, 0, 0, 0, 2] + [UInt8](repeating: 0, count: 27), to: folder + "/short.weights")
        let short = try runCommand(["weights", "verify", path, "--weights", folder + "/short.weights"])
        #expect(short.exitCode == 1 && short.output.contains("WRONG") && short.output.contains("holds 3 numbers"))
        #expect(try runCommand(["weights", "verify", "yolov3-tiny", "--weights", "x"]).exitCode == 64)
    }

    @Test("names of earlier versions are understood, and the new one is named")
    func namesOfOldAreUnderstood() throws {
        let old = try runCommand(["model", "transformer-w4", "--imgsz", "16"])
        let new = try runCommand(["model", "fast-style-w4", "--imgsz", "16"])
        #expect(old.exitCode == 0 && old.output == new.output && new.errors.isEmpty)
        #expect(old.errors == "cvtool: transformer-w4 is called fast-style-w4 now\n")
    }

    @Test("convert: the renaming of a head called linear is proposed, and works")
    func convertProposesTheRename() throws {
        let spec = try ModelRegistry.spec(named: "resnet20")
        let tensors = ParameterSet.initialize(seed: 2) { spec.make($0) }.parameters.map {
            SafetensorsTensor(
                "module." + $0.name.replacingOccurrences(of: "fc.", with: "linear."), shape: $0.shape.dimensions,
                values: $0.value.values)
        }
        try FileOutput.write(Safetensors.encode(tensors), to: folder + "/cifar.safetensors")
        func convert(_ more: String...) throws -> CommandResult {
            try runCommand(
                ["convert", "cifar.safetensors", "-m", "resnet20", "-o", "out.safetensors"] + more, in: folder)
        }
        let failed = try convert()
        #expect(failed.exitCode == 1 && failed.errors.hasSuffix(" Add: --rename linear=fc\n"), "\(failed.errors)")
        #expect(try convert("--rename", "liner=fc").errors.contains("did you mean \"linear\"?"))
        #expect(try convert("--rename", "linear").exitCode == 64)
        #expect(try convert("--strip-prefix", "net").errors.contains("they begin with \"bn1\", \"conv1\""))
        let done = try convert("--rename", "linear=fc")
        #expect(done.exitCode == 0, "\(done.errors)")
        #expect(try record("weights", "verify", "out.safetensors")["ok"] == true)
    }

    @Test("train says which networks it can train")
    func trainSaysWhatItCanTrain() throws {
        let classify = try runCommand(["train", "classify", folder, "--model", "yolov3"])
        #expect(classify.exitCode == 64)
        #expect(
            classify.errors.contains("yolov3 is a network for the task detect, not for classify: those are logistic, "))
        let segment = try runCommand(["train", "segment", folder, "--model", "resnet18"])
        #expect(segment.exitCode == 64 && segment.errors.contains("not for segment: those are unet, "))
        let benchmark = try runCommand(["benchmark", "--train", "yolov3"])
        #expect(benchmark.exitCode == 64 && benchmark.errors.contains("resnet20"))
    }
}
