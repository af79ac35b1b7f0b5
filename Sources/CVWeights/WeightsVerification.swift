import CVCore
import CVNN

/// The result of verifying that a weight file is intact and fits its model: all checks with their outcomes.
public struct WeightsVerification: Sendable, Equatable {
    /// The outcome of a check.
    public enum Outcome: Sendable, Equatable {
        /// Passed; what was checked.
        case ok(String)
        /// Not checked; the reason.
        case skipped(String)
        /// Failed; the problems.
        case failed([String])
    }

    /// A check and its outcome.
    public struct Check: Sendable, Equatable {
        /// The name: "structure", "checksum", "values", "metadata" or "model".
        public let name: String
        /// Its outcome.
        public let outcome: Outcome

        /// - Parameters:
        ///   - name: of the check.
        ///   - outcome: what came of it.
        public init(name: String, outcome: Outcome) { (self.name, self.outcome) = (name, outcome) }
    }

    /// Returns the shapes by key that weights with this metadata must have; nil for an unknown model. `keys` are those of the
    /// file, as some parts may be left out.
    public typealias ExpectedShapes = (_ metadata: WeightsMetadata, _ keys: [String]) -> [String: [Int]]?

    /// The path of the file.
    public let path: String
    /// The checks in the order of execution.
    public private(set) var checks: [Check] = []

    /// Whether no check failed; some may have been skipped.
    public var isOK: Bool { problems.isEmpty }

    /// The problems of all failed checks.
    public var problems: [String] {
        checks.flatMap { check -> [String] in
            if case .failed(let problems) = check.outcome { problems } else { [] }
        }
    }

    /// The outcome of checks that were made elsewhere, of a file of another format.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - checks: in the order in which they were made.
    public init(path: String, checks: [Check]) { (self.path, self.checks) = (path, checks) }

    /// Reads and checks a file.
    ///
    /// A malformed file results in a failed check, not in an error.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - expectedShapes: the shapes of known models; without it, the model is not checked.
    /// - Throws: `FileError` if the file cannot be read at all.
    public init(path: String, expectedShapes: ExpectedShapes? = nil) throws(FileError) {
        self.path = path
        let file: Safetensors
        do {
            file = try Safetensors(path: path)
        } catch let error as FileError {
            throw error
        } catch {
            checks = [Check(name: "structure", outcome: .failed([Self.problem(error)]))]
            return
        }
        let tensors = pluralized(file.header.entries.count, "tensor")
        let bytes = pluralized(file.header.dataBytes, "byte")
        checks = [
            Check(name: "structure", outcome: .ok("\(tensors), \(bytes) of data")),
            Check(name: "checksum", outcome: Self.checksum(file)),
            Check(name: "values", outcome: Self.values(file)),
            Check(name: "metadata", outcome: Self.metadata(file)),
            Check(name: "model", outcome: Self.model(file, expectedShapes)),
        ]
    }

    private static func checksum(_ file: Safetensors) -> Outcome {
        guard let expected = file.metadata[WeightsMetadata.Key.dataSHA256.rawValue] else {
            return .skipped("the file does not state data_sha256")
        }
        let found = file.dataSHA256()
        if expected == found { return .ok("SHA-256 of the data is \(found), as stated") }
        return .failed(["SHA-256 of the data is \(found), but the file states \(abbreviated(expected)): it is damaged"])
    }

    private static func values(_ file: Safetensors) -> Outcome {
        let problems = file.nonFiniteTensors().map(\.description) + file.negativeVariances().map(\.description)
        return problems.isEmpty ? .ok("no NaN, no infinity and no negative variance") : .failed(problems)
    }

    private static func metadata(_ file: Safetensors) -> Outcome {
        // Weights of other projects have no metadata, or that of their framework.
        guard file.metadata[WeightsMetadata.Key.model.rawValue] != nil else {
            return .skipped("the file does not state its model")
        }
        do {
            let metadata = try WeightsMetadata(file.metadata)
            return .ok(
                "\(quoted(metadata.model)) for the task \(quoted(metadata.task)), \(metadata.labels.count) labels")
        } catch {
            return .failed([error.description])
        }
    }

    private static func model(_ file: Safetensors, _ expectedShapes: ExpectedShapes?) -> Outcome {
        guard let metadata = try? WeightsMetadata(file.metadata), let expectedShapes else {
            return .skipped("there is no model to compare the keys with")
        }
        guard let expected = expectedShapes(metadata, file.header.entries.map(\.name)) else {
            return .skipped("\(quoted(metadata.model)) is not a known model")
        }
        let found = Dictionary(file.header.entries.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
        let difference = KeyDifference(expected: expected, found: found)
        return difference.isEmpty
            ? .ok("all \(expected.count) keys and shapes of \(metadata.model)") : .failed(difference.lines)
    }

    /// The message of an error without the path before it.
    private static func problem(_ error: any Error) -> String {
        (error as? SafetensorsError).map { SafetensorsError($0.problem).description } ?? "\(error)"
    }

    /// The result as JSON: `{"file", "ok", "checks": [{"check", "outcome", "detail" or "problems"}]}`.
    public var json: JSONValue {
        let list = checks.map { check -> JSONValue in
            switch check.outcome {
            case .ok(let text): ["check": .string(check.name), "outcome": "ok", "detail": .string(text)]
            case .skipped(let text): ["check": .string(check.name), "outcome": "skipped", "detail": .string(text)]
            case .failed(let problems):
                [
                    "check": .string(check.name), "outcome": "failed",
                    "problems": .array(problems.map { .string($0) }),
                ]
            }
        }
        return ["file": .string(path), "ok": .bool(isOK), "checks": .array(list)]
    }
}

extension WeightsVerification: Codable {
    /// `{"path", "checks": [{"name", "outcome": "ok", "skipped" or "failed", "messages"}]}`.
    private enum CodingKeys: CodingKey { case path, checks }
}

extension WeightsVerification.Check: Codable {
    private enum CodingKeys: CodingKey { case name, outcome, messages }

    /// `{"name", "outcome": "ok", "skipped" or "failed", "messages"}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        let messages = try container.decode([String].self, forKey: .messages)
        switch (try container.decode(String.self, forKey: .outcome), messages.count) {
        case ("ok", 1): outcome = .ok(messages[0])
        case ("skipped", 1): outcome = .skipped(messages[0])
        case ("failed", _): outcome = .failed(messages)
        case (let outcome, let count):
            throw DecodingError.invalid(decoder, "the outcome \(quoted(outcome)) with \(pluralized(count, "message"))")
        }
    }

    /// `{"name", "outcome": "ok", "skipped" or "failed", "messages"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let (outcome, messages) =
            switch outcome {
            case .ok(let message): ("ok", [message])
            case .skipped(let message): ("skipped", [message])
            case .failed(let messages): ("failed", messages)
            }
        try container.encode(name, forKey: .name)
        try container.encode(outcome, forKey: .outcome)
        try container.encode(messages, forKey: .messages)
    }
}
