import ArgumentParser
import CLISupport
import CVCore
import CVModels
import CVTask
import CVWeights

extension WeightsCommand {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that a weight file is whole.",
            discussion: """
                Checks the structure, the checksum of the data, that no value is NaN or infinite, the metadata, and \
                the keys and shapes against the model; of a darknet .cfg its layers, and with --weights whether those \
                are as many as it asks for, and none NaN or infinite. No variance may be negative. Exits with 1 when anything is wrong.
                """)

        @Argument(help: "A .safetensors file, a name shown by `cvtool weights list`, or a darknet .cfg.")
        var file: String

        @Option(name: .shortAndLong, help: .init("The .weights of a darknet .cfg.", valueName: "file"))
        var weights: String?

        @Flag(help: "Write one JSON object.")
        var json = false

        func validate() throws {
            if weights != nil, !file.hasSuffix(".cfg") {
                throw ValidationError("--weights goes with a darknet FILE.cfg.")
            }
        }

        func run() throws {
            let result = try reportingFailure {
                if let weights { return try DarknetVerification.verify(file, weights: weights) }
                if file.hasSuffix(".cfg") { return try DarknetVerification.verify(file) }
                return try ModelFile.verify(path: WeightsLocator().find(file))
            }
            let status: ExitStatus = result.isOK ? .success : .failure
            let text = json ? result.json.text : text(of: result)
            // What is wrong with the weights counts more than a reader who has left.
            do { try writeLine(text) } catch StreamError.closed {}
            throw ExitCode(status.rawValue)
        }

        private func text(of result: WeightsVerification) -> String {
            var lines: [String] = []
            for check in result.checks {
                let name = (check.name + ":").padded(to: 11)
                switch check.outcome {
                case .ok(let text): lines.append(name + "ok, " + text.escapedForDisplay)
                case .skipped(let text): lines.append(name + "not checked, " + text.escapedForDisplay)
                case .failed(let problems): lines += problems.map { name + "WRONG, " + $0.escapedForDisplay }
                }
            }
            let name = result.path.escapedForDisplay
            lines.append(result.isOK ? "\(name): ok" : "\(name): \(pluralized(result.problems.count, "problem"))")
            return lines.joined(separator: "\n")
        }
    }
}

/// Whether a darknet `.cfg` can be understood, and its `.weights` are whole.
private enum DarknetVerification {
    /// - Parameters:
    ///   - path: of the `.cfg`.
    ///   - weights: path of the `.weights`; nil to check the `.cfg` alone.
    /// - Throws: `FileError` for a file that cannot be read.
    static func verify(_ path: String, weights: String? = nil) throws -> WeightsVerification {
        func failed(_ name: String, _ error: DarknetError) -> WeightsVerification.Check {
            .init(name: name, outcome: .failed([error.description]))
        }
        let configuration: DarknetConfiguration
        var checks: [WeightsVerification.Check] = []
        do {
            configuration = try DarknetConfiguration(contentsOf: path)
            let spec = try ModelSpec(configuration)
            let count = spec.parameterShapes().reduce(0) { $0 + $1.shape.count }
            checks.append(
                .init(name: "structure", outcome: .ok("\(spec.summary), which takes \(pluralized(count, "number"))")))
        } catch let error as DarknetError {
            return WeightsVerification(path: path, checks: [failed("structure", error)])
        }
        guard let weights else {
            checks.append(.init(name: "values", outcome: .skipped("no .weights are given")))
            return WeightsVerification(path: path, checks: checks)
        }
        let bytes = try FileInput.read(weights)
        do {
            try DarknetNetwork(configuration, weights: bytes, weightsName: weights).checkVariances(name: weights)
            checks.append(
                .init(
                    name: "values", outcome: .ok("as many as it takes, no NaN, no infinity and no negative variance")))
        } catch {
            checks.append(failed("values", error))
        }
        return WeightsVerification(path: path, checks: checks)
    }
}
