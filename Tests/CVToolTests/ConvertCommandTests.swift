import CVCore
import CVImage
import CVNN
import CVWeights
import Foundation
import TestSupport
import Testing

/// `cvtool convert` on files of torch.save (`Tools/golden.py pth-files`), and `cvtool classify` with what it wrote.
@Suite final class ConvertCommandTests {
    private struct Golden: Decodable { let logistic: [Double] }

    private let folder: String
    private static let goldens = packageFolder.appending(path: "Tests/CVWeightsTests/Golden/pth").path

    init() throws {
        folder = NSTemporaryDirectory() + "cvtool-convert-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileOutput.write(Array("dark\n\n  middle\r\nlight\n".utf8), to: folder + "/names.txt")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func convert(_ name: String, _ arguments: String...) throws -> CommandResult {
        try runCommand(["convert", "\(Self.goldens)/\(name).pth"] + arguments, in: folder)
    }

    /// The probabilities are those of torch's own sum and softmax.
    @Test("cvtool convert: converted weights give PyTorch's probabilities")
    func classifyingWithConvertedWeightsGivesTorchsProbabilities() throws {
        let result = try convert(
            "logistic", "--model", "logistic", "--size", "4", "--labels", "names.txt", "-o", "out.safetensors")
        #expect(result.exitCode == 0 && result.output.isEmpty, "\(result.errors)")
        #expect(result.errors.contains("taken off: the dictionary \"net\", the prefix \"module.\" of all names"))
        #expect(result.errors.contains("classes: 3, input 1×4×4"))
        let levels = (0..<16).flatMap { [UInt8](repeating: UInt8($0 * 16), count: 3) }
        try Image(width: 4, height: 4, format: .rgb, pixels: levels).write(to: folder + "/ramp.png")
        let seen = try runCommand(["classify", "ramp.png", "-w", "out.safetensors", "--json"], in: folder)
        #expect(seen.exitCode == 0, "\(seen.errors)")
        let golden = try decoded("../CVWeightsTests/Golden/pth/values.json", as: Golden.self).logistic
        let found = try #require(seen.records.first?["classes"]?.array)
        #expect(found.count == 3)
        for item in found {
            let index = try #require(["dark", "middle", "light"].firstIndex(of: item["label"]?.string ?? ""))
            #expect(abs(try #require(item["probability"]?.double) - golden[index]) < 1e-5)
        }
        #expect(try runCommand(["weights", "verify", "out.safetensors"], in: folder).exitCode == 0)
    }

    @Test("cvtool convert: --channels gray; grey is its former name, which says so")
    func grayHasAFormerName() throws {
        let options = ["--model", "logistic", "--size", "4", "-q", "--force", "-o", "out.safetensors", "--channels"]
        for (value, words) in [("gray", ""), ("grey", "cvtool: --channels grey is called --channels gray now\n")] {
            let result = try runCommand(["convert", "\(Self.goldens)/logistic.pth"] + options + [value], in: folder)
            #expect(result.exitCode == 0 && result.errors == words, "\(result.errors)")
            let metadata = try WeightsMetadata(Safetensors(path: folder + "/out.safetensors").metadata)
            #expect(metadata.preprocessing.channels == .gray)
        }
        let wrong = try runCommand(["convert", "x.pth"] + options + ["blue"], in: folder)
        #expect(wrong.exitCode == 64 && wrong.errors.contains("'rgb', 'bgr' or 'gray'"), "\(wrong.errors)")
    }

    @Test("cvtool convert: options set the preprocessing")
    func optionsSetThePreprocessing() throws {
        let result = try convert(
            "logistic", "--model", "logistic", "--size", "4", "--mean", "0.5", "--std", "51", "--levels", "255",
            "--resize", "crop", "--shorter-side", "6", "--filter", "bicubic", "--half", "-q", "-o", "out.safetensors")
        #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
        let file = try Safetensors(path: folder + "/out.safetensors")
        #expect(file.header.entries.allSatisfy { $0.dtype == .f16 })
        let expected = Preprocessing(
            width: 4, height: 4, resize: .crop, shorterSide: 6, filter: .bicubic, channels: .gray, mean: [0.5],
            std: [51])
        let metadata = try WeightsMetadata(file.metadata)
        #expect(metadata.preprocessing == expected && metadata.labels == ["0", "1", "2"])
        let source = try FileInput.read(Self.goldens + "/logistic.pth")
        #expect(metadata.sha256 == SHA256.hexDigest(of: source))
    }

    @Test("cvtool convert: an existing file is overwritten only on request")
    func nothingIsOverwrittenUnasked() throws {
        let arguments = ["--model", "logistic", "--size", "4", "-o", "out.safetensors"]
        func run(_ more: String...) throws -> CommandResult {
            try runCommand(["convert", "\(Self.goldens)/logistic.pth"] + arguments + more, in: folder)
        }
        #expect(try run().exitCode == 0)
        let again = try run()
        #expect(again.exitCode == 1 && again.errors.contains("--force"))
        #expect(try run("--force").exitCode == 0)
    }

    @Test("cvtool convert: errors are reported and nothing is written")
    func problemsAreReportedAndNothingIsWritten() throws {
        for (name, arguments, code, words) in [
            ("zip", ["--model", "logistic"], 1, ["as logistic", "unexpected: \"again\"", "missing: \"fc.bias\""]),
            ("module", ["--model", "logistic"], 1, ["\"torch.nn.modules.", "none of it was executed"]),
            ("logistic", ["--model", "logistic"], 1, ["\"fc.weight\" has the shape [3, 16], expected [3, 784]"]),
            ("logistic", ["--model", "logistik"], 64, ["did you mean logistic?"]),
            ("logistic", ["--model", "logistic", "--mean", "120"], 64, ["--levels 255"]),
            ("logistic", ["--model", "logistic", "--size", "4", "--mean", "0,0,0"], 1, ["3 numbers", "1 channel"]),
            ("logistic", ["--model", "logistic", "--size", "4", "--shorter-side", "3"], 64, ["from 4 to 8192"]),
            ("missing", ["--model", "logistic"], 1, ["cannot be opened"]),
        ] {
            let result = try runCommand(
                ["convert", "\(Self.goldens)/\(name).pth", "-o", "out.safetensors"] + arguments, in: folder)
            #expect(result.exitCode == code && result.output.isEmpty, "\(arguments): \(result.errors)")
            for word in words { #expect(result.errors.contains(word), "\(word): \(result.errors)") }
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/out.safetensors"))
    }
}
