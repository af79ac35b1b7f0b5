import CLISupport
import CVCore
import CVFaces
import CVImage
import CVTask

/// One run of `cvtool verify --pairs`: over the pairs one by one.
struct VerifyPairsRun {
    private let command: VerifyCommand
    private let path: String

    init(_ command: VerifyCommand) {
        self.command = command
        path = command.pairs ?? ""
    }

    /// - Throws: a `ToolkitError` for a list or weights that cannot be read.
    func run() throws -> ExitStatus { try untilOutputIsClosed(runAll) }

    private func runAll() throws -> ExitStatus {
        let pairs = try PairList(path).pairs
        let verifier = try command.settings.makeVerifier()
        // An image is often in several pairs.
        var known: [PathKey: FaceVerifier.EmbeddedFace?] = [:]
        func face(_ name: String) throws -> FaceVerifier.EmbeddedFace? {
            if let found = known[PathKey(name)] { return found }
            let image = try command.reading.read(path: name)
            let found = try verifier.faces(in: image, named: name, limit: 1).first
            known[PathKey(name)] = .some(found)
            return found
        }
        var accuracy = PairAccuracy()
        let loop = InputLoop(title: "verify", json: true, quiet: command.quiet)
        let summary = try loop.forEach(pairs) { pair in
            PairResult(
                names: (pair.a, pair.b), verification: verifier.compare(try face(pair.a), try face(pair.b)),
                metric: verifier.embedder.model.metric, truth: pair.isSame)
        } report: { result in
            accuracy.count(result)
            try writeLine(result.json.text)
        } failed: { name, message in
            let pair = pairs.first { $0.name == name }
            try writeLine(
                PairResult.json(a: pair?.a ?? name, b: pair?.b ?? name, same: pair?.isSame, error: message).text)
        }
        if accuracy.judged > 0 { try writeLine(accuracy.json.text) }
        return loop.end(summary)
    }
}

extension PairResult {
    /// The record of a pair that could not be read.
    static func json(a: String, b: String, same: Bool?, error: String) -> JSONValue {
        [
            "a": .string(a), "b": .string(b), "distance": .null, "same": same.map { .bool($0) } ?? .null,
            "verified": false, "error": .string(error),
        ]
    }
}

/// How many decisions are right, where the truth is known.
struct PairAccuracy {
    private(set) var judged = 0
    private var right = 0
    private var withoutFace = 0

    /// Counts a result; a pair without a face counts as different persons.
    mutating func count(_ result: PairResult) {
        guard let truth = result.truth else { return }
        judged += 1
        if truth == result.isVerified { right += 1 }
        if result.verification.distance == nil { withoutFace += 1 }
    }

    /// The last line of a run.
    var json: JSONValue {
        [
            "pairs": .integer(judged), "right": .integer(right), "without_face": .integer(withoutFace),
            "accuracy": JSONValue(Float(right) / Float(max(judged, 1))),
        ]
    }
}

/// A list of pairs: a CSV file with columns `a`, `b`, and perhaps `same`.
struct PairList {
    struct Pair: NamedInput {
        let a, b: String
        let isSame: Bool?
        let line: Int

        /// Unique in a list.
        var name: String { "line \(line): \(a) and \(b)" }
    }

    let pairs: [Pair]

    /// - Throws: `FileError` for a file that cannot be read, `InputProblem` for one that is no list of pairs.
    init(_ path: String) throws {
        let rows = try Self.rows(of: path)
        guard let header = rows.first else {
            throw InputProblem(path, "is empty; a header a,b or a,b,same is expected")
        }
        let names = header.fields.map { $0.trimmed.lowercased() }
        guard let a = names.firstIndex(of: "a"), let b = names.firstIndex(of: "b") else {
            throw InputProblem(
                path,
                "line \(header.line): the columns \(quoted(header.fields.joined(separator: ","))) were found; a header "
                    + "a,b or a,b,same is expected")
        }
        let same = names.firstIndex(of: "same")
        let folder = FileSystem.folder(of: path)
        func file(_ name: String) -> String {
            name.hasPrefix("/") || folder == "." ? name : FileSystem.join(folder, name)
        }
        pairs = try rows.dropFirst().map { row in
            let fields = row.fields.map(\.trimmed)
            guard fields.count == names.count else {
                throw InputProblem(
                    path, "line \(row.line) has \(pluralized(fields.count, "field")); the header has \(names.count)")
            }
            return Pair(
                a: file(fields[a]), b: file(fields[b]),
                isSame: try same.flatMap { try Self.truth(fields[$0], line: row.line, in: path) }, line: row.line)
        }
        if pairs.isEmpty { throw InputProblem(path, "has a header, but no pairs below it") }
    }

    private static func rows(of path: String) throws -> [CSVReader.Row] {
        var reader = CSVReader(try TextInput.read(path, maxBytes: 1 << 28))
        var rows: [CSVReader.Row] = []
        do throws(CSVReader.Problem) {
            while let row = try reader.next() { rows.append(row) }
        } catch {
            switch error {
            case .openQuote(let line): throw InputProblem(path, "line \(line): a quote is opened and not closed")
            case .textAfterQuote(let line): throw InputProblem(path, "line \(line): text follows a closing quote")
            case .notUTF8(let line): throw InputProblem(path, "line \(line) is not valid UTF-8")
            }
        }
        return rows
    }

    /// Nil for an empty field.
    private static func truth(_ text: String, line: Int, in path: String) throws(InputProblem) -> Bool? {
        switch text.lowercased() {
        case "": return nil
        case "1", "true", "yes": return true
        case "0", "false", "no": return false
        default:
            throw InputProblem(
                path, "line \(line): same is \(quoted(text)); 1 or 0, true or false, yes or no is expected")
        }
    }
}
