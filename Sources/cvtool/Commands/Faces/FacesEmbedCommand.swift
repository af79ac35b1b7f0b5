import ArgumentParser
import CLISupport
import CVCore
import CVFaces
import CVTask

/// `cvtool faces embed`.
struct FacesEmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Print the embeddings of faces, for programs of your own.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints for each input a JSON object on one line, with all faces, the largest first. Two faces of one person have \
            near embeddings: by the cosine of the angle between them for sface, by their Euclidean distance for dlib-face. \
            Embeddings of two networks cannot be compared; model and sha256 tell which they are of.

            EXAMPLES
              cvtool faces embed photo.jpg
              cvtool faces embed photos/ --recursive > embeddings.jsonl

            EXIT CODES
              0    all inputs done, also when no face was found
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C)
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Networks") var networks: FaceNetworkOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func run() throws {
        try perform(threads: networks.finding.threads) {
            try untilOutputIsClosed {
                let verifier = try networks.makeVerifier()
                let loop = InputLoop(title: "embed", json: true, quiet: quiet)
                return loop.end(
                    try loop.run(input.expanded) { input in
                        let image = try self.input.images.read(input)
                        let faces = try verifier.faces(in: image).map {
                            EmbeddedResult(face: $0.face, embedding: $0.embedding)
                        }
                        return InputRecord(
                            input: input.name, width: image.width, height: image.height, results: faces)
                    })
            }
        }
    }
}

/// A face with its embedding.
struct EmbeddedResult: ReportedResult {
    let face: Face
    let embedding: FaceEmbedding

    static let listName = "faces"
    var text: String { json.text }
    var json: JSONValue {
        [
            "confidence": JSONValue(face.confidence), "box": face.box.json, "model": .string(embedding.model.name),
            "sha256": .string(embedding.model.sha256), "embedding": .array(embedding.values.map { JSONValue($0) }),
        ]
    }
}
