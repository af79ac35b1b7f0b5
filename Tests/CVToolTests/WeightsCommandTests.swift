import CVCore
import CVNN
import CVWeights
import Foundation
import Testing

@Suite final class WeightsCommandTests {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "cvtool-weights-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Writes a small weight file and returns its path.
    private func put(_ name: String, bias: [Float] = [0.5, -0.5]) throws -> String {
        let metadata = WeightsMetadata(
            model: "tiny", task: "detect", preprocessing: Preprocessing(width: 8, height: 8, resize: .stretch),
            labels: ["a", "b", "c", "d", "e"], license: "MIT")
        let tensors = [
            SafetensorsTensor("conv.weight", shape: [2, 2], values: [1, 2, 3, 4], storage: .f16),
            SafetensorsTensor("conv.bias", shape: [2], values: bias),
        ]
        let path = folder + "/" + name
        let bytes = try Safetensors.encode(tensors, metadata: metadata.dictionary, hashData: true)
        try FileOutput.write(bytes, to: path, overwrite: true)
        return path
    }

    private func run(_ arguments: String...) throws -> CommandResult {
        try runCommand(["weights"] + arguments, environment: ["CVTOOL_WEIGHTS": folder])
    }

    @Test("cvtool weights list: lists the files and warns of broken ones")
    func listShowsWhatIsThereAndWarnsOfWhatIsBroken() throws {
        let path = try put("net.safetensors")
        try FileOutput.write([1], to: folder + "/broken.safetensors")
        let text = try run("list")
        #expect(text.exitCode == 0)
        let row = try #require(text.output.split(separator: "\n").first { $0.hasPrefix("net ") })
        #expect(row.split(separator: " ").filter { !$0.isEmpty }.prefix(3) == ["net", "tiny", "detect"])
        #expect(row.hasSuffix("  MIT"))
        // The folder stands above its table.
        #expect(text.output.contains("\(folder):\nname "))
        #expect(text.errors.contains("broken.safetensors: has 1 byte"))

        let lines = try run("list", "--json").output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        #expect(lines.first { $0["name"] == "net" }?["file"] == .string(path))
        #expect(lines.first { $0["name"] == "broken" }?["error"] != nil)
    }

    @Test("cvtool weights inspect: shows tensors and metadata")
    func inspectShowsTensorsAndMetadata() throws {
        let path = try put("net.safetensors")
        for argument in [path, "net", "net.safetensors"] {
            let text = try run("inspect", argument)
            #expect(text.exitCode == 0)
            #expect(text.errors == "")
            #expect(text.output.contains("conv.weight  F16    [2, 2]      8\n"))
            #expect(text.output.contains("\n2 tensors, 6 parameters, "))
            #expect(text.output.contains("\nlabels         5: a, b, c, … e\n"))
        }
        let json = try JSONValue.parse(run("inspect", path, "--json").output)
        #expect(json["parameters"] == 6)
        #expect(json["metadata"]?["labels"] == #"["a","b","c","d","e"]"#)
    }

    @Test("cvtool weights verify: exits with 0 or 1")
    func verifyEndsWithZeroOrOne() throws {
        let path = try put("net.safetensors")
        let good = try run("verify", path)
        #expect(good.exitCode == 0)
        #expect(good.output.contains("checksum:  ok, "))
        #expect(good.output.hasSuffix("net.safetensors: ok\n"))

        var bytes = try FileInput.read(path)
        bytes[bytes.count - 1] ^= 1
        try FileOutput.write(bytes, to: path, overwrite: true)
        let damaged = try run("verify", path)
        #expect(damaged.exitCode == 1)
        #expect(damaged.output.contains("checksum:  WRONG, SHA-256 of the data is "))
        #expect(damaged.output.hasSuffix("net.safetensors: 1 problem\n"))

        let nan = try JSONValue.parse(run("verify", put("nan.safetensors", bias: [.nan, 0]), "--json").output)
        #expect(nan["ok"] == false)
        #expect(nan.text.contains(#"tensor \"conv.bias\" has 1 NaN value"#))
    }

    @Test("cvtool weights: errors go to standard error")
    func errorsGoToStandardError() throws {
        for subcommand in ["inspect", "verify"] {
            let missing = try run(subcommand, "no-such-model")
            #expect(missing.exitCode == 1)
            #expect(missing.output == "")
            #expect(missing.errors.contains("no weights \"no-such-model\""))
            #expect(missing.errors.contains("  \(folder) (CVTOOL_WEIGHTS)\n"))
            #expect(try run(subcommand).exitCode == 64)
            #expect(try run(subcommand, "a", "--nonsense").exitCode == 64)
        }
        let checkpoint = folder + "/model.pth"
        try FileOutput.write([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9], to: checkpoint)
        let pickle = try run("inspect", checkpoint)
        #expect(pickle.exitCode == 1)
        #expect(pickle.errors.contains("is a Python pickle"))
        #expect(pickle.errors.contains("cvtool convert FILE --model NAME"))
    }
}
