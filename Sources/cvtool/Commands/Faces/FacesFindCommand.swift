import ArgumentParser
import CLISupport
import CVCore
import CVFaceDatabase
import CVFaces
import CVImage
import CVTask

/// `cvtool faces find`: parses and checks; `FacesFindRun` does the work.
struct FacesFindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Recognize the people of a database in images.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints a line for each face, and writes an annotated copy of each image: group.jpg gives group_found.jpg in \
            the current folder. Lines such as

              group.jpg: Ada at 128 224 313 538 (distance 0.312)
              group.jpg: not recognized at 40 31 99 120 (nearest: Bob, 0.815)

            name the person whose enrolled face is nearest, if it is not farther than the threshold. In a large database \
            somebody is always near: with K people, a threshold that takes one stranger in a thousand for one given person \
            takes about K in a thousand for one of them. Choose a smaller --threshold then.

            EXAMPLES
              cvtool faces find group.jpg
              cvtool faces find photos/ --recursive --json --no-image
              cvtool faces find door.jpg --database staff.faces --threshold 0.5
              cvtool faces find photo.jpg --limit 5 --json

            EXIT CODES
              0    all inputs done, also when nobody was recognized
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Database") var database: FacesDatabaseOptions
    @OptionGroup(title: "Networks and decision") var networks: FaceNetworkOptions
    @OptionGroup(title: "Networks and decision") var threshold: FaceThresholdOptions

    @Option(help: .init("How many of the nearest people the records of --json list.", valueName: "n"))
    var limit = 3

    @OptionGroup var output: AnnotatedOutputOptions

    func validate() throws {
        try checkNumber("--limit", limit, in: 1...1000)
        try checkAreNames(["-o": output.path], besides: "the list of people")
    }

    func run() throws { try perform(threads: networks.finding.threads) { try FacesFindRun(self).run() } }
}

/// One run of `cvtool faces find`: over the inputs one by one.
struct FacesFindRun {
    private let command: FacesFindCommand
    private let timing = Timing()
    private let written = WrittenFiles()

    init(_ command: FacesFindCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus { try untilOutputIsClosed(runAll) }

    private func runAll() throws -> ExitStatus {
        timing.beginProcess()
        var files = command.input.files
        command.networks.addFiles(to: &files)
        files.read(command.database.database)
        let plan = try command.output.plan(command.input, ending: "_found", files)
        var verifier = try timing.measure("weights", command.networks.makeVerifier)
        command.threshold.apply(to: &verifier)
        verifier.options.fallbackConfidence = nil
        let database = try command.database.open(.read, model: verifier.embedder.model)
        let index = try timing.measure("database") { try database.index() }
        try plan.makeFolders()
        let loop = InputLoop(title: "find", json: command.output.json, quiet: command.output.common.quiet)
        let summary = try loop.run(plan.jobs, nothing: command.output.json ? nil : "no face found") { job in
            try process(job, verifier, database, index)
        }
        return loop.end(
            summary, wrote: written.text(folder: plan.destination.folder),
            timing: command.output.common.timing ? timing : nil)
    }

    private func process(
        _ job: InputJob<AnnotatedPath>, _ verifier: FaceVerifier, _ database: FaceDatabase, _ index: FaceIndex
    ) throws -> InputRecord<FoundPerson> {
        var image = try timing.measure("decode") { try command.input.images.read(job.input) }
        let faces = try timing.measure("faces") { try verifier.faces(in: image) }
        let matches = try timing.measure("search") {
            try database.people(nearest: faces.map(\.embedding.values), limit: command.limit, in: index)
        }
        let found = zip(faces, matches).map {
            FoundPerson(face: $0.face, matches: $1, threshold: verifier.threshold.distance)
        }
        if let path = job.paths?.image {
            image.annotate(found)
            try timing.measure("encode") { try command.output.common.writing.write(image, to: path) }
            written.add(.image, path)
        }
        return InputRecord(input: job.name, width: image.width, height: image.height, results: found)
    }
}

/// A face, and the people that it is most like.
struct FoundPerson: ReportedResult {
    let face: Face
    /// One for each person, the nearest first.
    let matches: [FaceMatch]
    let threshold: Float

    static let listName = "faces"

    /// The person that is recognized; nil for nobody.
    var person: FaceMatch? { matches.first.flatMap { $0.distance <= threshold ? $0 : nil } }

    var text: String {
        if let person {
            return "\(person.person.escapedForDisplay) at \(face.box.corners) (distance \(distance(of: person)))"
        }
        let nearest = matches.first.map { " (nearest: \($0.person.escapedForDisplay), \(distance(of: $0)))" }
        return "not recognized at \(face.box.corners)" + (nearest ?? "")
    }

    private func distance(of match: FaceMatch) -> String { decimal(Double(match.distance), 3) }

    var json: JSONValue {
        [
            "person": person.map { .string($0.person) } ?? .null,
            "distance": matches.first.map { JSONValue($0.distance) } ?? .null, "threshold": JSONValue(threshold),
            "confidence": JSONValue(face.confidence), "box": face.box.json,
            "matches": .array(
                matches.map {
                    ["person": .string($0.person), "distance": JSONValue($0.distance), "source": .string($0.source)]
                }),
        ]
    }
}

extension Image {
    /// Draws the boxes of faces with names; those of nobody are gray.
    fileprivate mutating func annotate(_ found: [FoundPerson]) {
        annotate(
            found.map { found in
                BoxAnnotation(
                    box: found.face.box, label: found.person?.person ?? "not recognized",
                    color: found.person == nil ? Color(120, 120, 120) : Palette.color(forClass: 0))
            })
    }
}

extension FaceDatabase {
    /// The people whose faces are most like given ones, each once with the nearest of their faces.
    fileprivate func people(
        nearest embeddings: [[Float]], limit: Int, in index: FaceIndex
    ) throws(FaceDatabaseError) -> [[FaceMatch]] {
        // People have several faces: ever more of the nearest, until there are enough people or no more faces.
        var count = limit * 8
        while true {
            let people = try matches(for: embeddings, limit: count, in: index).map { matches in
                var names: Set<[UInt8]> = []
                return Array(matches.filter { names.insert(Array($0.person.utf8)).inserted }.prefix(limit))
            }
            if count >= index.count || people.allSatisfy({ $0.count >= limit }) { return people }
            count *= 8
        }
    }
}
