import ArgumentParser
import CLISupport
import CVCore
import CVFaceDatabase
import CVFaces
import CVImage
import CVTask

/// `cvtool faces enroll`.
struct FacesEnrollCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Add faces to a database, to find the people again.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            One photograph of a person is enough; several in other light make it surer. The largest face of each image is \
            added, each in a transaction of its own: what was added before an error, or before the program was killed, is \
            kept. A face that is there already is not added again. The file is made if there is none; it keeps the \
            embeddings of one network, and refuses those of another.

            Ask the people. What is kept can tell them apart anywhere; `cvtool faces remove` forgets them.

            EXAMPLES
              cvtool faces enroll ada1.jpg ada2.jpg --name "Ada Lovelace"
              cvtool faces enroll people/ --recursive --names-from folder
              cvtool faces enroll passports/ --names-from file
              cvtool faces enroll group.jpg --name Bob --face 2

            EXIT CODES
              0    all inputs done
              1    failed
              2    some of several inputs failed; the others are enrolled
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    /// Where names come from.
    enum NameSource: String, CaseIterable, ExpressibleByArgument {
        case folder, file

        func name(of path: String) -> String {
            self == .file ? FileSystem.stem(of: path) : FileSystem.name(of: FileSystem.folder(of: path))
        }
    }

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Database") var database: FacesDatabaseOptions

    @Option(help: .init("Whose face it is, of all inputs.", valueName: "name"))
    var name: String?

    @Option(
        help: .init(
            "Where names come from instead: the folder that an image is in, or its file without the suffix.",
            valueName: "what"))
    var namesFrom: NameSource?

    @Option(help: .init("Which face of an image with several, from 1 for the largest.", valueName: "n"))
    var face = 1

    @OptionGroup(title: "Networks") var networks: FaceNetworkOptions

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        try checkNumber("--face", face, in: 1...10_000)
        if (name == nil) == (namesFrom == nil) {
            throw ValidationError("whose faces are they? --name NAME or --names-from folder|file is expected.")
        }
        if namesFrom != nil, input.inputs.contains("-") {
            throw ValidationError("standard input has no name: --name NAME is expected.")
        }
    }

    func run() throws {
        try perform(threads: networks.finding.threads) { try untilOutputIsClosed(enroll) }
    }

    private func enroll() throws -> ExitStatus {
        let verifier = try networks.makeVerifier()
        let inputs = input.expanded
        let database = try database.open(.create, model: verifier.embedder.model)
        let loop = InputLoop(title: "enroll", json: json, quiet: quiet)
        let summary = try loop.run(inputs) { try enroll($0, verifier, database) }
        return loop.end(summary)
    }

    private func enroll(
        _ input: Input, _ verifier: FaceVerifier, _ database: FaceDatabase
    ) throws -> InputRecord<EnrolledResult> {
        let image = try self.input.images.read(input)
        let faces = try verifier.faces(in: image, named: input.name)
        guard faces.indices.contains(face - 1) else {
            throw InputProblem(
                input.name, faces.isEmpty ? "no face found" : "has \(pluralized(faces.count, "face")), no face \(face)")
        }
        if faces.count > 1, face == 1, !quiet {
            warn(
                "\(input.name.escapedForDisplay): \(faces.count) faces; the largest is enrolled (--face N takes another)"
            )
        }
        let chosen = faces[face - 1]
        let person = name ?? namesFrom?.name(of: input.name) ?? ""
        let enrollment = try database.enroll([
            EnrolledFace(
                person: person, source: input.name, box: chosen.face.box.edges, embedding: chosen.embedding.values)
        ])
        let result = EnrolledResult(person: person, id: enrollment.added.first, face: chosen.face)
        return InputRecord(input: input.name, width: image.width, height: image.height, results: [result])
    }
}

/// What became of one face.
struct EnrolledResult: ReportedResult {
    let person: String
    /// The number of the face; nil if it was there already.
    let id: Int?
    let face: Face

    static let listName = "enrolled"
    var text: String {
        "\(person.escapedForDisplay) " + (id.map { "enrolled (face \($0))" } ?? "is enrolled with this face already")
    }
    var json: JSONValue {
        [
            "person": .string(person), "id": id.map { .integer($0) } ?? .null, "confidence": JSONValue(face.confidence),
            "box": face.box.json,
        ]
    }
}

extension Box {
    /// Left, top, right and bottom edge.
    var edges: [Float] { [minX, minY, maxX, maxY] }
}
